"""TDC against peak ADC of every channel: what the automatic calibration reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
from coffea.processor import ProcessorABC

from bhm_columnar.events.flat import flatten_pulses, split_sides
from bhm_columnar.histograms.axes import adc_axis, channel_axis, run_axis, side_axis, tdc_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS, clean_pulses
from bhm_columnar.selection.cuts import DEFAULT_CUTS, Cuts


class AdcTdc(ProcessorABC):  # type: ignore[misc]
    """Count clean pulses by channel, TDC and peak ADC, and by run."""

    def __init__(self, *, cuts: Cuts = DEFAULT_CUTS, runs: Iterable[int] | None = None) -> None:
        self.cuts = cuts
        self.runs = runs

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Clean the pulses, and count them."""
        adc_tdc = make_counts(channel_axis(), tdc_axis(), adc_axis())
        runs = make_counts(side_axis(), run_axis())
        cutflow = {}
        for side, part in split_sides(events):
            pulses = flatten_pulses(part, ("run", *CLEANING_COLUMNS), runs=self.runs)
            clean, cutflow[side.name] = clean_pulses(pulses, self.cuts)
            adc_tdc.fill(channel=clean.channel, tdc=clean.tdc, adc=clean.peak)
            runs.fill(side=side.name, run=clean.run)
        return {"adc_tdc": adc_tdc, "runs": runs, "cutflow": cutflow}
