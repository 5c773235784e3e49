"""Which pulses are clean: read by a unit, with one time, and not a link word."""

from __future__ import annotations

from collections.abc import Iterator

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.qie import LINK_WORDS, TDC_ALREADY_HIGH, TDC_CODES
from ..events.flat import take_pulses
from .cuts import DEFAULT_CUTS, Cuts

__all__ = ["CLEANING_COLUMNS", "clean_pulses"]

#: columns that cleaning looks at
CLEANING_COLUMNS = ("channel", "nTdc", "tdc", "tdc2", "peak")


def clean_pulses(pulses: ak.Array, cuts: Cuts = DEFAULT_CUTS) -> tuple[ak.Array, dict[str, int]]:
    """Keep the pulses that an analysis can use, and say how many each step left.

    Parameters
    ----------
    pulses
        Table of m pulses with `CLEANING_COLUMNS`, as `flatten_pulses` makes it.

    Returns
    -------
    pulses
        Those that are clean.
    cutflow
        Pulses that were left after each step, by its name, in order; the first is ``all``.
    """
    keep = np.ones(len(pulses), dtype=bool)
    cutflow = {"all": len(pulses)}
    for name, passes in _steps(pulses, cuts):
        keep &= passes
        cutflow[name] = int(np.count_nonzero(keep))
    return take_pulses(pulses, keep), cutflow


def _steps(pulses: ak.Array, cuts: Cuts) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    channel, n_tdc, tdc, tdc2, peak = (ak.to_numpy(pulses[name]) for name in CLEANING_COLUMNS)
    yield "connected", channel >= 0
    yield "one_or_two_tdc_codes", (n_tdc == 1) | (n_tdc == 2)
    yield "tdc_is_a_time", (tdc < TDC_CODES.stop) & (tdc2 != TDC_ALREADY_HIGH)
    if cuts.link_words:
        for code, adc in LINK_WORDS:
            yield f"not_adc_{adc}_at_tdc_{code}", (tdc != code) | (peak != adc)
