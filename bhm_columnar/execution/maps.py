"""Where the ranges of big dumps are read: one after the other, in threads, or on a dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ..io.ranges import MapRanges, executor_map, thread_map
from .executors import Request, count_cores

__all__ = ["THREADS_FROM", "RangeMap", "open_map"]

#: bytes of dumps from which a second thread is worth it; below, the file is read in one piece
THREADS_FROM: Final = 1 << 28


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
def open_map(request: Request, n_bytes: int) -> Iterator[RangeMap]:
    """Choose where dumps are read; threads live as long as the block.

    Threads share the file's pages and hand over arrays without copying, and the scanner does not hold the interpreter; so
    ``futures`` means threads here, and processes only for histograms.

    Parameters
    ----------
    n_bytes
        Size of all dumps.
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
    elif request.kind is None and request.workers is None and n_bytes < THREADS_FROM:
        workers, why = 1, f"{n_bytes / 1e6:,.0f} MB are read before threads pay off"
    elif request.kind is None and request.workers is None:
        why = f"{n_bytes / 1e6:,.0f} MB and {workers} cores"
    if workers == 1:
        yield RangeMap(None, "iterative", 1, why)
        return
    with thread_map(workers) as mapped:
        yield RangeMap(mapped, "threads", workers, why)
