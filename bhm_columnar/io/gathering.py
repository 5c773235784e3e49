"""Gather what the parts of a text hold in one table, each part written once, to its final place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from ..detector.channels import Side
from ..events._kernels import fill_events, fill_pulses
from ..events.derived import make_recipe
from ..events.runs import RunSpan, span_runs
from .report import ReadReport
from .scanning import CODE_BYTES, EVENT_BYTES, PULSE_BYTES, Scanned
from .table import Table, join_tables

__all__ = ["Gathering", "Place"]

# what follows may hold so much more per byte than what was seen so far
_MARGIN: Final = 1.05


@dataclass(frozen=True)
class Place:
    """Where in a table a part of the text goes: first event, pulse and code."""

    table: Table
    event: int = 0
    pulse: int = 0
    code: int = 0


class Gathering:
    """Gathers what the parts of a text hold in one table, each part written once, to its final place.

    Places are given in the order of the text; what goes there may be written in any order, by several threads. How much room there
    must be is estimated from the first part. Where that is not enough, a further table is begun, and all are joined in the end.
    """

    def __init__(self, side: Side, expected_bytes: int) -> None:
        self._recipe = make_recipe(side)
        self._expected = expected_bytes
        self._full: list[Table] = []
        self._next = Place(Table.make(0, 0, 0))
        self.bytes = 0
        self._lock = Lock()

    def add(self, part: Scanned) -> ReadReport:
        """Add the next part; returns its report."""
        return self.write(part, self.reserve(part))

    def reserve(self, part: Scanned) -> Place:
        """Find the place of the next part."""
        with self._lock:
            place = self._next
            ends = (place.event + part.events, place.pulse + part.pulses, place.code + part.codes)
            if not place.table.fits(*ends):
                self._close()
                place = Place(self._make_room(part))
                ends = (part.events, part.pulses, part.codes)
            self.bytes += part.report.bytes
            self._next = Place(place.table, *ends)
            return place

    def write(self, part: Scanned, place: Place) -> ReadReport:
        """Write a part to its place, with the derived columns; returns its report, with runs."""
        n, m, k = part.events, part.pulses, part.codes
        table, found, here = place.table, part.columns, slice(place.event, place.event + n)
        one_run, low, high = fill_events(
            found.events[:n],
            found.pulse_offsets,
            table.event[here],
            table.bx[here],
            table.orbit[here],
            table.run[here],
            table.pulse_offsets[place.event : place.event + n + 1],
            place.pulse,
        )
        fill_pulses(
            found.inputs[:m],
            found.samples,
            found.code_offsets,
            found.codes,
            self._recipe,
            table.pulses,
            place.pulse,
            place.code,
        )
        table.codes[place.code : place.code + k] = found.codes[:k]
        if one_run and n:
            runs = {int(table.run[place.event]): RunSpan(n, int(low), int(high))}
        else:
            runs = span_runs(table.run[here], table.orbit[here])
        return replace(part.report, runs=runs)

    def finish(self) -> Table:
        """Return all that was added, when it is written."""
        self._close()
        return join_tables(self._full or [self._next.table])

    def _close(self) -> None:
        place = self._next
        if place.event:
            self._full.append(place.table.cut(place.event, place.pulse, place.code))
        self._next = Place(Table.make(0, 0, 0))

    def _make_room(self, part: Scanned) -> Table:
        """Make a table for a part and what is still expected, if that is alike."""
        size = max(part.report.bytes, 1)
        left = self._expected - self.bytes
        left = max(left if left > 0 else self._expected, size)
        counts = ((part.events, EVENT_BYTES), (part.pulses, PULSE_BYTES), (part.codes, CODE_BYTES))
        return Table.make(
            *(max(n, min(int(n * left / size * _MARGIN), left // least + 2)) for n, least in counts)
        )
