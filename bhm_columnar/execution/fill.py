"""Fill histograms: hand the events to processors chunk by chunk, and check that none was missed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

import awkward as ak
import coffea.util
from coffea.processor import FuturesExecutor, IterativeExecutor, ProcessorABC, Runner
from hist import Hist

from ..detector.channels import SIDES
from ..errors import ProcessorError
from ..events.schema import BHMSchema
from ..histograms.counts import sort_categories
from ..io.assemble import FlatEvents, assemble_events
from ..io.root import TREE
from .datasets import EventsFile

__all__ = ["DEFAULT_CHUNKSIZE", "Filled", "fill_histograms"]

#: events that a processor is handed at a time
DEFAULT_CHUNKSIZE: Final = 200_000


class _Together(ProcessorABC):  # type: ignore[misc]
    """Several processors that see each chunk once; what each returns stands under its name."""

    def __init__(self, processors: Mapping[str, ProcessorABC]) -> None:
        self.processors = dict(processors)

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Hand the chunk to each processor, and say which one could not take it."""
        out = {}
        for name, one in self.processors.items():
            try:
                out[name] = one.process(events)
            except Exception as error:
                chunk = getattr(events, "metadata", None) or {}
                raise ProcessorError(
                    f"processor {name} failed with {type(error).__name__}: {error}",
                    where=f"{chunk.get('filename')}, events {chunk.get('entrystart')} to {chunk.get('entrystop')}",
                    hint="--debug shows where",
                ) from error
        return out

    def finish(self, merged: dict[str, Any]) -> dict[str, Any]:
        """Let each processor finish its own output, once all chunks are merged."""
        finished = {}
        for name, one in self.processors.items():
            output = one.postprocess(merged[name])
            finished[name] = _in_order(merged[name] if output is None else output)
        return finished


@dataclass(frozen=True)
class Filled:
    """What processors returned, by their names, and what it took."""

    output: dict[str, Any]
    events: int
    chunks: int
    seconds: float


def fill_histograms(
    files: Iterable[EventsFile],
    processors: Mapping[str, ProcessorABC],
    *,
    workers: int = 1,
    chunksize: int = DEFAULT_CHUNKSIZE,
    progress: str | None = None,
) -> Filled:
    """Run processors over files of events with coffea.

    Parameters
    ----------
    files
        From `find_events`.
    processors
        Processors by name; each chunk is read once for all of them.
    workers
        Number of processes; with one, everything happens here.
    chunksize
        Largest number of events in a chunk.
    progress
        Draw a progress bar of this name on stderr.

    Returns
    -------
    the merged outputs; histograms of all chunks, or none: a chunk that fails is an error

    Raises
    ------
    ProcessorError
        If a processor raises, or chunks are missing in the result.
    """
    files = [file for file in files if file.provenance.entries]
    start = time.perf_counter()
    together = _Together(processors)
    coffea.util.coffea_console.file = sys.stderr
    output: dict[str, Any] = {}
    chunks = 0
    for is_parquet in (False, True):
        group = [file for file in files if file.is_parquet is is_parquet]
        if not group:
            continue
        runner = Runner(
            executor=_make_executor(workers, progress=progress),
            pre_executor=IterativeExecutor(status=False),
            chunksize=chunksize,
            schema=BHMSchema,
            metadata_cache={},
            format="parquet" if is_parquet else "root",
        )
        result = _run(runner, group, together)
        chunks += len(result["processed"])
        output = coffea.processor.accumulate([result["out"]], output or None)
    output = together.finish(output or _empty_output(together))
    return Filled(output, sum(file.provenance.entries for file in files), chunks, time.perf_counter() - start)


def _in_order(output: Any) -> Any:
    """Sort categories of all histograms, so that the result does not depend on which chunk was merged first."""
    if isinstance(output, Mapping):
        return {name: _in_order(value) for name, value in output.items()}
    return sort_categories(output) if isinstance(output, Hist) else output


def _make_executor(workers: int, *, progress: str | None) -> IterativeExecutor | FuturesExecutor:
    options = {"status": progress is not None, "desc": progress or "", "retries": 0}
    return IterativeExecutor(**options) if workers == 1 else FuturesExecutor(workers=workers, **options)


def _run(runner: Runner, files: list[EventsFile], processor: ProcessorABC) -> dict[str, Any]:
    fileset: dict[str, dict[str, Any]] = {}
    for file in files:
        dataset = fileset.setdefault(file.provenance.side.name, {"files": {}})
        dataset["files"][file.path] = TREE
    coffea.util.coffea_console.quiet = True
    planned = list(runner.preprocess(fileset))
    coffea.util.coffea_console.quiet = not runner.executor.status
    try:
        with redirect_stderr(StringIO()):  # the futures executor prints every traceback that it also raises
            result: dict[str, Any] = runner.run(planned, processor)
    except Exception as error:
        if isinstance(error.__cause__, ProcessorError):
            raise error.__cause__ from error
        _, _, text = str(error).rpartition("The error was: ")
        raise ProcessorError(text.strip(), hint="--debug shows where") from error
    missing = set(planned) - result["processed"]
    if missing or sum(len(item) for item in planned) != sum(file.provenance.entries for file in files):
        first = min(missing, key=lambda item: (item.filename, item.entrystart)) if missing else "none"
        raise ProcessorError(
            f"{len(missing)} of {len(planned)} chunks are missing in the result, the first is {first}",
            hint="run it again",
        )
    return result


def _empty_output(processor: ProcessorABC) -> dict[str, Any]:
    """What processors return for no events at all."""
    return dict(processor.process(assemble_events(FlatEvents.empty(), SIDES[0])))
