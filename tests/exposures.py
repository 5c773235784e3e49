"""Exposures for tests: what follows from delivered luminosity and live time is worked out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bhm_columnar.histograms.exposure import Exposure

__all__ = ["deliver", "expose"]


def expose(**columns: Any) -> Exposure:
    """Make an exposure of bins whose luminosity is even within each."""
    n = len(columns["edges"]) - 1
    nothing = {
        "luminosity": np.full(n, np.nan),
        "delivered_live": {},
        "total_live": {side: float(seconds.sum()) for side, seconds in columns["live"].items()},
    }
    return deliver(Exposure(**nothing, **columns), columns["delivered"])


def deliver(exposure: Exposure, delivered: npt.ArrayLike) -> Exposure:
    """Give an exposure other luminosity, in 1/ub of each bin; nan is missing."""
    lumi = np.asarray(delivered, dtype=np.float64)
    rate = lumi / exposure.widths
    of_live = {side: np.where(seconds > 0, rate * seconds, 0.0) for side, seconds in exposure.live.items()}
    return replace(exposure, delivered=lumi, luminosity=rate, delivered_live=of_live)
