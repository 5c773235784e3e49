"""The runs of a dataset: their spans in orbits, and the one that ties orbits to time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

__all__ = ["Reference", "RunSpan", "find_reference", "merge_spans", "span_runs"]


@dataclass(frozen=True)
class RunSpan:
    """How many events a run has on one side, and its smallest and largest orbit."""

    events: int
    first_orbit: int
    last_orbit: int

    def __add__(self, other: RunSpan) -> RunSpan:
        return RunSpan(
            self.events + other.events,
            min(self.first_orbit, other.first_orbit),
            max(self.last_orbit, other.last_orbit),
        )


def span_runs(run: npt.NDArray[np.integer], orbit: npt.NDArray[np.int64]) -> dict[int, RunSpan]:
    """Find events, smallest and largest orbit of each run in columns of shape (n,)."""
    if len(run) == 0:
        return {}
    starts = np.flatnonzero(np.diff(run, prepend=run[0] - 1))
    lengths = np.diff(starts, append=len(run))
    lows = np.minimum.reduceat(orbit, starts)
    highs = np.maximum.reduceat(orbit, starts)
    pieces = zip(run[starts].tolist(), lengths.tolist(), lows.tolist(), highs.tolist(), strict=True)
    return merge_spans({number: RunSpan(n, low, high)} for number, n, low, high in pieces)


def merge_spans(parts: Iterable[Mapping[int, RunSpan]]) -> dict[int, RunSpan]:
    """Add the run spans of several pieces; sorted by run."""
    merged: dict[int, RunSpan] = {}
    for part in parts:
        for number, span in part.items():
            merged[number] = merged[number] + span if number in merged else replace(span)
    return dict(sorted(merged.items()))


@dataclass(frozen=True)
class Reference:
    """The run whose start ties orbits to time, and its smallest orbit."""

    run: int
    orbit: int


def find_reference(sides: Iterable[Mapping[int, RunSpan]]) -> Reference | None:
    """Choose the first run whose start is in the data.

    That is the first run after the smallest one which is present on both sides, or which follows its predecessor in
    number on the same side; where there is none, the smallest run. `None` if there are no runs at all.
    """
    spans = list(sides)
    runs = sorted(set().union(*spans)) if spans else []
    if not runs:
        return None
    chosen = runs[0]
    for previous, run in pairwise(runs):
        on_both = len(spans) > 1 and all(run in side for side in spans)
        follows = run == previous + 1 and any(run in side and previous in side for side in spans)
        if on_both or follows:
            chosen = run
            break
    return Reference(chosen, min(side[chosen].first_orbit for side in spans if chosen in side))
