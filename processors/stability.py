"""Where the halo peak stands in time, channel by channel and run by run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
import numpy as np
from coffea.processor import ProcessorABC

from bhm_columnar.calibration.model import Calibration
from bhm_columnar.events.flat import flatten_pulses, take_pulses
from bhm_columnar.histograms.axes import channel_axis, run_axis, tdc_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS, clean_pulses
from bhm_columnar.selection.cuts import DEFAULT_CUTS, Cuts


class Stability(ProcessorABC):  # type: ignore[misc]
    """Count pulses above the ADC cut and near the TDC peak, by run, channel and TDC."""

    def __init__(
        self, *, calibration: Calibration, cuts: Cuts = DEFAULT_CUTS, runs: Iterable[int] | None = None
    ) -> None:
        self.calibration = calibration
        self.cuts = cuts
        self.runs = runs

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Clean the pulses, keep those of the halo peak, and count them."""
        stability = make_counts(run_axis(), channel_axis(), tdc_axis())
        pulses, _ = clean_pulses(
            flatten_pulses(events, ("run", *CLEANING_COLUMNS), runs=self.runs), self.cuts
        )
        channel = ak.to_numpy(pulses.channel)
        distance = np.abs(ak.to_numpy(pulses.tdc) - self.calibration.tdc_peaks[channel])
        is_high = ak.to_numpy(pulses.peak) >= self.calibration.adc_cuts[channel]
        near = take_pulses(pulses, is_high & (distance <= self.cuts.stability_window))
        stability.fill(run=near.run, channel=near.channel, tdc=near.tdc)
        return {"stability": stability}
