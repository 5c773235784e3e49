"""From orbits to time: which moment of UTC an orbit of the board's counter is.

The counter runs on through runs until it is reset or wraps. Runs between two resets share one origin. A run whose start is
in the data, and known in UTC, measures it; the others bound it, because a run cannot have data before its start or after its
end. Where no start is known, time is counted from the first orbit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ORBIT_S
from ..events.runs import RunSpan
from .epochs import Coverage, Epoch, divide_epochs
from .model import RunInfo, format_time

__all__ = ["AGREEMENT_S", "Timeline", "make_timeline"]

Floats = npt.NDArray[np.float64]
#: by how much times of runs may disagree with the orbits before they are left out
AGREEMENT_S: Final = 5.0
#: times of runs are written in whole seconds, whether rounded or cut is not documented: the r.m.s. of what may be cut off
_RESOLUTION_S: Final = 1 / np.sqrt(3)


@dataclass(frozen=True)
class Timeline:
    """The time of every orbit of a dataset.

    Parameters
    ----------
    is_absolute
        Whether times are seconds since 1970 UTC; otherwise they are seconds since the first orbit.
    epochs
        In the order of their runs.
    problems
        What contradicts itself or the data, in sentences.
    """

    is_absolute: bool
    epochs: tuple[Epoch, ...]
    problems: tuple[str, ...] = ()

    @property
    def uncertainty(self) -> float | None:
        """How far times may be off: the largest uncertainty of an epoch, `None` if one is not known."""
        known = [epoch.uncertainty for epoch in self.epochs if epoch.seconds is not None]
        return max((one for one in known if one is not None), default=None) if None not in known else None

    def seconds(self, side: str, run: npt.NDArray[Any], orbit: npt.NDArray[Any]) -> Floats:
        """Time of orbits of a side, shape (n,); nan for runs whose time is not known."""
        rows = sorted(
            (run_number, epoch.reference - epoch.shifts.get(side, 0), epoch.seconds)
            for epoch in self.epochs
            if epoch.seconds is not None
            for run_number in epoch.runs
        )
        if not rows:
            return np.full(np.shape(run), np.nan)
        runs, reference, start = (np.array(column) for column in zip(*rows, strict=True))
        place = np.minimum(np.searchsorted(runs, run), len(runs) - 1)
        since = (np.asarray(orbit, dtype=np.int64) - reference[place]) * ORBIT_S
        return np.where(runs[place] == run, start[place] + since, np.nan)

    def span(self, run: int) -> tuple[float, float] | None:
        """Time of the first and last orbit of a run in the data; `None` if it is not known."""
        for epoch in self.epochs:
            if epoch.seconds is not None and run in epoch.runs:
                first, last = epoch.since(epoch.runs[run])
                return epoch.seconds + first, epoch.seconds + last
        return None

    def describe(self) -> dict[str, Any]:
        """Return what summaries say about the time axis."""
        return {
            "absolute": self.is_absolute,
            "uncertainty_s": self.uncertainty,
            "epochs": [
                {
                    "runs": [min(epoch.runs), max(epoch.runs)],
                    "after_reset": epoch.after_reset,
                    "reference_orbit": epoch.reference,
                    "time_s": epoch.seconds,
                    "uncertainty_s": epoch.uncertainty,
                    "reference_runs": list(epoch.anchors),
                }
                for epoch in self.epochs
            ],
        }


def make_timeline(coverage: Coverage, runs: Mapping[int, RunInfo]) -> Timeline:
    """Find the time of every orbit from the times of runs.

    Parameters
    ----------
    coverage
        Orbits that each dump of each side covers, from the provenance of converted files.
    runs
        Times of runs; those that are not in the data, or have no start, do not matter.
    """
    epochs = divide_epochs(coverage)
    begun = _runs_that_begin(coverage)
    problems: list[str] = []
    timed = [_time_epoch(epoch, runs, begun, problems) for epoch in epochs]
    if not any(epoch.seconds is not None for epoch in timed):
        return _lay_end_to_end(epochs, problems)
    problems += [
        f"no time is known of run {epoch.name}: its pulses are in no time bin"
        for epoch in timed
        if epoch.seconds is None
    ]
    return Timeline(True, tuple(timed), tuple(problems))


def _lay_end_to_end(epochs: list[Epoch], problems: list[str]) -> Timeline:
    if len(epochs) > 1:
        problems.append(
            f"the orbits of the runs are in {len(epochs)} parts without a common origin, and no run start is known: the "
            "parts are laid end to end"
        )
    laid, seconds = [], 0.0
    for epoch in epochs:
        laid.append(replace(epoch, seconds=seconds))
        seconds += epoch.length
    return Timeline(False, tuple(laid), tuple(problems))


def _runs_that_begin(coverage: Coverage) -> set[int]:
    """Runs whose start is in the data: the same dump has the run before, so it was being recorded when the run began."""
    return {run for dumps in coverage.values() for spans in dumps for _, run in pairwise(sorted(spans))}


def _time_epoch(epoch: Epoch, runs: Mapping[int, RunInfo], begun: set[int], problems: list[str]) -> Epoch:
    """Measure the time of an epoch's reference orbit, if that can be."""
    known = {run: one for run in epoch.runs if (one := runs.get(run)) and one.start is not None}
    if not known:
        return epoch
    measured = {run: _start(known[run]) - epoch.since(epoch.runs[run])[0] for run in known if run in begun}
    first = min(epoch.runs)
    if epoch.after_reset and first in known:
        measured[first] = (
            _start(known[first]) + epoch.reference * ORBIT_S
        )  # the counter was zero when it began
    agreed = _agree(measured, known, problems)
    if measured and not agreed:
        return epoch
    if agreed:
        values = np.array(list(agreed.values()))
        value = float(np.median(values))
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        uncertainty: float | None = float(np.hypot(_RESOLUTION_S, spread / np.sqrt(len(values))))
    else:
        bounds = _bound(epoch, known, problems)
        if bounds is None:
            return epoch
        value, uncertainty = bounds
    timed = replace(epoch, seconds=value, uncertainty=uncertainty, anchors=tuple(sorted(agreed or known)))
    left_out = set(measured) - set(agreed)
    wrong = [one for run, one in known.items() if run not in left_out and not _fits(timed, one)]
    problems += [_say_misfit(timed, one) for one in wrong]
    return epoch if len(wrong) >= max(1, len(agreed)) else timed


def _start(one: RunInfo) -> float:
    if one.start is None:
        raise ValueError(f"run {one.run} has no start")
    return one.start


def _agree(
    measured: Mapping[int, float], known: Mapping[int, RunInfo], problems: list[str]
) -> dict[int, float]:
    """Keep the run starts that agree with most of the others; of two that disagree, neither."""
    if not measured:
        return {}
    middle = float(np.median(list(measured.values())))
    agreed = {run: value for run, value in measured.items() if abs(value - middle) <= AGREEMENT_S}
    if len(agreed) * 2 <= len(measured):
        agreed = {}
    for run in sorted(set(measured) - set(agreed)):
        off = measured[run] - middle
        start = _start(known[run])
        problems.append(
            f"run {run} began at {format_time(start)} UTC as its conditions say, at {format_time(start - off)} as the "
            f"orbits of the other runs say ({off:+.0f} s): its start is left out"
        )
    return agreed


def _bound(
    epoch: Epoch, known: Mapping[int, RunInfo], problems: list[str]
) -> tuple[float, float | None] | None:
    """Time and uncertainty where no run begins in the data: no earlier than with the latest start, no later than any end."""
    lows = {run: _start(one) - epoch.since(epoch.runs[run])[0] for run, one in known.items()}
    highs = {
        run: one.end - epoch.since(epoch.runs[run])[1] for run, one in known.items() if one.end is not None
    }
    latest = max(lows, key=lambda run: lows[run])
    low = lows[latest]
    if not highs:
        by, uncertainty = "an unknown time", None
    else:
        earliest = min(highs, key=lambda run: highs[run])
        if highs[earliest] < low - AGREEMENT_S:
            problems.append(
                f"run {latest} began at {format_time(_start(known[latest]))}; by its orbits, run {earliest} then ended "
                f"{low - highs[earliest]:.0f} s after its end: the times of run {epoch.name} are left out"
            )
            return None
        uncertainty = float(np.hypot(_RESOLUTION_S, max(0.0, highs[earliest] - low)))
        by = f"{uncertainty:.0f} s"
    if uncertainty is None or uncertainty > AGREEMENT_S:
        problems.append(
            f"no run of {epoch.name} is known to begin in the data: times are as if the data began with the run, and may "
            f"be {by} too early"
        )
    return low, uncertainty


def _times(epoch: Epoch, span: RunSpan) -> tuple[float, float]:
    first, last = epoch.since(span)
    origin = 0.0 if epoch.seconds is None else epoch.seconds
    return origin + first, origin + last


def _fits(epoch: Epoch, one: RunInfo) -> bool:
    first, last = _times(epoch, epoch.runs[one.run])
    begins_late = one.start is None or first >= one.start - AGREEMENT_S
    return begins_late and (one.end is None or last <= one.end + AGREEMENT_S)


def _say_misfit(epoch: Epoch, one: RunInfo) -> str:
    first, last = _times(epoch, epoch.runs[one.run])
    ends = "now" if one.end is None else format_time(one.end)
    return (
        f"run {one.run} went from {format_time(_start(one))} to {ends} as its conditions say, its data from "
        f"{format_time(first)} to {format_time(last)} as the orbits of run {', '.join(map(str, epoch.anchors))} say"
    )
