"""Read dumps: text or ``.uhtr``, whole or in pieces, into events and an account of the reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import Side, find_side
from ..detector.qie import N_SAMPLES
from ..errors import DumpError
from ..events.runs import span_runs
from ._kernels import AFTER_RULE, MAX_EVENT, MAX_LINE, N_REASONS, PADDING, Columns, find_last_marker, scan
from .assemble import FlatEvents, assemble_events, join_flat
from .folders import require_side
from .report import BadLine, ReadReport, Reason
from .source import ByteSource, open_source
from .uhtr import scan_uhtr
from .urls import file_name

__all__ = [
    "DEFAULT_CHUNK",
    "SHOWN",
    "Piece",
    "add_reports",
    "check_headers",
    "iterate_dump",
    "iterate_pieces",
    "iterate_source",
    "read_dump",
    "show_line",
]

#: events, and the account of their reading
Piece = tuple[ak.Array, ReadReport]

#: bytes of text that are scanned at a time
DEFAULT_CHUNK: Final = 1 << 24
#: with so many bytes behind a header the scanner certainly gives its event up
_TOO_LONG: Final = MAX_EVENT + 8 * MAX_LINE
# fewest bytes of text that an event, a pulse and a TDC code take
_EVENT_BYTES: Final = 27
_PULSE_BYTES: Final = 45
_CODE_BYTES: Final = 2
#: characters of a bad line that are shown
SHOWN: Final = 120
_NEWLINE: Final = ord("\n")
# headers inside a line that are passed over in search of one that begins a line
_TRIES: Final = 1000


def read_dump(path: str | Path, *, side: Side | str | None = None) -> tuple[ak.Array, ReadReport]:
    """Read a dump into memory.

    Parameters
    ----------
    path
        Text dump or ``.uhtr`` file, plain or ``.gz``, ``.xz``, ``.zst``; a path or anything that fsspec opens.
    side
        ``"+Z"`` or ``"-Z"``; by default told from the file name.

    Returns
    -------
    events
        One record per event with the columns of `events.columns`; ``events.Pulse.samples`` and ``.tdcs`` hold
        everything the dump says of a pulse.
    report
        What was read and what was left out.

    Raises
    ------
    DumpError
        If it cannot be read or is no dump.
    DatasetError
        If its side cannot be told.
    """
    known_side = _as_side(side, path)
    with open_source(str(path), hashed=False) as source:
        scanned = list(_scan_source(source, DEFAULT_CHUNK, is_last=True))
    # joined while they are flat, which is much less work than to join events
    events = assemble_events(join_flat([flat for flat, _ in scanned]), known_side)
    report = add_reports(report for _, report in scanned)
    check_headers(report.headers, str(path))
    return events, report


def add_reports(reports: Iterable[ReadReport]) -> ReadReport:
    """Add reports of pieces; the order of what they count does not depend on where the pieces were cut."""
    total = sum(reports, ReadReport())
    seen = [reason.key for reason in Reason if reason.key in total.skipped]
    return replace(
        total,
        skipped={key: total.skipped[key] for key in seen},
        first_bad={key: total.first_bad[key] for key in seen},
        unusual=dict(sorted(total.unusual.items())),
    )


def iterate_dump(
    path: str | Path, *, side: Side | str | None = None, chunk_bytes: int = DEFAULT_CHUNK
) -> Iterator[Piece]:
    """Read a dump piece by piece, in bounded memory.

    The pieces are cut at headers, every `chunk_bytes` of text or so; there is at least one. Their concatenation and the
    sum of their reports do not depend on `chunk_bytes`. Arguments and errors are those of `read_dump`.
    """
    with open_source(str(path), hashed=False) as source:
        yield from iterate_source(source, _as_side(side, path), chunk_bytes=chunk_bytes)


def _as_side(side: Side | str | None, path: str | Path) -> Side:
    if side is None:
        return require_side(path)
    return find_side(side) if isinstance(side, str) else side


def iterate_source(source: ByteSource, side: Side, *, chunk_bytes: int = DEFAULT_CHUNK) -> Iterator[Piece]:
    """Read an open dump piece by piece; see `iterate_dump`."""
    headers = 0
    for events, report in iterate_pieces(source, side, chunk_bytes=chunk_bytes):
        headers += report.headers
        yield events, report
    check_headers(headers, source.path)


def iterate_pieces(
    source: ByteSource, side: Side, *, chunk_bytes: int = DEFAULT_CHUNK, is_last: bool = True
) -> Iterator[Piece]:
    """Read piece by piece, also where there is no header: a dump, or a range of text that begins with it or at a header.

    Parameters
    ----------
    is_last
        Whether the text ends with the file; otherwise it ends before a header.
    """
    for flat, report in _scan_source(source, chunk_bytes, is_last=is_last):
        yield assemble_events(flat, side), report


def _scan_source(
    source: ByteSource, chunk_bytes: int, *, is_last: bool
) -> Iterator[tuple[FlatEvents, ReadReport]]:
    """Scan a dump of either form, and complete the reports."""
    if ".uhtr" in Path(file_name(source.path)).suffixes:
        whole = scan_uhtr(source)
        n_events = len(whole.event)
        scanned = iter([(whole, ReadReport(source.size, headers=n_events, events=n_events))])
    else:
        scanned = _scan_text(source, chunk_bytes, is_last)
    for flat, report in scanned:
        yield flat, replace(report, pulses=len(flat.fibre), runs=span_runs(flat.run, flat.orbit))


def check_headers(headers: int, path: str) -> None:
    """Refuse a file in which not one header was found.

    Raises
    ------
    DumpError
        That says so.
    """
    if headers == 0:
        raise DumpError(
            "holds no event header ('--- START ...')", where=path, hint="is it a BHM self-trigger dump?"
        )


def _scan_text(
    source: ByteSource, chunk_bytes: int, ends_file: bool
) -> Iterator[tuple[FlatEvents, ReadReport]]:
    """Cut the text before a header where there is one, scan it, and carry the rest over."""
    buffer = np.zeros(max(chunk_bytes, 64) + PADDING, dtype=np.uint8)
    held = 0  # bytes of the buffer that were read and not yet scanned
    line = 0
    state = AFTER_RULE
    is_last = False
    while not is_last:
        room = len(buffer) - PADDING
        filled = held + source.fill(buffer[held:room])
        is_last = filled < room
        stop = filled if is_last else _find_cut(buffer, filled - SHOWN)
        if stop < 1 and not is_last:
            if filled < _TOO_LONG:
                buffer = np.concatenate([buffer[:filled], np.zeros(len(buffer), dtype=np.uint8)])
                held = filled
                continue
            stop = find_last_marker(buffer, filled)
            if stop < 1:
                # no header far and wide: the scanner gives the event up, and looks for the next one
                stop = filled - PADDING
        carried = buffer[stop:filled].copy()
        final = is_last and ends_file
        flat, report, state = _scan_buffer(buffer, stop, filled, final, state, source.path, line)
        line += report.lines
        yield flat, report
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


def _scan_buffer(
    buffer: npt.NDArray[np.uint8], stop: int, filled: int, is_last: bool, state: int, path: str, line: int
) -> tuple[FlatEvents, ReadReport, int]:
    """Scan ``buffer[:stop]``; what follows up to `filled` is only looked at to show a line."""
    out = _make_columns(stop)
    behind = buffer[stop]
    buffer[stop] = _NEWLINE
    n_events, n_pulses, n_codes, headers, lines, state = scan(buffer, stop, is_last, state, out)
    buffer[stop] = behind
    flat = FlatEvents(
        event=out.events[:n_events, 0].copy(),
        bx=out.events[:n_events, 1].astype(np.int16),
        orbit=out.events[:n_events, 2].copy(),
        run=out.events[:n_events, 3].astype(np.int32),
        pulse_offsets=out.pulse_offsets[: n_events + 1],
        fibre=out.inputs[:n_pulses, 0].copy(),
        cable=out.inputs[:n_pulses, 1].copy(),
        samples=out.samples[:n_pulses],
        code_offsets=out.code_offsets[: n_pulses + 1],
        codes=out.codes[:n_codes],
    )
    seen = [reason for reason in Reason if out.counts[reason]]
    is_cut = is_last and stop > 0 and bool(buffer[stop - 1] != _NEWLINE)
    report = ReadReport(
        bytes=stop,
        lines=lines + int(is_cut),
        headers=headers,
        events=n_events,
        skipped={reason.key: int(out.counts[reason]) for reason in seen},
        first_bad={
            reason.key: BadLine(
                path,
                line + int(out.first[reason, 1]) + 1,
                reason.key,
                _line_text(buffer, int(out.first[reason, 0]), filled),
            )
            for reason in seen
        },
        truncated=is_cut,
        unusual={
            name: int(count)
            for name, count in zip(("more_than_20_samples", "text_behind_header"), out.unusual, strict=True)
            if count
        },
    )
    return flat, report, state


def _make_columns(text_bytes: int) -> Columns:
    """Make room for what so many bytes can hold; pages that stay empty cost nothing."""
    n_events = text_bytes // _EVENT_BYTES + 2
    n_pulses = text_bytes // _PULSE_BYTES + 2
    return Columns(
        events=np.empty((n_events, 4), dtype=np.int64),
        pulse_offsets=np.empty(n_events + 1, dtype=np.int64),
        inputs=np.empty((n_pulses, 2), dtype=np.int16),
        samples=np.empty((n_pulses, N_SAMPLES), dtype=np.uint8),
        code_offsets=np.empty(n_pulses + 1, dtype=np.int64),
        codes=np.empty(text_bytes // _CODE_BYTES + 2, dtype=np.uint8),
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
