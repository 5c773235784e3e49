"""Scan text part by part into columns that are used again for the next part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.qie import N_SAMPLES
from ._kernels import AFTER_RULE, MAX_EVENT, MAX_LINE, N_REASONS, PADDING, Columns, find_last_marker, scan
from .report import BadLine, ReadReport, Reason
from .source import ByteSource

__all__ = [
    "CODE_BYTES",
    "EVENT_BYTES",
    "PART",
    "PULSE_BYTES",
    "SHOWN",
    "Scanned",
    "Scanner",
    "make_buffer",
    "scan_text",
    "show_line",
]

#: bytes of text that are scanned at a time: with what they hold they stay in the cache of a core, and cost no new memory
PART: Final = 1 << 20
#: fewest bytes of text that an event, a pulse and a TDC code take
EVENT_BYTES: Final = 27
PULSE_BYTES: Final = 45
CODE_BYTES: Final = 2
#: characters of a bad line that are shown
SHOWN: Final = 120
#: with so many bytes behind a header the scanner certainly gives its event up
_TOO_LONG: Final = MAX_EVENT + 8 * MAX_LINE
_NEWLINE: Final = ord("\n")
# headers inside a line that are passed over in search of one that begins a line
_TRIES: Final = 1000


@dataclass(frozen=True)
class Scanned:
    """What a part of the text holds.

    Parameters
    ----------
    columns
        Of the scanner, which overwrites them with the next part.
    events, pulses, codes
        How much of them is filled.
    report
        The account of the part, without runs.
    state
        Where the scanner stands at its end.
    """

    columns: Columns
    events: int
    pulses: int
    codes: int
    report: ReadReport
    state: int


def make_buffer(text_bytes: int) -> npt.NDArray[np.uint8]:
    """Make a buffer for so much text and what the scanner needs behind it."""
    return np.zeros(text_bytes + PADDING, dtype=np.uint8)


class Scanner:
    """Scans parts of one dump into the same columns."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._room = -1
        self._columns = _make_columns(0)

    def scan(
        self,
        buffer: npt.NDArray[np.uint8],
        stop: int,
        filled: int,
        *,
        is_last: bool,
        state: int = AFTER_RULE,
        line: int = 0,
    ) -> Scanned:
        """Scan ``buffer[:stop]``, which `line` lines precede.

        Parameters
        ----------
        filled
            The text goes on to here, which is only looked at to show a line.
        is_last
            Whether it ends with the file; otherwise it ends before a header.
        state
            Where the scanner stood at the end of the part before.
        """
        if stop > self._room:
            self._room = stop
            self._columns = _make_columns(stop)
        out = self._columns
        for counted in (out.counts, out.first, out.unusual):
            counted[:] = 0
        behind = buffer[stop]
        buffer[stop] = _NEWLINE
        n_events, n_pulses, n_codes, headers, lines, state = scan(buffer, stop, is_last, state, out)
        buffer[stop] = behind
        is_cut = is_last and stop > 0 and bool(buffer[stop - 1] != _NEWLINE)
        report = ReadReport(
            bytes=stop,
            lines=lines + int(is_cut),
            headers=headers,
            events=n_events,
            pulses=n_pulses,
            truncated=is_cut,
            **_describe_bad(out, buffer, filled, self._path, line),
        )
        return Scanned(out, n_events, n_pulses, n_codes, report, state)


def _describe_bad(
    out: Columns, buffer: npt.NDArray[np.uint8], filled: int, path: str, line: int
) -> dict[str, Any]:
    """Put what did not fit, and what is unusual, into words."""
    seen = [reason for reason in Reason if out.counts[reason]] if out.counts.any() else []
    unusual = zip(("more_than_20_samples", "text_behind_header"), out.unusual.tolist(), strict=True)
    return {
        "skipped": {reason.key: int(out.counts[reason]) for reason in seen},
        "first_bad": {
            reason.key: BadLine(
                path,
                line + int(out.first[reason, 1]) + 1,
                reason.key,
                _line_text(buffer, int(out.first[reason, 0]), filled),
            )
            for reason in seen
        },
        "unusual": {name: count for name, count in unusual if count},
    }


def scan_text(source: ByteSource, part_bytes: int = PART, *, is_last: bool = True) -> Iterator[Scanned]:
    """Cut the text before a header where there is one, scan it, and carry the rest over; gives at least one part.

    Parameters
    ----------
    is_last
        Whether the text ends with the file; otherwise it ends before a header.
    """
    buffer = make_buffer(max(part_bytes, 64))
    scanner = Scanner(source.path)
    held = 0  # bytes of the buffer that were read and not yet scanned
    line = 0
    state = AFTER_RULE
    at_end = False
    while not at_end:
        room = len(buffer) - PADDING
        filled = held + source.fill(buffer[held:room])
        at_end = filled < room
        stop = filled if at_end else _find_cut(buffer, filled - SHOWN)
        if stop < 1 and not at_end:
            if filled < _TOO_LONG:
                buffer = np.concatenate([buffer[:filled], np.zeros(len(buffer), dtype=np.uint8)])
                held = filled
                continue
            stop = find_last_marker(buffer, filled)
            if stop < 1:
                # no header far and wide: the scanner gives the event up, and looks for the next one
                stop = filled - PADDING
        carried = buffer[stop:filled].copy()
        scanned = scanner.scan(buffer, stop, filled, is_last=at_end and is_last, state=state, line=line)
        line += scanned.report.lines
        state = scanned.state
        yield scanned
        held = len(carried)
        buffer[:held] = carried


def _find_cut(buffer: npt.NDArray[np.uint8], limit: int) -> int:
    """Find the last header before `limit` that begins a line: lines that are cut in two could not be shown whole."""
    stop = int(find_last_marker(buffer, limit))
    for _ in range(_TRIES):
        if stop < 1 or buffer[stop - 1] == _NEWLINE:
            break
        stop = int(find_last_marker(buffer, stop))
    return stop


def _make_columns(text_bytes: int) -> Columns:
    """Make room for what so many bytes can hold; pages that stay empty cost nothing."""
    n_events = text_bytes // EVENT_BYTES + 2
    n_pulses = text_bytes // PULSE_BYTES + 2
    return Columns(
        events=np.empty((n_events, 4), dtype=np.int64),
        pulse_offsets=np.empty(n_events + 1, dtype=np.int64),
        inputs=np.empty((n_pulses, 2), dtype=np.int16),
        samples=np.empty((n_pulses, N_SAMPLES), dtype=np.uint8),
        code_offsets=np.empty(n_pulses + 1, dtype=np.int64),
        codes=np.empty(text_bytes // CODE_BYTES + 2, dtype=np.uint8),
        counts=np.zeros(N_REASONS, dtype=np.int64),
        first=np.zeros((N_REASONS, 2), dtype=np.int64),
        unusual=np.zeros(2, dtype=np.int64),
    )


def _line_text(buffer: npt.NDArray[np.uint8], offset: int, stop: int) -> str:
    """Show the line around a byte."""
    before = buffer[max(0, offset - SHOWN) : offset].tobytes()
    after = buffer[offset : min(stop, offset + SHOWN)].tobytes()
    return show_line(before[before.rfind(b"\n") + 1 :] + after)


def show_line(text: bytes) -> str:
    """Show the first line of a text, cut to `SHOWN` characters, with what is not ASCII escaped."""
    return text.split(b"\n", 1)[0][:SHOWN].decode("latin-1").encode("unicode_escape").decode("ascii")
