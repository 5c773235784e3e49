"""The orbit counter: undo its wraps, and find the span of each run.

The board counts in 32 bits, so the count starts again every 106 hours. A fall by more than half the range is taken
for a wrap: only a count that has run for 53 hours without a reset can fall that far. A smaller fall is a reset at a run
start, a file out of order or a second capture; it is counted, and the orbits are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ORBIT_COUNTER

__all__ = [
    "OrbitState",
    "Reference",
    "RunSpan",
    "find_reference",
    "merge_spans",
    "span_runs",
    "unwrap_orbits",
]

START: Final = -1


@dataclass(frozen=True)
class OrbitState:
    """Where the counter stands between two pieces of a side's data, in the order in which they were taken."""

    last: int = START
    wraps: int = 0
    falls: int = 0


def unwrap_orbits(
    orbit: npt.NDArray[np.int64], state: OrbitState = OrbitState()
) -> tuple[npt.NDArray[np.int64], OrbitState]:
    """Add 2^32 for each wrap of the counter since the start of the data.

    Parameters
    ----------
    orbit
        Counts as the board wrote them, shape (n,), in file order.
    state
        What the previous piece of the same side returned.

    Returns
    -------
    orbit
        Counts that go on rising through a wrap, shape (n,).
    state
        For the next piece; its `falls` counts the falls that are no wrap.
    """
    if len(orbit) == 0:
        return orbit, state
    first = orbit[0] if state.last == START else state.last
    steps = np.diff(orbit, prepend=first)
    is_wrap = steps < -ORBIT_COUNTER // 2
    falls = int(np.count_nonzero(steps < 0)) - int(np.count_nonzero(is_wrap))
    wraps = state.wraps + np.cumsum(is_wrap)
    after = OrbitState(last=int(orbit[-1]), wraps=int(wraps[-1]), falls=state.falls + falls)
    return orbit + ORBIT_COUNTER * wraps, after


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
