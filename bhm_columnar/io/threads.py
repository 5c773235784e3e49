"""Read the ranges of one dump in several threads, into one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from threading import local
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import Side
from ..errors import DumpError
from .gathering import Gathering
from .ranges import ByteRange, check_unchanged, split_dump
from .report import ReadReport
from .scanning import PART, SHOWN, Scanned, Scanner, make_buffer
from .source import ByteSource, open_source
from .table import Table

__all__ = ["gather_in_threads"]

#: bytes of a range: the more, the less often threads wait for one another
_RANGE: Final = 2 * PART
#: ranges may be longer by so much, where headers are far apart
_LONGEST: Final = 2 * _RANGE


def gather_in_threads(
    path: str, side: Side, threads: int, *, range_bytes: int = _RANGE
) -> tuple[Table, list[ReadReport]] | None:
    """Read the ranges of a dump in so many threads; `None` if it cannot be cut, or has hardly any headers.

    Each thread scans a range, waits until the ranges before it are counted, and then writes what it found to its final place.

    Returns
    -------
    table
        What the dump holds.
    reports
        The account of each range.

    Raises
    ------
    DumpError
        If the file cannot be read, or changes meanwhile.
    """
    ranges = split_dump(path, range_bytes=range_bytes)
    sizes = [(one.stop or 0) - one.start for one in ranges]
    if len(ranges) == 1 or max(sizes) > max(_LONGEST, 2 * range_bytes):
        return None
    turns: list[Future[None]] = [Future() for _ in range(len(ranges) + 1)]
    turns[0].set_result(None)
    gathering = Gathering(side, ranges[-1].stop or 0)
    with ExitStack() as opened:
        reading = _Reading(path, gathering, max(sizes), opened)
        pool = ThreadPoolExecutor(threads, thread_name_prefix="scan")
        try:
            begun = [
                pool.submit(reading.read, one, *turn)
                for one, turn in zip(ranges, pairwise(turns), strict=True)
            ]
            reports = [future.result() for future in begun]
        finally:
            pool.shutdown(cancel_futures=True)
    check_unchanged(ranges[-1])
    return gathering.finish(), list(_count_lines(reports))


class _Own(local):
    """What each thread has for itself."""

    source: ByteSource | None = None
    buffer: npt.NDArray[np.uint8]
    scanner: Scanner


class _Reading:
    """Reads ranges of a dump, in any thread."""

    def __init__(self, path: str, gathering: Gathering, largest: int, opened: ExitStack) -> None:
        self._path = path
        self._gathering = gathering
        self._room = largest + SHOWN
        self._opened = opened
        self._own = _Own()

    def read(self, one: ByteRange, turn: Future[None], following: Future[None]) -> ReadReport:
        """Read a range, and write it to its place when it has its turn."""
        try:
            part = self._scan(one)
            turn.result()
            place = self._gathering.reserve(part)
        except BaseException as error:
            following.set_exception(error)  # who waits for this range fails with it
            raise
        following.set_result(None)
        return self._gathering.write(part, place)

    def _scan(self, one: ByteRange) -> Scanned:
        own = self._own
        if own.source is None:
            own.source = self._opened.enter_context(open_source(self._path, hashed=False))
            own.buffer = make_buffer(self._room)
            own.scanner = Scanner(self._path)
        size = (one.stop or 0) - one.start
        # a line that is not ended by the range is shown as it goes on
        filled = own.source.fill(own.buffer[: size + SHOWN], start=one.start)
        if filled < size:
            check_unchanged(one, one.start + filled, one.stop)
            raise DumpError(f"ends before byte {one.stop}", where=one.path, hint="read it again")
        return own.scanner.scan(own.buffer, size, filled, is_last=one.is_last)


def _count_lines(reports: Sequence[ReadReport]) -> Iterator[ReadReport]:
    """Count lines from the start of the file."""
    lines = 0
    for report in reports:
        first_bad = {key: replace(bad, line=bad.line + lines) for key, bad in report.first_bad.items()}
        yield replace(report, first_bad=first_bad) if first_bad else report
        lines += report.lines
