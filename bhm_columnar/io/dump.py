"""Read dumps: text or ``.uhtr``, whole or in pieces, into events and an account of the reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import awkward as ak

from ..detector.channels import Side, find_side
from .assemble import table_to_events
from .folders import require_side
from .reading import DEFAULT_CHUNK, add_reports, check_headers, iterate_tables, read_table
from .report import ReadReport
from .source import ByteSource, open_source
from .urls import COMPRESSIONS, is_url

__all__ = [
    "DEFAULT_CHUNK",
    "Piece",
    "add_reports",
    "check_headers",
    "iterate_dump",
    "iterate_pieces",
    "iterate_source",
    "read_dump",
]

#: events, and the account of their reading
Piece = tuple[ak.Array, ReadReport]


def read_dump(
    path: str | Path, *, side: Side | str | None = None, threads: int = 1
) -> tuple[ak.Array, ReadReport]:
    """Read a dump into memory.

    Parameters
    ----------
    path
        Text dump or ``.uhtr`` file, plain or ``.gz``, ``.xz``, ``.zst``; a path or anything that fsspec opens.
    side
        ``"+Z"`` or ``"-Z"``; by default told from the file name.
    threads
        How many threads read it, if it is plain text that can be read from any byte on; the result is the same.

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
    whole = str(path)
    piece = _read_in_threads(whole, known_side, threads) if threads > 1 else None
    events, report = piece or _read_alone(whole, known_side)
    check_headers(report.headers, whole)
    return events, report


def _read_in_threads(path: str, side: Side, threads: int) -> Piece | None:
    from .threads import gather_in_threads  # noqa: PLC0415 (which reads ranges, as this module's pieces)

    gathered = gather_in_threads(path, side, threads)
    return None if gathered is None else (table_to_events(gathered[0], side), add_reports(gathered[1]))


def _read_alone(path: str, side: Side) -> Piece:
    with open_source(path, hashed=False) as source:
        table, report = read_table(source, side, expected_bytes=max(DEFAULT_CHUNK, _find_size(path)))
        return table_to_events(table, side), report


def _find_size(path: str) -> int:
    """How many bytes of text a file has, as far as that is known before it is read."""
    is_text = not is_url(path) and not path.endswith(tuple(COMPRESSIONS))
    return Path(path).expanduser().stat().st_size if is_text else 0


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
    for table, report in iterate_tables(source, side, chunk_bytes=chunk_bytes, is_last=is_last):
        yield table_to_events(table, side), report
