"""Read dumps one after another: in one go, or in ranges that a map reads several at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from threading import Event
from typing import Final, Self

import numpy as np

from ..detector.channels import Side
from ..errors import DatasetError, DumpError
from .dump import DEFAULT_CHUNK, Piece, iterate_source
from .provenance import InputFile
from .ranges import (
    DEFAULT_RANGE,
    ByteRange,
    MapRanges,
    RangeRead,
    check_unchanged,
    join_ranges,
    read_range,
    split_dump,
)
from .source import OnBytes, open_source
from .urls import can_split

__all__ = ["Reader", "open_reader"]

#: yields the pieces of a dump, and adds what it read them from to a list
Reader = Callable[[str, Side, list[InputFile]], Iterator[Piece]]
#: bytes of the largest compressed or ``.uhtr`` file that is held in memory as a whole
_MAX_UNSPLIT: Final = 1 << 23


def stream_dump(
    path: str,
    side: Side,
    inputs: list[InputFile],
    *,
    chunk_bytes: int = DEFAULT_CHUNK,
    on_bytes: OnBytes | None = None,
) -> Iterator[Piece]:
    """Read a dump from its beginning to its end, in bounded memory."""
    with open_source(path, on_bytes) as source:
        yield from iterate_source(source, side, chunk_bytes=chunk_bytes)
        inputs.append(InputFile(path, source.size, source.sha256))


@contextmanager
def open_reader(
    dumps: Iterable[tuple[str, Side]],
    map_ranges: MapRanges | None = None,
    *,
    range_bytes: int = DEFAULT_RANGE,
    chunk_bytes: int = DEFAULT_CHUNK,
    on_bytes: OnBytes | None = None,
) -> Iterator[Reader]:
    """Make what reads dumps, one by one in the order given: without a map, each from its beginning to its end.

    A map reads ranges, and works ahead across files. Meanwhile a thread here takes the checksums of files that are cut. Errors
    come when their file is due.
    """
    if map_ranges is None:
        yield partial(stream_dump, chunk_bytes=chunk_bytes, on_bytes=on_bytes)
        return
    with _Checksums() as checksums:
        task = partial(_read_task, chunk_bytes=chunk_bytes)
        results = iter(map_ranges(task, _plan(dumps, range_bytes, checksums)))

        def read(path: str, side: Side, inputs: list[InputFile]) -> Iterator[Piece]:
            reads = _count_bytes(results, on_bytes)
            first = next(reads, None)
            if first is not None and first.pieces is None:
                yield from stream_dump(path, side, inputs, chunk_bytes=chunk_bytes, on_bytes=on_bytes)
                check_unchanged(first.range)
                return
            last = yield from join_ranges(chain([] if first is None else [first], reads), path)
            given = last.input or checksums.next()
            check_unchanged(last.range, None if last.input else given.bytes)
            inputs.append(given)

        yield read


def _plan(
    dumps: Iterable[tuple[str, Side]], range_bytes: int, checksums: _Checksums
) -> Iterator[tuple[ByteRange, Side]]:
    for path, side in dumps:
        try:
            ranges = split_dump(path, range_bytes=range_bytes)
        except (DumpError, DatasetError):
            ranges = [ByteRange(path, 0, None, is_last=True)]  # fails when it is read, in its turn
        if len(ranges) > 1:
            checksums.begin(path)
        for one in ranges:
            yield one, side


def _read_task(task: tuple[ByteRange, Side], *, chunk_bytes: int) -> RangeRead:
    one, side = task
    if one.is_whole and one.stamp is not None and (one.stop is None or _is_too_large(one)):
        return RangeRead(one, None)
    return read_range(one, side, chunk_bytes=chunk_bytes)


def _is_too_large(one: ByteRange) -> bool:
    return (one.stop or 0) > _MAX_UNSPLIT and not can_split(one.path)


def _count_bytes(reads: Iterator[RangeRead], on_bytes: OnBytes | None) -> Iterator[RangeRead]:
    for read in reads:
        if on_bytes is not None and read.pieces is not None:
            on_bytes(read.input.bytes if read.input else (read.range.stop or 0) - read.range.start)
        yield read


class _Checksums:
    """Sizes and checksums of files, taken one after another by a thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checksum")
        self._stop = Event()
        self._begun: deque[Future[InputFile]] = deque()

    def begin(self, path: str) -> None:
        self._begun.append(self._pool.submit(self._take, path))

    def next(self) -> InputFile:
        """Wait for the file that was begun first."""
        return self._begun.popleft().result()

    def _take(self, path: str) -> InputFile:
        buffer = np.empty(1 << 22, dtype=np.uint8)
        with open_source(path) as source:
            while not self._stop.is_set() and source.fill(buffer):
                pass
            return InputFile(path, source.size, source.sha256)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)
