"""Stretches of time: united, overlapped with bins, and what is integrated over them. None of it loops."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ORBIT_S

__all__ = ["Density", "find_inside", "integrate", "overlap", "subtract", "unite"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class Density(Protocol):
    """What is constant within each of k stretches: their starts and stops, shape (k, 2), and values, shape (k,)."""

    @property
    def stretches(self) -> Floats:
        """Starts and stops, in order and without overlaps."""

    @property
    def density(self) -> Floats:
        """Value in each; nan where it is missing."""


def unite(stretches: Floats) -> Floats:
    """Merge stretches that overlap."""
    if len(stretches) == 0:
        return stretches
    ordered = stretches[np.argsort(stretches[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    begins = np.concatenate([[True], ordered[1:, 0] > reach[:-1]])
    ends = np.concatenate([begins[1:], [True]])
    return np.stack([ordered[begins, 0], reach[ends]], axis=1)


def overlap(edges: Floats, stretches: Floats) -> Floats:
    """Seconds of each bin inside of the stretches, shape (len(edges) - 1,)."""
    if len(stretches) == 0:
        return np.zeros(len(edges) - 1)
    # time inside of the stretches so far, at their ends: linear in between
    lengths = stretches[:, 1] - stretches[:, 0]
    so_far = np.stack([np.cumsum(lengths) - lengths, np.cumsum(lengths)], axis=1)
    seconds = np.diff(np.interp(edges, stretches.ravel(), so_far.ravel()))
    # nothing is live for less than an orbit: what is left is rounding
    return np.where(seconds < ORBIT_S / 2, 0.0, seconds)


def subtract(live: Floats, taken: Floats) -> Floats:
    """Parts of the stretches outside of others, shape (k, 2)."""
    if len(taken) == 0:
        return live
    edges = np.unique(np.concatenate([live.ravel(), taken.ravel()]))
    middle = (edges[1:] + edges[:-1]) / 2
    is_free = (find_inside(middle, live) >= 0) & (find_inside(middle, taken) < 0)
    parts: Floats = np.stack([edges[:-1], edges[1:]], axis=1)[is_free]
    return parts


def find_inside(times: Floats, stretches: Floats) -> Longs:
    """Index of the stretch that each time lies in, -1 for none."""
    if len(stretches) == 0:
        return np.full(len(times), -1)
    place = np.searchsorted(stretches[:, 0], times, side="right") - 1
    return np.where((place >= 0) & (times < stretches[place, 1]), place, -1)


def integrate(edges: Floats, known: Density, live: Floats) -> tuple[Floats, Floats, Floats]:
    """Integrate a density over the part of each bin that lies in other stretches.

    Parameters
    ----------
    edges
        Of n bins, shape (n + 1,).
    live
        Stretches that count, shape (k, 2).

    Returns
    -------
    integral where the density is known, seconds in which it is, and seconds that count; shape (n,) each
    """
    n = len(edges) - 1
    points = np.unique(np.concatenate([edges, known.stretches.ravel(), live.ravel()]))
    middle, widths = (points[1:] + points[:-1]) / 2, np.diff(points)
    place = np.searchsorted(edges, middle, side="right") - 1
    counts = (place >= 0) & (place < n) & (find_inside(middle, live) >= 0)
    place, middle, widths = place[counts], middle[counts], widths[counts]
    at = find_inside(middle, known.stretches)
    value = np.full(len(at), np.nan)
    value[at >= 0] = known.density[at[at >= 0]]
    is_known = np.isfinite(value)
    weights = widths * np.nan_to_num(value), widths * is_known, widths
    total, known_s, counted_s = (
        np.bincount(place, weights=one, minlength=n).astype(np.float64) for one in weights
    )
    return total, known_s, counted_s
