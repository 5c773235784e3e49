"""The shape of beam-halo pulses: the twenty samples of each channel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
import numpy as np
from coffea.processor import ProcessorABC

from bhm_columnar.calibration.model import Calibration
from bhm_columnar.detector.channels import N_CHANNELS
from bhm_columnar.detector.qie import N_ADC, N_SAMPLES
from bhm_columnar.events.flat import flatten_pulses
from bhm_columnar.histograms.axes import adc_axis, channel_axis, sample_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS, clean_pulses
from bhm_columnar.selection.cuts import DEFAULT_CUTS, Cuts
from bhm_columnar.selection.regions import classify_regions, is_in, region_table


class Shapes(ProcessorABC):  # type: ignore[misc]
    """Count the samples of SR pulses by channel, sample and ADC code."""

    def __init__(
        self, *, calibration: Calibration, cuts: Cuts = DEFAULT_CUTS, runs: Iterable[int] | None = None
    ) -> None:
        self.table = region_table(calibration, cuts)
        self.cuts = cuts
        self.runs = None if runs is None else list(runs)

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Clean the pulses, keep those of SR, and count their samples."""
        pulses = flatten_pulses(events, ("run", *CLEANING_COLUMNS))
        place = np.arange(len(pulses))
        if self.runs is not None:
            place = place[np.isin(ak.to_numpy(pulses.run), self.runs)]
        clean, _ = clean_pulses(ak.with_field(pulses[place], place, "place"), self.cuts)
        halo = clean[is_in(classify_regions(clean, self.table), "SR")]
        # samples are twenty times the other columns: those of other pulses are not touched
        samples = _samples(events)[ak.to_numpy(halo.place)]
        first = ak.to_numpy(halo.channel).astype(np.intp) * N_ADC
        shapes = make_counts(channel_axis(), sample_axis(), adc_axis())
        for sample in range(N_SAMPLES):  # one after the other, which takes a twentieth of the memory
            counts = np.bincount(first + samples[:, sample], minlength=N_CHANNELS * N_ADC)
            shapes.view()[:, sample] = counts.reshape(N_CHANNELS, N_ADC)
        return {"shapes": shapes}


def _samples(events: ak.Array) -> np.ndarray[Any, Any]:
    """Samples of all pulses, shape (m, 20)."""
    samples: np.ndarray[Any, Any] = ak.to_numpy(ak.flatten(events["Pulse"]["samples"], axis=1))
    return samples.reshape(-1, N_SAMPLES)
