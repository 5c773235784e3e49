"""The lumisections of a dataset as stretches of its time axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import LUMISECTION_S
from .epochs import Coverage
from .model import LumiTable, RunInfo
from .timeline import Timeline

__all__ = ["SLIVER_S", "Intervals", "find_lumisections"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: what sticks out of a lumisection by less belongs to it: times of runs and lumisections are known to about a second
SLIVER_S: Final = 2.0
#: lumisections whose starts are written in whole seconds lie this close to an even spacing
_EVEN_S: Final = 1.5


@dataclass(frozen=True)
class Intervals:
    """k lumisections as stretches of time, in order and without overlaps.

    Parameters
    ----------
    start, stop
        Seconds on the time axis, shape (k,).
    run, lumisection, status
        Of each, shape (k,).
    delivered
        Luminosity in 1/ub, shape (k,); nan where it is missing.
    """

    start: Floats
    stop: Floats
    run: Longs
    lumisection: Longs
    delivered: Floats
    status: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def stretches(self) -> Floats:
        """Starts and stops, shape (k, 2)."""
        return np.stack([self.start, self.stop], axis=1)

    @property
    def density(self) -> Floats:
        """Instantaneous luminosity in Hz/ub, shape (k,)."""
        return self.delivered / (self.stop - self.start)


def find_lumisections(
    timeline: Timeline, coverage: Coverage, table: LumiTable | None, runs: Mapping[int, RunInfo]
) -> Intervals:
    """Find the lumisections of all runs whose time is known.

    Lumisections have one length, so the starts of a run's are put on an even grid if they are on one but for rounding
    to whole seconds, and those that the table does not have are added without luminosity. Of a run that is not in the
    table, they are counted from its start.

    Parameters
    ----------
    table
        What is known of lumisections.
    runs
        Run times.
    """
    given = LumiTable.make() if table is None or not timeline.is_absolute else table
    covered = {run for dumps in coverage.values() for spans in dumps for run in spans}
    parts = [LumiTable.make()]
    if timeline.is_absolute:
        parts += [
            _lumisections_of(run, span, given.select(given.run == run), runs.get(run))
            for run in sorted(covered)
            if (span := timeline.span(run)) is not None
        ]
    whole = sum(parts[1:], parts[0])
    whole = whole.select(np.argsort(whole.start, kind="stable"))
    begins_next = np.append(whole.start[1:], np.inf)
    follows = np.append((np.diff(whole.run) == 0) & (np.diff(whole.lumisection) == 1), False)
    length = begins_next - whole.start
    # the next one begins where this one ends, unless some are missing in between
    is_next = follows & (np.abs(length - LUMISECTION_S) <= _EVEN_S)
    stop = np.where(is_next, begins_next, np.minimum(whole.start + LUMISECTION_S, begins_next))
    return Intervals(whole.start, stop, whole.run, whole.lumisection, whole.delivered, whole.status)


def _lumisections_of(run: int, span: tuple[float, float], rows: LumiTable, info: RunInfo | None) -> LumiTable:
    """All lumisections of a run that its data touch, and all that the table has."""
    counted = None if info is None else info.start
    first = _first_start(rows) if len(rows) else counted
    if first is None:
        return rows
    begin, end = span[0] + SLIVER_S, span[1] - SLIVER_S
    low, high = (int(np.floor((moment - first) / LUMISECTION_S)) + 1 for moment in (begin, end))
    have = rows.lumisection if len(rows) else np.array([max(1, low)])
    number = np.arange(min(max(1, low), have.min()), max(high, have.max()) + 1)
    at = rows.lumisection - number[0]
    columns = {name: np.full(len(number), np.nan) for name in ("delivered", "recorded", "pileup")}
    status = np.full(len(number), "", dtype="U32")
    for name, column in columns.items():
        column[at] = getattr(rows, name)
    status[at] = rows.status
    return LumiTable.make(
        run=np.full(len(number), run),
        lumisection=number,
        start=first + (number - 1) * LUMISECTION_S,
        status=status,
        **columns,
    )


def _first_start(rows: LumiTable) -> float | None:
    """Start of lumisection 1 if the starts are on an even grid but for rounding; `None` if they are not."""
    off = rows.start - (rows.lumisection - 1) * LUMISECTION_S
    middle = float(off.min() + off.max()) / 2
    return middle if np.all(np.abs(off - middle) <= _EVEN_S) else None
