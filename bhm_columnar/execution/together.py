"""Several processors as one: each chunk is read once for all of them, and it is known who worked on it."""

from __future__ import annotations

import base64
import gc
import json
import os
import re
import socket
import time
import traceback
from collections.abc import Mapping
from typing import Any, Final

import awkward as ak
from coffea.processor import ProcessorABC
from hist import Hist

from ..errors import ProcessorError
from ..histograms.counts import sort_categories

__all__ = ["WORKERS", "ChunkError", "Together", "find_chunk_error", "prepare_worker"]

_CHUNK_ERROR: Final = re.compile(r"<ChunkError ([A-Za-z0-9+/=]+)>")
#: events of a chunk that is worth a search for what others have left
_LARGE: Final = 100_000
#: where chunks, events and seconds of each worker stand in the output
WORKERS: Final = "_workers"


def prepare_worker() -> None:
    """Leave what a process begins with out of its searches for garbage, which then take no time."""
    gc.collect()
    gc.freeze()


class ChunkError(ProcessorError):
    """A processor failed on a chunk.

    coffea puts the ``repr`` of what a processor raises into the text of an exception of its own, which is all that comes out
    of another process. So the ``repr`` holds everything, for `find_chunk_error`.
    """

    def __init__(self, what: str, *, traceback: str = "", **options: Any) -> None:
        super().__init__(" ".join(what.split()), **options)
        self.add_note(traceback)

    def __repr__(self) -> str:
        content = [self.what, self.where, self.hint, *self.__notes__]
        return f"<ChunkError {base64.b64encode(json.dumps(content).encode()).decode()}>"


def find_chunk_error(text: str) -> ChunkError | None:
    """Find the `ChunkError` that a text holds the ``repr`` of."""
    found = _CHUNK_ERROR.search(text)
    if found is None:
        return None
    what, where, hint, note = json.loads(base64.b64decode(found[1]))
    return ChunkError(what, where=where, hint=hint, traceback=note)


class Together(ProcessorABC):  # type: ignore[misc]
    """Several processors that see each chunk once; what each returns stands under its name."""

    def __init__(self, processors: Mapping[str, ProcessorABC]) -> None:
        self.processors = dict(processors)

    def process(self, events: ak.Array) -> dict[str, Any]:
        """Hand the chunk to each processor, and say which one could not take it."""
        start = time.perf_counter()
        if len(events) >= _LARGE:
            gc.collect()  # coffea's chunks refer to themselves: without it, those before would stay in memory
        out = {}
        for name, one in self.processors.items():
            try:
                out[name] = one.process(events)
            except Exception as error:
                chunk = getattr(events, "metadata", None) or {}
                raise ChunkError(
                    f"processor {name} failed with {type(error).__name__}: {error}",
                    where=f"{chunk.get('filename')}, events {chunk.get('entrystart')} to {chunk.get('entrystop')}",
                    hint="--debug shows where",
                    traceback="".join(traceback.format_exception(error)),
                ) from error
        spent = {"chunks": 1, "events": len(events), "seconds": time.perf_counter() - start}
        out[WORKERS] = {f"{socket.gethostname()}:{os.getpid()}": spent}
        return out

    def finish(self, merged: dict[str, Any]) -> dict[str, Any]:
        """Let each processor finish its own output, once all chunks are merged."""
        finished = {}
        for name, one in self.processors.items():
            output = one.postprocess(merged[name])
            finished[name] = _in_order(merged[name] if output is None else output)
        return finished


def _in_order(output: Any) -> Any:
    """Sort categories of all histograms, so that the result does not depend on which chunk was merged first."""
    if isinstance(output, Mapping):
        return {name: _in_order(value) for name, value in output.items()}
    return sort_categories(output) if isinstance(output, Hist) else output
