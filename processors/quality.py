"""What becomes of all pulses in cleaning: the states and link words that data quality is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt
from coffea.processor import ProcessorABC

from bhm_columnar.detector.channels import N_CHANNELS
from bhm_columnar.detector.qie import LINK_WORDS, N_TDC, TDC_ALREADY_HIGH, TDC_CODES, TDC_NO_CROSSING
from bhm_columnar.events.flat import flatten_pulses
from bhm_columnar.histograms.axes import FATES, channel_axis, fate_axis, run_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS

_PLACE = {fate: np.uint8(place) for place, fate in enumerate(FATES)}
#: fate of each first TDC code; the last is that of -1, which stands for none
_BY_CODE = np.full(N_TDC + 1, _PLACE["clean"])
_BY_CODE[TDC_CODES.stop : N_TDC] = _PLACE["tdc_invalid"]
_BY_CODE[[59, 60, 61]] = [_PLACE["dll_59"], _PLACE["dll_60"], _PLACE["dll_61"]]
_BY_CODE[[TDC_ALREADY_HIGH, TDC_NO_CROSSING]] = [_PLACE["tdc_62"], _PLACE["tdc_63"]]


class Quality(ProcessorABC):  # type: ignore[misc]
    """Count all pulses of connected inputs by run, channel and fate in cleaning."""

    def __init__(self, *, runs: Iterable[int] | None = None) -> None:
        self.runs = runs

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Find the fate of each pulse, and count."""
        pulses = flatten_pulses(events, ("run", *CLEANING_COLUMNS), runs=self.runs)
        run, channel = (ak.to_numpy(pulses[name]) for name in ("run", "channel"))
        runs, place = np.unique(run, return_inverse=True)
        connected = channel >= 0
        cell = (place * N_CHANNELS + channel) * len(FATES) + _find_fates(pulses)
        quality = make_counts(run_axis(runs.tolist()), channel_axis(), fate_axis())
        shape = (len(runs), N_CHANNELS, len(FATES))
        counts = np.bincount(cell[connected], minlength=int(np.prod(shape)))
        # one bincount is several times faster than a fill with words for each pulse
        quality.view()[...] = counts.reshape(shape)
        return {"quality": quality}


def _find_fates(pulses: ak.Array) -> npt.NDArray[np.uint8]:
    """Place in `FATES` of each pulse, shape (m,): the first step of cleaning that it does not pass."""
    n_tdc, tdc, tdc2, peak = (ak.to_numpy(pulses[name]) for name in ("nTdc", "tdc", "tdc2", "peak"))
    fate: npt.NDArray[np.uint8] = _BY_CODE[tdc]
    for (code, adc), word in zip(LINK_WORDS, ("link_k28_5", "link_k28_3"), strict=True):
        fate[(tdc == code) & (peak == adc)] = _PLACE[word]
    fate[(tdc2 == TDC_ALREADY_HIGH) & (tdc < TDC_CODES.stop)] = _PLACE["second_62"]
    fate[n_tdc > 2] = _PLACE["many_tdc"]
    fate[n_tdc == 0] = _PLACE["no_tdc"]
    return fate
