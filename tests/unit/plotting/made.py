"""Results made by hand: no simulation, no fit and no random number stands between a figure and its picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bhm_columnar.calibration.fits import fit_peaks
from bhm_columnar.calibration.store import load_table
from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.detector.lhc import ABORT_GAP, N_BX
from bhm_columnar.detector.qie import charge_to_adc
from bhm_columnar.histograms.axes import (
    FATES,
    REGIONS,
    adc_axis,
    bx_axis,
    channel_axis,
    charge_axis,
    fate_axis,
    region_axis,
    run_axis,
    sample_axis,
    side_axis,
    tdc_axis,
)
from bhm_columnar.histograms.counts import Histogram, make_counts
from bhm_columnar.histograms.exposure import Exposure, time_axis
from bhm_columnar.plotting.results import Results
from bhm_columnar.selection.bunches import Alignment
from bhm_columnar.selection.cuts import DEFAULT_CUTS
from bhm_columnar.selection.pattern import BunchPattern

RUNS = (380000, 380001, 380002)
#: pulses of each region, to those in SR
_SIZES = {"SR": 1.0, "BR": 2.5, "CP": 1.5, "AR": 1.0}


def make_results() -> Results:
    """Everything that any figure needs, in whole numbers that depend on nothing but this function."""
    exposure, calibration = _exposure(), load_table("v2")
    histograms = {
        "occupancy": _by_region(bx_axis(), lambda region: _trains(6 if region == "SR" else 9)),
        "charge": _by_region(charge_axis(), _spectrum),
        "channels": _by_region(channel_axis(), lambda region: (60 + np.arange(40) % 20 * 5) * _SIZES[region]),
        "adc_tdc": _adc_tdc(),
        "stability": _stability(),
        "quality": _quality(),
        "shapes": _shapes(),
        "rates": _rates(exposure),
    }
    alignment = Alignment(offset=100, significance=50.0, runner_up=101, lead=20.0, counts=9000)
    return Results(
        histograms,
        calibration=replace(calibration, fits=fit_peaks(histograms["adc_tdc"], calibration=calibration)),
        cuts=DEFAULT_CUTS,
        runs=RUNS,
        sides=SIDES,
        exposure=exposure,
        pattern=BunchPattern(
            scheme="made",
            classes=_classes(),
            protons={},
            alignment={side.name: alignment for side in SIDES},
            gaps={},
        ),
    )


def _bell(n: int, middle: float, width: float, height: float) -> np.ndarray:
    return np.rint(height * np.exp(-0.5 * ((np.arange(n) - middle) / width) ** 2)).astype(int)


def _by_region(axis: Any, values: Any) -> Histogram:
    h = make_counts(side_axis(), region_axis(), axis)
    for place, region in enumerate(REGIONS):
        h.view(flow=False)[:, place] = np.rint(values(region)).astype(int)
    if axis.name == "channel":
        h.view()[0, :, 20:] = h.view()[1, :, :20] = 0
    return h


def _classes() -> np.ndarray:
    slots = np.arange(N_BX)
    classes = np.where(slots % 250 < 144, 0, 3)
    classes[:24] = [1] * 12 + [2] * 12
    classes[ABORT_GAP[0] :] = 4
    return classes.astype(np.uint8)


def _trains(height: int) -> np.ndarray:
    filled = np.roll(_classes() < 2, 100)
    return np.where(filled, height + np.arange(N_BX) % 5, np.arange(N_BX) % 97 == 0)


def _spectrum(region: str) -> np.ndarray:
    return _bell(150, 95 if region == "SR" else 75, 4 if region == "SR" else 9, 400 * _SIZES[region])


def _adc_tdc() -> Histogram:
    h = make_counts(channel_axis(), tdc_axis(), adc_axis())
    halo = np.outer(_bell(50, 6, 0.8, 30), _bell(256, 152, 5, 10))
    other = np.outer(_bell(50, 31, 1.2, 10), _bell(256, 112, 11, 10))
    h.view()[...] = halo + other
    return h


def _stability() -> Histogram:
    h = make_counts(run_axis(RUNS), channel_axis(), tdc_axis())
    for run in range(len(RUNS)):
        for channel in range(40):
            h.view()[run, channel] = _bell(50, 5 + channel % 4 * 0.5 + run * 0.2, 0.9, 50)
    return h


def _quality() -> Histogram:
    h = make_counts(run_axis(RUNS), channel_axis(), fate_axis())
    h.view()[...] = np.where(np.array(FATES) == "clean", 500, 10)
    return h


def _shapes() -> Histogram:
    h = make_counts(channel_axis(), sample_axis(), adc_axis())
    place = np.arange(20)
    mean = np.where(place >= 4, 12000 * np.exp(-(place - 4) / 1.2), 0) + 15
    for factor in (0.6, 0.8, 1.0, 1.0, 1.2, 1.5):
        for channel in CHANNELS:
            h.view(flow=False)[channel.index, place, charge_to_adc(mean * factor)] += 40
    return h


def _exposure() -> Exposure:
    n = 30
    live = {side.name: np.full(n, 23.31) for side in SIDES}
    luminosity = np.where(np.arange(n) < 5, 0.0, 20000.0 - 100 * np.arange(n))
    return Exposure(
        edges=np.arange(n + 1) * 23.31,
        origin=1692792000.0,
        live=live,
        run=np.repeat(RUNS, 10),
        lumisection=np.arange(n),
        delivered=luminosity * 23.31,
        luminosity=luminosity,
        delivered_live=dict.fromkeys(live, luminosity * 23.31),
        status=("FLAT TOP",) * 2 + ("SQUEEZE",) * 2 + ("ADJUST",) + ("STABLE BEAMS",) * (n - 5),
        total_live=dict.fromkeys(live, 23.31 * n),
        uncertainty=0.6,
    )


def _rates(exposure: Exposure) -> Histogram:
    h = make_counts(side_axis(), region_axis(), channel_axis(), time_axis(exposure))
    time = np.arange(len(exposure))
    for place, region in enumerate(REGIONS):
        counts = np.rint((8 + time % 3 + 6 * (time == 4)) * _SIZES[region]).astype(int)
        h.view(flow=False)[0, place, :20] = counts
        h.view(flow=False)[1, place, 20:] = counts + 2
    return h
