"""Profiles: the mean of one axis along another, as ROOT's TProfile has it."""

from __future__ import annotations

from typing import Any

import numpy as np
from hist import Hist
from hist.storage import Mean

from .counts import Histogram

__all__ = ["make_profile"]


def make_profile(h: Histogram, of: str) -> Histogram:
    """Average one axis of a histogram of counts in each bin of the other.

    Parameters
    ----------
    h
        Counts with two axes.
    of
        Name of the axis that is averaged; each of its bins counts with its centre, its overflow does not.

    Returns
    -------
    histogram of one axis that holds count, mean and sum of squared deviations; its label is that of the averaged axis
    """
    (along,) = (axis for axis in h.axes if axis.name != of)
    counts = np.asarray(h.project(along.name, of).values(), dtype=np.float64)
    centres = np.asarray(h.axes[of].centers, dtype=np.float64)
    total = counts.sum(axis=1)
    mean = np.divide(counts @ centres, total, out=np.zeros_like(total), where=total > 0)
    squares = (counts * (centres - mean[:, np.newaxis]) ** 2).sum(axis=1)
    profile: Histogram = Hist(along, storage=Mean(), label=f"Mean {h.axes[of].label}")
    view: Any = profile.view()
    view["count"] = total
    view["value"] = mean
    view["_sum_of_deltas_squared"] = squares
    return profile
