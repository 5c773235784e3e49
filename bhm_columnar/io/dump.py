"""Read dumps: text or ``.uhtr``, whole or in pieces, into events and an account of the reading."""

from __future__ import annotations

from collections.abc import Iterator
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
from .assemble import FlatEvents, assemble_events
from .folders import require_side
from .report import BadLine, ReadReport, Reason
from .source import ByteSource, open_source
from .uhtr import scan_uhtr

__all__ = ["DEFAULT_CHUNK", "iterate_dump", "iterate_source", "read_dump"]

#: bytes of text that are scanned at a time
DEFAULT_CHUNK: Final = 1 << 24
#: with so many bytes behind a header the scanner certainly gives its event up
_TOO_LONG: Final = MAX_EVENT + 8 * MAX_LINE
# fewest bytes of text that an event, a pulse and a TDC code take
_EVENT_BYTES: Final = 27
_PULSE_BYTES: Final = 45
_CODE_BYTES: Final = 2
_SHOWN: Final = 120


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
    pieces, reports = [], []
    for events, report in iterate_dump(path, side=side):
        pieces.append(events)
        reports.append(report)
    return (pieces[0] if len(pieces) == 1 else ak.concatenate(pieces)), sum(reports, ReadReport())


def iterate_dump(
    path: str | Path, *, side: Side | str | None = None, chunk_bytes: int = DEFAULT_CHUNK
) -> Iterator[tuple[ak.Array, ReadReport]]:
    """Read a dump piece by piece, in bounded memory.

    The pieces are cut at headers, every `chunk_bytes` of text or so; there is at least one. Their concatenation and the
    sum of their reports do not depend on `chunk_bytes`. Arguments and errors are those of `read_dump`.
    """
    with open_source(str(path)) as source:
        yield from iterate_source(source, _as_side(side, path), chunk_bytes=chunk_bytes)


def _as_side(side: Side | str | None, path: str | Path) -> Side:
    if side is None:
        return require_side(path)
    return find_side(side) if isinstance(side, str) else side


def iterate_source(
    source: ByteSource, side: Side, *, chunk_bytes: int = DEFAULT_CHUNK
) -> Iterator[tuple[ak.Array, ReadReport]]:
    """Read an open dump piece by piece; see `iterate_dump`."""
    if ".uhtr" in Path(source.path).suffixes:
        flat = scan_uhtr(source)
        report = ReadReport(bytes=source.size, headers=len(flat.event), events=len(flat.event))
        pieces: Iterator[tuple[FlatEvents, ReadReport]] = iter([(flat, report)])
    else:
        pieces = _scan_text(source, chunk_bytes)
    headers = 0
    for flat, report in pieces:
        headers += report.headers
        spans = span_runs(flat.run, flat.orbit)
        yield assemble_events(flat, side), replace(report, pulses=len(flat.fibre), runs=spans)
    if headers == 0:
        raise DumpError(
            "holds no event header ('--- START ...')",
            where=source.path,
            hint="is it a BHM self-trigger dump?",
        )


def _scan_text(source: ByteSource, chunk_bytes: int) -> Iterator[tuple[FlatEvents, ReadReport]]:
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
        stop = filled if is_last else find_last_marker(buffer, filled)
        if stop < 1 and not is_last:
            if filled < _TOO_LONG:
                buffer = np.concatenate([buffer[:filled], np.zeros(len(buffer), dtype=np.uint8)])
                held = filled
                continue
            # no header far and wide: the scanner gives the event up, and looks for the next one
            stop = filled - PADDING
        carried = buffer[stop:filled].copy()
        buffer[stop] = ord("\n")
        flat, report, state = _scan_buffer(buffer, stop, is_last, state, source.path, line)
        line += report.lines
        yield flat, report
        held = len(carried)
        buffer[:held] = carried


def _scan_buffer(
    buffer: npt.NDArray[np.uint8], stop: int, is_last: bool, state: int, path: str, line: int
) -> tuple[FlatEvents, ReadReport, int]:
    out = _make_columns(stop)
    n_events, n_pulses, n_codes, headers, lines, state = scan(buffer, stop, is_last, state, out)
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
    is_cut = is_last and stop > 0 and bool(buffer[stop - 1] != ord("\n"))
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
                _line_text(buffer, int(out.first[reason, 0]), stop),
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
    """Show the line around a byte, cut to `_SHOWN` characters, with what is not ASCII escaped."""
    before = buffer[max(0, offset - _SHOWN) : offset].tobytes()
    after = buffer[offset : min(stop, offset + _SHOWN)].tobytes()
    text = before[before.rfind(b"\n") + 1 :] + after.split(b"\n", 1)[0]
    return text[:_SHOWN].decode("latin-1").encode("unicode_escape").decode("ascii")
