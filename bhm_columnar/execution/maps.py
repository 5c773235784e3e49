"""Where the ranges of big dumps are read: one after the other, in threads, or on a dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ..io.ranges import MapRanges, executor_map, thread_map
from .executors import Request, count_cores

__all__ = ["RangeMap", "open_map"]

_ENOUGH: Final = "one thread reads faster than files are written"


@dataclass(frozen=True)
class RangeMap:
    """A map for ranges of dumps (`None`: each dump in one piece), and why it was chosen."""

    map: MapRanges | None
    executor: str
    workers: int
    why: str

    def describe(self) -> dict[str, Any]:
        """Return the form of summaries."""
        return {"executor": self.executor, "workers": self.workers, "why": self.why}


@contextmanager
def open_map(request: Request) -> Iterator[RangeMap]:
    """Choose where dumps are read; threads live as long as the block.

    Threads share the file's pages and hand over arrays without copying, and the scanner does not hold the interpreter; so
    ``futures`` means threads here, and processes only for histograms.

    Unless they are asked for there are none: a file of events is compressed by one thread, which takes longer than to read the
    dump in another (docs/scaling.md).
    """
    if request.client is not None:
        workers = sum(request.client.nthreads().values())
        pool = request.client.get_executor(pure=False)
        yield RangeMap(executor_map(pool, 2 * workers), "dask", workers, "asked for")
        return
    request.choose(0)  # refuses dask without a cluster
    workers, why = request.workers or count_cores(), "asked for"
    if request.kind == "iterative" or request.workers == 1:
        workers = 1
    elif request.kind is None and request.workers is None:
        workers, why = 1, _ENOUGH
    if workers == 1:
        yield RangeMap(None, "iterative", 1, why)
        return
    with thread_map(workers) as mapped:
        yield RangeMap(mapped, "threads", workers, why)
