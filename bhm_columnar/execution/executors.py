"""Where a job runs: in this process, in several on this machine, or on a dask cluster; and what its failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ..errors import ProcessorError, SelectionError

if TYPE_CHECKING:
    from coffea.processor.executor import ExecutorBase

__all__ = [
    "ANYWHERE",
    "DEFAULT_CHUNKSIZE",
    "EXECUTORS",
    "FUTURES_FROM",
    "ITERATIVE",
    "Execution",
    "Request",
    "choose_execution",
    "count_cores",
    "explain_failure",
    "open_executor",
]

Kind = Literal["iterative", "futures", "dask"]
EXECUTORS: Final = ("iterative", "futures", "dask")
#: events that a processor is handed at a time: more are hardly faster, and take more memory (docs/scaling.md)
DEFAULT_CHUNKSIZE: Final = 500_000
#: events from which two processes on free cores are faster than one although both have to start (docs/scaling.md)
FUTURES_FROM: Final = 10_000_000
#: how coffea writes a chunk
_CHUNK: Final = re.compile(r"filename='([^']+)'.*?entrystart=(\d+), entrystop=(\d+)", re.DOTALL)
#: errors of executors by the name of their class, since dask need not be installed: what they mean
_FAILURES: Final = {
    "TerminatedWorkerError": "a worker process died (killed, or out of memory)",
    "BrokenProcessPool": "a worker process died (killed, or out of memory)",
    "BrokenProcessPoolError": "a worker process died (killed, or out of memory)",
    "KilledWorker": "a chunk was tried on several dask workers, and all of them died (killed, or out of memory)",
    "CommClosedError": "the connection to the dask scheduler was lost",
    "CancelledError": "the dask scheduler lost the job",
    "FutureCancelledError": "the dask scheduler lost the job",
    "FuturesCancelledError": "the dask scheduler lost the job",
    "TimeoutError": "the dask scheduler does not answer",
}


@dataclass(frozen=True)
class Execution:
    """How chunks are worked on.

    Parameters
    ----------
    kind
        ``iterative`` (here, one after the other), ``futures`` (in processes of this machine), or ``dask``.
    workers
        Number of processes of ``futures``.
    client
        A `distributed.Client` for ``dask``.
    why
        Why this was chosen, for people.
    """

    kind: Kind = "iterative"
    workers: int = 1
    client: Any = None
    why: str = ""

    def __post_init__(self) -> None:
        if self.kind not in EXECUTORS:
            raise SelectionError(
                f"no executor is called {self.kind!r}", hint=f"executors are {', '.join(EXECUTORS)}"
            )
        if self.workers < 1:
            raise SelectionError(f"{self.workers} workers", hint="give at least one")
        if (self.kind == "dask") is (self.client is None):
            raise SelectionError(
                "dask and a client belong together", hint='say Execution("dask", client=...)'
            )

    def describe(self) -> dict[str, Any]:
        """Return the form of summaries."""
        workers = (
            self.workers if self.client is None else len(self.client.scheduler_info(n_workers=-1)["workers"])
        )
        return {"executor": self.kind, "workers": workers, "why": self.why}


ITERATIVE: Final = Execution()


def count_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_execution(kind: Kind | None, workers: int | None, events: int, *, busy: int = 0) -> Execution:
    """Choose an executor on this machine, from what was asked for and how much there is to do.

    Parameters
    ----------
    kind, workers
        What was asked for; `None` if that is left open.
    events
        Number of events.
    busy
        Cores that do something else meanwhile.
    """
    cores = count_cores()
    if kind == "futures":
        return Execution("futures", workers or cores, why="asked for")
    if kind == "iterative":
        return Execution(why="asked for")
    if workers is not None:
        return Execution(
            "futures" if workers > 1 else "iterative", workers, why=f"{workers} worker(s) asked for"
        )
    if events < FUTURES_FROM:
        return Execution(why=f"{events:,} events are done before other processes have started")
    free = cores - busy
    if free <= 1:
        return Execution(why="there is one core" if cores == 1 else "there is one free core")
    return Execution("futures", free, why=f"{events:,} events and {free} free cores")


@dataclass(frozen=True)
class Request:
    """What people ask for, before it is known how much there is to do.

    Parameters
    ----------
    kind, workers
        As for `choose_execution`; `None` is left open.
    client
        A `distributed.Client`, which decides for ``dask``.
    """

    kind: Kind | None = None
    workers: int | None = None
    client: Any = None

    def choose(self, events: int, *, busy: int = 0) -> Execution:
        """Choose for so many events, while so many cores do something else."""
        if self.client is not None:
            return Execution("dask", client=self.client, why="asked for")
        if self.kind == "dask":
            raise SelectionError(
                "dask needs a cluster", hint="give --scheduler tcp://HOST:PORT or --cluster local"
            )
        return choose_execution(self.kind, self.workers, events, busy=busy)


#: nothing was asked for
ANYWHERE: Final = Request()


@contextmanager
def open_executor(execution: Execution, *, progress: str | None) -> Iterator[ExecutorBase]:
    """Make coffea's executor; processes of ``futures`` live as long as the block.

    A chunk whose processor raises is not tried again: it would raise again. Chunks of a dask worker that died are.

    Parameters
    ----------
    progress
        Draw a progress bar of this name on stderr.
    """
    from coffea.processor import DaskExecutor, FuturesExecutor, IterativeExecutor  # noqa: PLC0415

    options: dict[str, Any] = {"status": progress is not None, "desc": progress or "", "retries": 0}
    if execution.kind == "iterative":
        yield IterativeExecutor(**options)
    elif execution.kind == "dask":
        yield DaskExecutor(client=execution.client, **options)
    else:
        import loky  # noqa: PLC0415

        from .together import prepare_worker  # noqa: PLC0415  (imports coffea)

        with loky.ProcessPoolExecutor(max_workers=execution.workers, initializer=prepare_worker) as pool:
            yield FuturesExecutor(pool=pool, workers=execution.workers, **options)


def explain_failure(error: BaseException, *, chunks: int = 0) -> ProcessorError:
    """Say in one line why the chunks could not be worked on, and where.

    Parameters
    ----------
    chunks
        How many there are, none of which is used.
    """
    lost = f"; none of the {chunks} chunks is used" if chunks else ""
    from .together import find_chunk_error  # noqa: PLC0415  (imports coffea)

    chain = list(_causes(error))
    for one in chain:
        if found := find_chunk_error(str(one)):
            return found
        if isinstance(one, ProcessorError):
            return one
    for one in chain:
        meaning = _FAILURES.get("KilledWorker" if "KilledWorker" in str(one) else type(one).__name__)
        if meaning:
            where = _find_chunk(chain)
            return ProcessorError(meaning + lost, where=where, hint="run it again, or with --resume")
    _, _, text = str(error).rpartition("The error was: ")
    said = " ".join((text or repr(error)).split()).rstrip(".")
    return ProcessorError(
        f"cannot be read ({said})" + lost, where=_find_chunk(chain), hint="--debug shows where"
    )


def _find_chunk(chain: Iterable[BaseException]) -> str | None:
    """The chunk that coffea names in its errors."""
    for one in chain:
        if found := _CHUNK.search(str(one)):
            return f"{found[1]}, events {found[2]} to {found[3]}"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
