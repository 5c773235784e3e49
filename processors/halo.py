"""Beam halo against its backgrounds: occupancy, time, amplitude and channels by region."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
from coffea.processor import ProcessorABC

from bhm_columnar.calibration.model import Calibration
from bhm_columnar.events.flat import flatten_pulses, split_sides
from bhm_columnar.histograms.axes import (
    adc_axis,
    bx_axis,
    channel_axis,
    charge_axis,
    region_axis,
    side_axis,
    tdc_axis,
)
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS, clean_pulses
from bhm_columnar.selection.cuts import DEFAULT_CUTS, Cuts
from bhm_columnar.selection.regions import classify_regions, fill_regions, region_table

AXES = {
    "occupancy": bx_axis,
    "tdc": tdc_axis,
    "adc": adc_axis,
    "charge": charge_axis,
    "channels": channel_axis,
}


class Halo(ProcessorABC):  # type: ignore[misc]
    """Count clean pulses by side and region, along BX, TDC, peak ADC, charge and channel."""

    def __init__(
        self, *, calibration: Calibration, cuts: Cuts = DEFAULT_CUTS, runs: Iterable[int] | None = None
    ) -> None:
        self.table = region_table(calibration, cuts)
        self.cuts = cuts
        self.runs = runs

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Clean the pulses, classify them, and fill each region."""
        out: dict[str, Any] = {
            name: make_counts(side_axis(), region_axis(), axis()) for name, axis in AXES.items()
        }
        for side, part in split_sides(events):
            pulses = flatten_pulses(part, ("bx", "charge", *CLEANING_COLUMNS), runs=self.runs)
            clean, _ = clean_pulses(pulses, self.cuts)
            bits = classify_regions(clean, self.table)
            fill_regions(out["occupancy"], bits, side=side.name, bx=clean.bx)
            fill_regions(out["tdc"], bits, side=side.name, tdc=clean.tdc)
            fill_regions(out["adc"], bits, side=side.name, adc=clean.peak)
            fill_regions(out["charge"], bits, side=side.name, charge=clean.charge)
            fill_regions(out["channels"], bits, side=side.name, channel=clean.channel)
        return out
