"""Read big dumps in ranges of bytes, several at a time, with the result of one piece.

A range begins with the file or at a header that begins a line. The scanner reads a text that begins at a header in the same way
whatever precedes it, so ranges can be read in any order; what depends on the order is done by who puts them together.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from ..detector.channels import Side
from ..errors import DumpError
from .dump import DEFAULT_CHUNK, Piece, check_headers, iterate_pieces
from .provenance import InputFile
from .report import ReadReport
from .scanning import SHOWN, show_line
from .source import open_source
from .urls import FileStamp, can_split, open_raw, read_errors, stamp_file

__all__ = [
    "DEFAULT_RANGE",
    "ByteRange",
    "MapRanges",
    "RangeRead",
    "check_unchanged",
    "executor_map",
    "join_ranges",
    "read_range",
    "split_dump",
    "thread_map",
]

#: bytes of a range
DEFAULT_RANGE: Final = 1 << 26
_HEADER: Final = re.compile(rb"\n-*--- START")
_WINDOW: Final = 1 << 16
# so much of a window is looked at again, for a header across its end
_OVERLAP: Final = 1 << 11

T = TypeVar("T")
R = TypeVar("R")


class MapRanges(Protocol):
    """A map, as the built-in one: results come in the order of the items, and as they are asked for."""

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Return the results."""


@dataclass(frozen=True)
class ByteRange:
    """A part of a dump that is read by itself.

    Parameters
    ----------
    path
        The dump.
    start, stop
        First byte, and the one behind the last; `stop` is `None` where the size is not known.
    is_last
        Whether it ends with the file.
    stamp
        The file as it was when it was planned; `None` if it could not be looked at.
    """

    path: str
    start: int
    stop: int | None
    is_last: bool
    stamp: FileStamp | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole file."""
        return self.start == 0 and self.is_last


@dataclass(frozen=True)
class RangeRead:
    """What a range holds.

    Parameters
    ----------
    pieces
        Events and reports, with lines counted from the start of the range; `None` where the file can only be read from
        its beginning, and is too large to be held in memory.
    input
        Size and checksum, if the range is a whole file.
    error
        Why there is no more, if it could not be read to its end.
    """

    range: ByteRange
    pieces: tuple[Piece, ...] | None
    input: InputFile | None = None
    error: DumpError | None = None


def split_dump(path: str, *, range_bytes: int = DEFAULT_RANGE) -> list[ByteRange]:
    """Cut a dump into ranges of about so many bytes that can be read by themselves.

    Compressed and ``.uhtr`` files, and what cannot be read from any byte on, are one range.

    Parameters
    ----------
    path
        A path, or anything that fsspec opens.
    range_bytes
        Ranges end before the first header behind so many bytes; at least 1.

    Raises
    ------
    DumpError
        If it cannot be opened.
    DatasetError
        If the package for its protocol is missing.
    """
    stamp = stamp_file(path)
    starts = [0]
    if stamp.size is not None and stamp.size > range_bytes and can_split(path):
        with open_raw(path) as raw:
            try:
                while (cut := _find_cut(raw, starts[-1] + range_bytes, stamp.size)) is not None:
                    starts.append(cut)
            except read_errors(ValueError) as error:
                raise DumpError(
                    f"cannot be read ({error})", where=path, hint="copy the file again, or leave it out"
                ) from error
    stops = [*starts[1:], stamp.size]
    return [
        ByteRange(path, start, stop, start == starts[-1], stamp)
        for start, stop in zip(starts, stops, strict=True)
    ]


def _find_cut(raw: Any, position: int, size: int) -> int | None:
    """Find the first header from `position` on that begins a line; `None` if there is none."""
    position -= 1  # the newline before it
    while position < size:
        raw.seek(position)
        window = raw.read(_WINDOW)
        if found := _HEADER.search(window):
            return position + int(found.start()) + 1
        if len(window) <= _OVERLAP:
            return None
        position += len(window) - _OVERLAP
    return None


def read_range(one: ByteRange, side: Side, *, chunk_bytes: int = DEFAULT_CHUNK) -> RangeRead:
    """Read a range into memory, `chunk_bytes` of text at a time.

    Raises
    ------
    DumpError
        If the file has changed since it was planned. Other errors are returned, for what precedes them may be one, too.
    """
    check_unchanged(one)
    pieces: list[Piece] = []
    stop = None if one.is_whole else one.stop
    try:
        with open_source(one.path, start=one.start, stop=stop) as source:
            pieces.extend(iterate_pieces(source, side, chunk_bytes=chunk_bytes, is_last=one.is_last))
            size = source.size
            given = InputFile(one.path, size, source.sha256) if one.is_whole else None
    except DumpError as error:
        return RangeRead(one, tuple(pieces), error=error)
    # decompressors may leave bytes at the end of a file alone
    check_unchanged(one, None if one.is_whole else one.start + size, one.stop)
    return RangeRead(one, tuple(pieces) if one.is_last else _show_next_line(one, pieces), given)


def _show_next_line(one: ByteRange, pieces: list[Piece]) -> tuple[Piece, ...]:
    """Show bad lines that are the first behind the range, such as a header where a TDC line should be."""
    lines = sum(report.lines for _, report in pieces)
    *rest, (events, report) = pieces
    behind = [key for key, bad in report.first_bad.items() if bad.line > lines]
    if not behind or one.stop is None:
        return tuple(pieces)
    text = np.zeros(SHOWN, dtype=np.uint8)
    with open_source(one.path, start=one.stop, stop=one.stop + SHOWN) as source:
        shown = show_line(text[: source.fill(text)].tobytes())
    shows = {key: replace(report.first_bad[key], text=shown) for key in behind}
    return (*rest, (events, replace(report, first_bad={**report.first_bad, **shows})))


def check_unchanged(one: ByteRange, reached: int | None = None, expected: int | None = None) -> None:
    """Compare a file with what it was when it was planned, and where its reading ended with where it should.

    Raises
    ------
    DumpError
        If it is gone, shorter or longer, or was written to.
    """
    if one.stamp is None:
        return
    try:
        now = stamp_file(one.path)
    except DumpError as error:
        raise DumpError(
            "was there when its reading was planned, and is gone",
            where=one.path,
            hint="convert when nothing moves the dumps",
        ) from error
    before = one.stamp.size
    size = now.size if reached is None or reached == (expected or before) else reached
    if now != one.stamp or (size != before and before is not None):
        change = f"from {before} to {size} bytes" if size != before else "keeping its size"
        raise DumpError(
            f"has changed while it was read, {change}",
            where=one.path,
            hint="convert it when nothing writes to it any more",
        )


def join_ranges(reads: Iterator[RangeRead], path: str) -> Generator[Piece, None, RangeRead]:
    """Put the ranges of a dump together: pieces as the whole dump gives them; returns its last range.

    Raises
    ------
    DumpError
        If a range could not be read or is missing, or there is no header in any.
    """
    position = lines = headers = 0
    while True:
        read = next(reads, None)
        if read is None or read.pieces is None or (read.range.path, read.range.start) != (path, position):
            raise DumpError(
                f"what begins at byte {position} was not read", where=path, hint="convert it once more"
            )
        for events, report in read.pieces:
            yield events, _shift_lines(report, lines)
            headers += report.headers
        if read.error is not None:
            raise read.error
        lines += sum(report.lines for _, report in read.pieces)
        if read.range.is_last:
            check_headers(headers, path)
            return read
        position = read.range.stop or 0


def _shift_lines(report: ReadReport, lines: int) -> ReadReport:
    """Count lines from the start of the file, of which so many precede the range."""
    shifted = {key: replace(bad, line=bad.line + lines) for key, bad in report.first_bad.items()}
    return replace(report, first_bad=shifted)


def executor_map(pool: Executor, in_flight: int) -> MapRanges:
    """Make a map of a pool of threads or processes, with at most so many results that wait or are worked at."""

    def bounded(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        begun: deque[Future[R]] = deque()
        try:
            for item in items:
                begun.append(pool.submit(function, item))
                if len(begun) >= in_flight:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for future in begun:
                future.cancel()

    return bounded


@contextmanager
def thread_map(workers: int) -> Iterator[MapRanges]:
    """Read ranges in so many threads, at most one more range in memory than threads."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="range")
    try:
        yield executor_map(pool, workers + 1)
    finally:
        pool.shutdown(cancel_futures=True)
