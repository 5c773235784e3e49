"""The order of events: undo wraps of the orbit counter, and report whatever else goes backwards.

The board counts orbits in 32 bits, so the count starts again every 106 hours. Whether a fall of the count is a wrap is told by
how far it falls, and by run and event number:

=================  =============================================================================================
``orbit_wraps``    the orbit falls by more than half its range, and neither run nor event number falls. Only a
                   count that has run for 53 hours without a reset can fall that far. 2^32 is added from there on
``orbit_resets``   the orbit falls where a run begins: the counter was reset, and orbits of these runs have no
                   common origin
``captures``       the event number begins again at 0 or 1 within a run: a second capture of the same run
``event_wraps``    the event number begins again after 2^24 events, which is how far some headers count
``unordered``      anything else that falls, run, event number or orbit: a file or event out of order
``repeats``        an event with the same run, number, orbit and BX as the one before it
=================  =============================================================================================

All but wraps of the orbit are counted and left as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ORBIT_COUNTER

__all__ = ["EVENT_COUNTER", "KINDS", "SENTENCES", "EventOrder", "count_duplicates", "follow_events"]

Longs = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer]
#: range of the event number in the DAQ header of the board
EVENT_COUNTER: Final = 2**24
#: what goes backwards in the events of a side, in words
SENTENCES: Final = {
    "orbit_wraps": "the orbit counter wrapped {n} time(s), which was undone",
    "orbit_resets": "the orbit counter was reset at {n} run change(s): orbits of these runs have no common origin",
    "captures": "the event number began again {n} time(s) within a run: several captures of the same run",
    "event_wraps": "the event number wrapped {n} time(s)",
    "unordered": "{n} event(s) or file(s) are out of order",
    "duplicates": "{n} event(s) are there twice",
}
KINDS: Final = ("orbit_wraps", "orbit_resets", "captures", "event_wraps", "unordered", "repeats")


@dataclass(frozen=True)
class EventOrder:
    """What was met so far in the events of a side, in the order of its files.

    Parameters
    ----------
    last
        Run, event, orbit (as written) and BX of the last event; `None` before the first.
    counts
        How often each of `KINDS` was met.
    first
        Run and event number of the first case of each.
    begins
        Where in the last piece a second capture of a run begins.
    """

    last: tuple[int, int, int, int] | None = None
    counts: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    first: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    begins: tuple[int, ...] = field(default=(), compare=False)

    @property
    def may_repeat(self) -> bool:
        """Whether events may be there twice, at a distance."""
        return self.counts["captures"] + self.counts["unordered"] > 0

    def as_dict(self) -> dict[str, Any]:
        """Return counts and first cases, as summaries have them."""
        return {
            **self.counts,
            "first": {kind: {"run": run, "event": event} for kind, (run, event) in self.first.items()},
        }


def follow_events(
    run: Integers, event: Integers, orbit: Longs, bx: Integers, order: EventOrder
) -> tuple[Longs, EventOrder]:
    """Undo orbit wraps of a piece of a side's events, and count what goes backwards.

    Parameters
    ----------
    run, event, orbit, bx
        Columns of shape (n,), in the order of the files.
    order
        What the piece before returned; ``EventOrder()`` for the first.

    Returns
    -------
    orbit
        Counts that go on rising through a wrap, shape (n,).
    order
        For the next piece.
    """
    if len(run) == 0:
        return orbit, replace(order, begins=())
    here = (int(run[-1]), int(event[-1]), int(orbit[-1]), int(bx[-1]))
    if _is_in_order(run, event, orbit, order.last):
        wrapped = order.counts["orbit_wraps"]
        return orbit + ORBIT_COUNTER * wrapped if wrapped else orbit, replace(order, last=here, begins=())
    # the very first event follows one that differs from it in nothing but the BX
    last = order.last or (int(run[0]), int(event[0]), int(orbit[0]), -1)
    d_run, d_event, d_orbit, d_bx = (
        np.diff(column.astype(np.int64), prepend=before)
        for column, before in zip((run, event, orbit, bx), last, strict=True)
    )
    same_run, later_run = d_run == 0, d_run > 0
    event_falls = same_run & (d_event < 0)
    met = {
        "orbit_wraps": (d_orbit < -ORBIT_COUNTER // 2) & (later_run | (same_run & ~event_falls)),
        "event_wraps": event_falls
        & (d_event < -EVENT_COUNTER // 2)
        & (event - d_event < EVENT_COUNTER)
        & (d_orbit >= 0),
        "repeats": same_run & (d_event == 0) & (d_orbit == 0) & (d_bx == 0),
    }
    orbit_falls = (d_orbit < 0) & ~met["orbit_wraps"]
    met["orbit_resets"] = later_run & orbit_falls
    met["captures"] = event_falls & ~met["event_wraps"] & (event <= 1)
    known = met["event_wraps"] | met["captures"]
    met["unordered"] = (d_run < 0) | (event_falls & ~known) | (same_run & orbit_falls & ~known)
    counts = {kind: order.counts[kind] + int(np.count_nonzero(met[kind])) for kind in KINDS}
    first = dict(order.first)
    for kind in KINDS:
        if kind not in first and counts[kind]:
            place = int(np.argmax(met[kind]))
            first[kind] = (int(run[place]), int(event[place]))
    wraps = order.counts["orbit_wraps"] + np.cumsum(met["orbit_wraps"])
    begins = tuple(np.flatnonzero(met["captures"]).tolist())
    return orbit + ORBIT_COUNTER * wraps, replace(order, last=here, counts=counts, first=first, begins=begins)


def _is_in_order(
    run: Integers, event: Integers, orbit: Longs, last: tuple[int, int, int, int] | None
) -> bool:
    """Whether nothing falls or repeats, as in nearly every piece: none of `KINDS` can then be met."""
    if last is not None:
        follows = last[0] < run[0] or (last[0] == run[0] and last[1] < event[0])
        if not (follows and last[2] <= orbit[0]):
            return False
    if np.any(orbit[1:] < orbit[:-1]) or np.any(run[1:] < run[:-1]):
        return False
    return bool(np.all((event[1:] > event[:-1]) | (run[1:] > run[:-1])))


def count_duplicates(run: Integers, event: Integers, orbit: Integers, bx: Integers) -> int:
    """Count the events that are there already: same run, number, orbit (as written) and BX as another.

    Parameters
    ----------
    run, event, orbit, bx
        Columns of shape (n,), with orbits as they were written.
    """
    if len(run) == 0:
        return 0
    columns = [np.asarray(column, dtype=np.int64) for column in (run, event, orbit, bx)]
    ranks = np.lexsort(columns)
    is_same = np.ones(len(run) - 1, dtype=bool)
    for column in columns:
        ordered = column[ranks]
        is_same &= ordered[1:] == ordered[:-1]
    return int(np.count_nonzero(is_same))
