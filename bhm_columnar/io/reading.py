"""Read dumps of either form into tables, whole or piece by piece, with an account of the reading; without awkward arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..detector.channels import Side
from ..errors import DumpError
from ..events.runs import span_runs
from .gathering import Gathering
from .report import ReadReport, Reason
from .scanning import PART, scan_text
from .source import ByteSource
from .table import Table, derive_table
from .urls import file_name

__all__ = [
    "DEFAULT_CHUNK",
    "TablePiece",
    "add_reports",
    "check_headers",
    "iterate_tables",
    "read_table",
]

#: columns of events, and the account of their reading
TablePiece = tuple[Table, ReadReport]

#: bytes of text that make a piece
DEFAULT_CHUNK: Final = 1 << 24


def read_table(source: ByteSource, side: Side, *, expected_bytes: int = DEFAULT_CHUNK) -> TablePiece:
    """Read an open dump as a whole; there is room for `expected_bytes` of text before memory must be joined."""
    if _is_uhtr(source.path):
        return _read_uhtr(source, side)
    gathering = Gathering(side, expected_bytes)
    reports = [gathering.add(part) for part in scan_text(source, PART)]
    return gathering.finish(), _add_up(reports)


def iterate_tables(
    source: ByteSource, side: Side, *, chunk_bytes: int = DEFAULT_CHUNK, is_last: bool = True
) -> Iterator[TablePiece]:
    """Read piece by piece, `chunk_bytes` of text or so each, also where there is no header; gives at least one piece.

    Parameters
    ----------
    is_last
        Whether the text ends with the file; otherwise it ends before a header.
    """
    if _is_uhtr(source.path):
        yield _read_uhtr(source, side)
        return
    part_bytes = min(chunk_bytes, PART)
    gathering = Gathering(side, chunk_bytes)
    reports: list[ReadReport] = []
    for part in scan_text(source, part_bytes, is_last=is_last):
        reports.append(gathering.add(part))
        if gathering.bytes >= chunk_bytes - part_bytes:
            yield gathering.finish(), _add_up(reports)
            gathering = Gathering(side, chunk_bytes)
            reports = []
    if reports:
        yield gathering.finish(), _add_up(reports)


def _is_uhtr(path: str) -> bool:
    return ".uhtr" in Path(file_name(path)).suffixes


def _read_uhtr(source: ByteSource, side: Side) -> TablePiece:
    from .uhtr import scan_uhtr  # noqa: PLC0415  (which writes awkward arrays)

    table = derive_table(scan_uhtr(source), side)
    n = len(table.event)
    runs = span_runs(table.run, table.orbit)
    return table, ReadReport(source.size, headers=n, events=n, pulses=len(table.pulses.peak), runs=runs)


def _add_up(reports: Sequence[ReadReport]) -> ReadReport:
    return reports[0] if len(reports) == 1 else add_reports(reports)


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
