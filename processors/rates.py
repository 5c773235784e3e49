"""How often each unit sees each region, through the time of a run or a fill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
from coffea.processor import ProcessorABC

from bhm_columnar.calibration.model import Calibration
from bhm_columnar.conditions.timebins import TimeBins
from bhm_columnar.events.flat import flatten_pulses, split_sides
from bhm_columnar.histograms.axes import channel_axis, region_axis, side_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.histograms.exposure import time_axis
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS, clean_pulses
from bhm_columnar.selection.cuts import DEFAULT_CUTS, Cuts
from bhm_columnar.selection.regions import classify_regions, fill_regions, region_table


class Rates(ProcessorABC):  # type: ignore[misc]
    """Count clean pulses by side, region, channel and time bin; live time and luminosity of the bins are in ``times``."""

    def __init__(
        self,
        *,
        calibration: Calibration,
        times: TimeBins,
        cuts: Cuts = DEFAULT_CUTS,
        runs: Iterable[int] | None = None,
    ) -> None:
        self.table = region_table(calibration, cuts)
        self.times = times
        self.cuts = cuts
        self.runs = runs

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Clean the pulses, classify them, and find the time of each."""
        rates = make_counts(side_axis(), region_axis(), channel_axis(), time_axis(self.times.exposure))
        for side, part in split_sides(events):
            pulses = flatten_pulses(part, ("run", "orbit", *CLEANING_COLUMNS), runs=self.runs)
            clean, _ = clean_pulses(pulses, self.cuts)
            bits = classify_regions(clean, self.table)
            seconds = self.times.seconds(side.name, ak.to_numpy(clean.run), ak.to_numpy(clean.orbit))
            fill_regions(rates, bits, side=side.name, channel=clean.channel, time=seconds)
        return {"rates": rates}
