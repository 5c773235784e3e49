"""Runs that share an origin of the orbit counter: divided where it was reset, both sides brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..detector.lhc import ORBIT_COUNTER, ORBIT_S
from ..events.runs import RunSpan, merge_spans

__all__ = ["Coverage", "Epoch", "divide_epochs"]

#: orbits that each dump of a side covers, by run, by the side's name
Coverage = Mapping[str, Sequence[Mapping[int, RunSpan]]]
Spans = Mapping[int, RunSpan]


@dataclass(frozen=True)
class Epoch:
    """Runs that share an origin of the orbit counter.

    Parameters
    ----------
    runs
        Smallest and largest orbit of each, both sides together, shifted as `shifts` says.
    shifts
        What is added to orbits of a side, in multiples of 2^32: both sides then count from the same wrap, and the
        first orbit lies below 2^32.
    after_reset
        Whether the counter was reset where the first of the runs began.
    seconds
        Time of `reference`: since 1970 UTC, or since the first orbit of the data; `None` if it has none.
    uncertainty
        Of that time; `None` if it is not known.
    anchors
        Runs that it was measured with.
    """

    runs: Spans
    shifts: Mapping[str, int] = field(default_factory=dict)
    after_reset: bool = False
    seconds: float | None = None
    uncertainty: float | None = None
    anchors: tuple[int, ...] = ()

    @property
    def reference(self) -> int:
        """Orbit that times are counted from: the first in the data."""
        return min(span.first_orbit for span in self.runs.values())

    @property
    def length(self) -> float:
        """Seconds from its first orbit to its last."""
        return (max(span.last_orbit for span in self.runs.values()) - self.reference + 1) * ORBIT_S

    @property
    def name(self) -> str:
        """Its first and last run, for messages."""
        first, last = min(self.runs), max(self.runs)
        return f"{first}" if first == last else f"{first}-{last}"

    def since(self, span: RunSpan) -> tuple[float, float]:
        """Seconds from `reference` to the first and to the last orbit of a run."""
        return (span.first_orbit - self.reference) * ORBIT_S, (span.last_orbit - self.reference) * ORBIT_S


def divide_epochs(coverage: Coverage) -> list[Epoch]:
    """Divide runs where the orbit counter was reset, and bring the sides' orbits together.

    A side's orbits fall from one run to the next where the counter was reset. Sides that share no run of an epoch are
    taken together only if their orbits then rise from run to run.
    """
    sides = {side: merge_spans(dumps) for side, dumps in coverage.items() if any(dumps)}
    resets = {
        later
        for spans in sides.values()
        for run, later in pairwise(spans)
        if spans[later].first_orbit <= spans[run].last_orbit
    }
    epochs: list[Epoch] = []
    for group in _cut(sorted(set().union(*sides.values())), resets):
        parts = {
            side: {run: span for run, span in spans.items() if run in group}
            for side, spans in sides.items()
            if any(run in group for run in spans)
        }
        epochs += _bring_together(parts, after_reset=group[0] in resets)
    return epochs


def _cut(runs: Sequence[int], begins: set[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for run in runs:
        if not groups or run in begins:
            groups.append([])
        groups[-1].append(run)
    return groups


def _bring_together(parts: Mapping[str, Spans], *, after_reset: bool) -> list[Epoch]:
    shifts = {
        side: -_wraps(min(span.first_orbit for span in spans.values())) for side, spans in parts.items()
    }
    if len(parts) == 2:
        (one, spans), (other, its_spans) = parts.items()
        shared = sorted(set(spans) & set(its_spans))
        if shared:
            apart = np.median(
                [
                    spans[run].first_orbit + shifts[one] - its_spans[run].first_orbit - shifts[other]
                    for run in shared
                ]
            )
            shifts[other] += ORBIT_COUNTER * int(np.rint(apart / ORBIT_COUNTER))
        elif not _rises(_merge(parts, shifts)):
            return [_make_epoch({side: parts[side]}, shifts, after_reset=False) for side in parts]
    return [_make_epoch(parts, shifts, after_reset=after_reset)]


def _wraps(orbit: int) -> int:
    """Multiple of 2^32 below an orbit."""
    return orbit // ORBIT_COUNTER * ORBIT_COUNTER


def _merge(parts: Mapping[str, Spans], shifts: Mapping[str, int]) -> dict[int, RunSpan]:
    return merge_spans(
        {
            run: RunSpan(span.events, span.first_orbit + shifts[side], span.last_orbit + shifts[side])
            for run, span in spans.items()
        }
        for side, spans in parts.items()
    )


def _rises(runs: Spans) -> bool:
    return all(runs[later].first_orbit > runs[run].last_orbit for run, later in pairwise(runs))


def _make_epoch(parts: Mapping[str, Spans], shifts: Mapping[str, int], *, after_reset: bool) -> Epoch:
    merged = _merge(parts, shifts)
    base = _wraps(min(span.first_orbit for span in merged.values()))
    moved = {side: shifts[side] - base for side in parts}
    return Epoch(_merge(parts, moved), moved, after_reset)
