"""Fill histograms: hand the events to processors chunk by chunk, and check that none was missed."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final

import coffea.processor
import coffea.util
from coffea.processor import IterativeExecutor, ProcessorABC, Runner

from ..detector.channels import SIDES
from ..errors import ProcessorError
from ..events.schema import BHMSchema
from ..io.assemble import FlatEvents, assemble_events
from ..io.convert import read_provenance
from ..io.root import TREE
from .checkpoints import count_done, open_checkpoints
from .datasets import EventsFile
from .executors import DEFAULT_CHUNKSIZE, ITERATIVE, Execution, explain_failure, open_executor
from .together import WORKERS, Together

__all__ = ["Filled", "fill_histograms"]

#: parts that a job is divided into where progress is reported in lines
_PARTS: Final = 10

#: called with the number of events done since the last call
OnPart = Callable[[int], None]


@dataclass(frozen=True)
class Filled:
    """What processors returned, by their names, and what it took.

    Parameters
    ----------
    resumed
        Chunks whose output was kept from a job that had been stopped.
    bytes
        Bytes read, as far as that is known: not for Parquet.
    workers
        Chunks, events and seconds of each worker process.
    """

    output: dict[str, Any]
    events: int
    chunks: int
    seconds: float
    resumed: int = 0
    bytes: int = 0
    workers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the form of summaries."""
        return {
            "events": self.events,
            "chunks": self.chunks,
            "resumed_chunks": self.resumed,
            "bytes_read": self.bytes,
            "seconds": round(self.seconds, 3),
            "events_per_s": round(self.events / self.seconds) if self.seconds > 0 else None,
            "workers": {
                name: {key: round(value, 3) for key, value in spent.items()}
                for name, spent in self.workers.items()
            },
        }


def fill_histograms(
    files: Iterable[EventsFile],
    processors: Mapping[str, ProcessorABC],
    *,
    execution: Execution = ITERATIVE,
    chunksize: int = DEFAULT_CHUNKSIZE,
    resume: str | Path | None = None,
    progress: str | None = None,
    on_part: OnPart | None = None,
) -> Filled:
    """Run processors over files of events with coffea.

    Parameters
    ----------
    files
        From `find_events`.
    processors
        Processors by name; each chunk is read once for all of them.
    execution
        Where to run; here, one chunk after the other, by default.
    chunksize
        Largest number of events in a chunk.
    resume
        Folder to keep the output of each chunk in; what is there from the same job is not done again.
    progress
        Draw a progress bar of this name on stderr.
    on_part
        Called when a tenth of the chunks is done.

    Returns
    -------
    the merged outputs; histograms of all chunks, or none: a chunk that fails is an error

    Raises
    ------
    ProcessorError
        If a processor raises, a worker or a scheduler dies, a file changes meanwhile, or chunks are missing in the
        result.
    """
    files = [file for file in files if file.provenance.entries]
    start = time.perf_counter()
    together = Together(processors)
    coffea.util.coffea_console.file = sys.stderr
    checkpointer = None if resume is None else open_checkpoints(resume, processors, files)
    whole: dict[str, Any] = {}
    chunks = resumed = 0
    with _little_to_collect(), open_executor(execution, progress=progress) as executor:
        for is_parquet in (False, True):
            group = [file for file in files if file.is_parquet is is_parquet]
            if not group:
                continue
            runner = Runner(
                executor=executor,
                pre_executor=IterativeExecutor(status=False),
                chunksize=chunksize,
                schema=BHMSchema,
                metadata_cache={},
                savemetrics=True,
                checkpointer=checkpointer,
                format="parquet" if is_parquet else "root",
            )
            planned = _plan(runner, group)
            resumed += 0 if checkpointer is None else count_done(checkpointer, planned)
            result = _run(runner, planned, together, on_part)
            chunks += len(planned)
            whole = coffea.processor.accumulate([result], whole or None)
    _check_files(files)
    output = whole.get("out") or _empty_output(together)
    return Filled(
        together.finish(output),
        events=sum(file.provenance.entries for file in files),
        chunks=chunks,
        seconds=time.perf_counter() - start,
        resumed=resumed,
        bytes=int(whole.get("metrics", {}).get("bytesread", 0)),
        workers=output.get(WORKERS, {}) if whole else {},
    )


@contextmanager
def _little_to_collect() -> Iterator[None]:
    """Leave what is there already out of the search for garbage, which is done before every chunk."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _plan(runner: Runner, files: Sequence[EventsFile]) -> list[Any]:
    """Divide files into chunks, and check that these are all of their events."""
    fileset: dict[str, dict[str, Any]] = {}
    for file in files:
        dataset = fileset.setdefault(file.provenance.side.name, {"files": {}})
        dataset["files"][file.path] = TREE
    coffea.util.coffea_console.quiet = True
    try:
        planned = list(runner.preprocess(fileset))
    except Exception as error:
        raise explain_failure(error) from error
    expected = sum(file.provenance.entries for file in files)
    if (found := sum(len(item) for item in planned)) != expected:
        raise ProcessorError(
            f"the files hold {found} events, not {expected} as when they were opened", hint="run it again"
        )
    return planned


def _run(
    runner: Runner, planned: list[Any], processor: ProcessorABC, on_part: OnPart | None
) -> dict[str, Any]:
    """Work on all chunks, and check that all came back."""
    coffea.util.coffea_console.quiet = not runner.executor.status
    size = len(planned) if on_part is None else max(1, -(-len(planned) // _PARTS))
    whole: dict[str, Any] = {}
    for first in range(0, len(planned), size):
        part = planned[first : first + size]
        try:
            with redirect_stderr(
                StringIO()
            ):  # the futures executor prints every traceback that it also raises
                result = runner.run(part, processor)
        except Exception as error:
            raise explain_failure(error, chunks=len(planned)) from error
        whole = coffea.processor.accumulate([result], whole or None)
        if on_part is not None:
            on_part(sum(len(item) for item in part))
    missing = set(planned) - whole["processed"]
    if missing:
        first_one = min(missing, key=lambda item: (item.filename, item.entrystart))
        raise ProcessorError(
            f"{len(missing)} of {len(planned)} chunks are missing in the result, the first is events "
            f"{first_one.entrystart} to {first_one.entrystop}",
            where=first_one.filename,
            hint="run it again",
        )
    return whole


def _check_files(files: Iterable[EventsFile]) -> None:
    """Look at the files once more: one that was changed meanwhile may have been read half old, half new."""
    for file in files:
        if read_provenance(file.path) != file.provenance:
            raise ProcessorError("was changed while it was read", where=file.path, hint="run it again")


def _empty_output(processor: ProcessorABC) -> dict[str, Any]:
    """What processors return for no events at all."""
    return dict(processor.process(assemble_events(FlatEvents.empty(), SIDES[0])))
