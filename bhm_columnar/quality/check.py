"""Judge an analysis from its finished numbers: `check_quality`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..calibration.model import Calibration
from ..calibration.store import load_table
from ..detector.channels import CHANNELS, N_CHANNELS, SIDES, Side
from ..detector.qie import TDC_NS
from ..histograms.axes import FATES
from ..histograms.counts import Histogram
from .judge import Judge, Subject, subject_of
from .model import Quality, sort_flags
from .peaks import HaloPeaks, Reference, measure_halo
from .sides import check_asymmetry, check_reading, find_missing
from .thresholds import DEFAULT_THRESHOLDS, Thresholds

__all__ = ["check_quality"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: fates that each flag counts, the number in `Quality.channels`, and what a sentence calls them
_FATES: Final = {
    "link_words": (("link_k28_5", "link_k28_3"), "glitch_fraction", "link words"),
    "codes_62": (("tdc_62", "second_62"), "codes_62", "TDC code 62 (already high)"),
    "codes_63": (("tdc_63",), "codes_63", "TDC code 63 (no crossing)"),
    "dll": (("dll_59", "dll_60", "dll_61"), "dll", "a DLL unlocked (TDC code 59 to 61)"),
    "invalid": (("tdc_invalid",), "invalid", "a TDC code that should not happen (50 to 58)"),
}
#: fewest channels of a side whose median is a reference
_FEWEST_PEERS: Final = 5


def check_quality(
    histograms: Mapping[str, Histogram],
    read: Mapping[str, Mapping[str, Any]],
    *,
    calibration: Calibration | None = None,
    reference: Reference | None = None,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Quality:
    """Say which units, links and sides can be trusted.

    Parameters
    ----------
    histograms
        ``adc_tdc``, and where there are ``quality`` (fates of all pulses, of the processor of that name) and
        ``live_time``; without ``quality``, link words and TDC states are not judged.
    read
        Account of the reading by side name, as ``summary.json`` has it: ``headers``, ``events``, ``skipped``, ``truncated``.
    calibration
        That in use; its TDC peaks are compared with the halo. Not judged if `None`.
    reference
        What times and gains are compared with; the shipped table v2 by default. Gains are compared with the median of the
        side if it knows none.
    thresholds
        Limits of the flags.

    Returns
    -------
    flags, what could not be judged, and numbers of all 40 channels
    """
    reference = reference or Reference.from_calibration(load_table("v2"))
    peaks = measure_halo(histograms["adc_tdc"])
    fates = _count_fates(histograms)
    judge = Judge(thresholds)
    pulses = peaks.pulses if fates is None else fates.sum(axis=1)
    missing = find_missing(judge, pulses)
    present = [side for side in SIDES if side not in missing]
    units = [channel.index for channel in CHANNELS if channel.side in present]
    rates = _check_counts(judge, peaks, present)
    shifts = _check_times(judge, peaks, reference, units)
    gains = _check_gains(judge, peaks, reference, present)
    if calibration is not None:
        _check_calibration(judge, peaks, calibration, units)
    parts = _check_fates(judge, fates, units)
    for side in present:
        check_reading(judge, side, read.get(side.name))
    if not missing:
        check_asymmetry(judge, peaks.halo, histograms.get("live_time"))
    columns = {
        "pulses": pulses,
        "halo_pulses": peaks.halo,
        "relative_rate": rates,
        **shifts,
        **gains,
        **parts,
    }
    channels = {
        channel.name: {name: _number(column[channel.index]) for name, column in columns.items()}
        for channel in CHANNELS
    }
    # a unit that cannot be told from a dead one is not judged, whatever else may be known of it
    unclear = {one.channel for one in judge.not_judged if one.flag == "dead"}
    judged = frozenset(CHANNELS[index].name for index in units) - unclear
    return Quality(reference.name, sort_flags(judge.flags), tuple(judge.not_judged), channels, judged)


def _count_fates(histograms: Mapping[str, Histogram]) -> Longs | None:
    """Pulses by channel and fate, shape (40, number of fates)."""
    if "quality" not in histograms:
        return None
    counts = histograms["quality"].project("channel", "fate").values()
    return np.asarray(counts, dtype=np.int64)


def _check_counts(judge: Judge, peaks: HaloPeaks, sides: list[Side]) -> Floats:
    """Dead and hot: clean pulses over the median of the channels of the side that have any."""
    relative = np.full(N_CHANNELS, np.nan)
    for side in sides:
        units = [channel.index for channel in CHANNELS if channel.side == side]
        counts = peaks.pulses[units]
        expected = float(np.median(counts[counts > 0])) if counts.any() else 0.0
        relative[units] = counts / expected if expected else np.nan
        for index in units:
            n = int(peaks.pulses[index])
            text = f"gives {n:,} clean pulses, {{value:.3g}} of the median of its side"
            judge.low_count(subject_of("dead", index, n), n, expected, judge.thresholds.dead, text)
            judge.high_count(subject_of("hot", index, n), n, expected, judge.thresholds.hot, text)
    return relative


def _check_times(judge: Judge, peaks: HaloPeaks, reference: Reference, units: list[int]) -> dict[str, Floats]:
    """Distance of the mean halo TDC from the reference in ns."""
    shift = TDC_NS * (peaks.tdc - reference.tdc)
    error = TDC_NS * np.hypot(peaks.tdc_error, reference.tdc_error)
    limits = judge.thresholds.tdc_table if reference.log_charge is None else judge.thresholds.tdc
    pulses = reference.limit_pulses(peaks.halo)
    for index in units:
        on = subject_of("tdc", index, pulses[index])
        if not math.isfinite(reference.tdc[index]):
            judge.skip(on, f"{reference.name} has no halo peak of it")
            continue
        text = f"has its halo {{value:+.2f}} ns (+- {error[index]:.2f}) from {_quote(reference.name)}"
        judge.distance(on, shift[index], error[index], limits, text)
    return {"tdc_shift": shift, "tdc_shift_error": error}


def _check_gains(
    judge: Judge, peaks: HaloPeaks, reference: Reference, sides: list[Side]
) -> dict[str, Floats]:
    """Halo charge over that of the reference, or over the median of the side."""
    log_ratio, error = np.full(N_CHANNELS, np.nan), peaks.log_charge_error
    has_gains = reference.log_charge is not None and reference.log_charge_error is not None
    limits = judge.thresholds.gain if has_gains else judge.thresholds.gain_peers
    against = _quote(reference.name) if has_gains else "the median of its side"
    if reference.log_charge is not None and reference.log_charge_error is not None:
        log_ratio = peaks.log_charge - reference.log_charge
        error = np.hypot(error, reference.log_charge_error)
    pulses = reference.limit_pulses(peaks.halo)
    for side in sides:
        units = [channel.index for channel in CHANNELS if channel.side == side]
        measured = [index for index in units if peaks.halo[index] >= judge.thresholds.min_halo_pulses]
        if not has_gains and len(measured) >= _FEWEST_PEERS:
            log_ratio[units] = peaks.log_charge[units] - np.median(peaks.log_charge[measured])
        for index in units:
            on = subject_of("gain", index, pulses[index])
            if has_gains and not math.isfinite(reference.tdc[index]):
                judge.skip(on, f"{reference.name} has no halo peak of it")
                continue
            text = f"has a halo charge of {{value:.3f}} (+- {error[index]:.1%}) of {against}"
            judge.distance(on, log_ratio[index], error[index], limits, text, as_ratio=True)
    return {"gain": np.exp(log_ratio), "gain_error": np.exp(log_ratio) * error}


def _check_calibration(judge: Judge, peaks: HaloPeaks, calibration: Calibration, units: list[int]) -> None:
    """Distance of the mean halo TDC from the TDC peak in use, which is a whole code."""
    in_use = Reference.from_calibration(calibration)
    shift = TDC_NS * (peaks.tdc - in_use.tdc)
    error = TDC_NS * np.hypot(peaks.tdc_error, in_use.tdc_error)
    for index in units:
        on = subject_of("calibration", index, peaks.halo[index])
        text = (
            f"has its halo {{value:+.2f}} ns from the TDC peak of the calibration {_quote(calibration.name)}"
        )
        judge.distance(on, shift[index], error[index], judge.thresholds.calibration, text)


def _check_fates(judge: Judge, fates: Longs | None, units: list[int]) -> dict[str, Floats]:
    """Parts of all pulses of a channel that are link words or TDC states; link words also by fibre."""
    parts: dict[str, Floats] = {}
    for flag, (names, column, words) in _FATES.items():
        limits = getattr(judge.thresholds, flag)
        if fates is None:
            parts[column] = np.full(N_CHANNELS, np.nan)
            for side in {CHANNELS[index].side.name: None for index in units}:
                judge.skip(Subject(flag, side, None, 0, side), "there is no histogram `quality`")
            continue
        k, n = fates[:, [FATES.index(name) for name in names]].sum(axis=1), fates.sum(axis=1)
        parts[column] = np.divide(k, n, out=np.full(N_CHANNELS, np.nan), where=n > 0)
        text = f"has {{value:.2%}} {words}"
        for index in units:
            judge.fraction(subject_of(flag, index, n[index]), int(k[index]), int(n[index]), limits, text)
        if flag == "link_words":
            _check_fibres(judge, k, n, units, text)
    return parts


def _check_fibres(judge: Judge, k: Longs, n: Longs, units: list[int], text: str) -> None:
    fibres: dict[tuple[str, int], list[int]] = {}
    for index in units:
        fibres.setdefault((CHANNELS[index].side.name, CHANNELS[index].fibre), []).append(index)
    for (side, fibre), its in fibres.items():
        pulses = int(n[its].sum())
        on = Subject("link_words", side, None, pulses, f"Fibre {fibre} of {side}")
        judge.fraction(on, int(k[its].sum()), pulses, judge.thresholds.link_words, text)


def _quote(name: str) -> str:
    """Let a name with braces stand in a format."""
    return name.replace("{", "{{").replace("}", "}}")


def _number(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None
