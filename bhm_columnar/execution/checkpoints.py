"""Chunks that were worked on already, kept on disk, so that a job that was killed goes on where it was."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from coffea.processor import ProcessorABC, SimpleCheckpointer

from .datasets import EventsFile

__all__ = ["count_done", "fingerprint", "open_checkpoints"]

#: versions of these change what a chunk gives, or how it is kept
_PACKAGES = ("coffea", "awkward", "hist", "numpy")


def fingerprint(processors: Mapping[str, ProcessorABC], files: Iterable[EventsFile]) -> str:
    """Name everything that the output of a chunk depends on: code, calibration, cuts, runs and inputs.

    Code is that of this package and of the modules of the processors; the rest is in the processors and in the provenance of the
    files of events, which has the checksums of the dumps.
    """
    digest = hashlib.sha256()
    for name in _PACKAGES:
        digest.update(f"{name} {version(name)} {sys.version_info[:2]}\n".encode())
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    sources += sorted({Path(inspect.getfile(type(one))) for one in processors.values()})
    for path in sources:
        digest.update(path.read_bytes())
    for name, one in processors.items():
        digest.update(f"{name} {type(one).__qualname__} {_describe(vars(one))}".encode())
    for file in files:
        digest.update(f"{Path(file.path).name} {file.provenance.to_json()}".encode())
    return digest.hexdigest()[:24]


def _describe(value: Any) -> str:
    """Write down what an object is made of; pickles of equal objects may differ between processes."""
    if isinstance(value, np.ndarray):
        return (
            f"{value.dtype}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        )
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_describe(one)}' for key, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_describe, value))}]"
    if isinstance(value, str | bytes | int | float | bool | Path | np.generic | None):
        return repr(value)
    state = getattr(value, "__dict__", None)
    about = f"{type(value).__module__}.{type(value).__qualname__}"
    return about + (
        _describe(state) if state is not None else hashlib.sha256(cloudpickle.dumps(value)).hexdigest()
    )


def open_checkpoints(
    folder: str | Path, processors: Mapping[str, ProcessorABC], files: Iterable[EventsFile]
) -> SimpleCheckpointer:
    """Keep the output of chunks in a folder, under the `fingerprint` of the job: what others left there is not used."""
    return SimpleCheckpointer(str(Path(folder) / "chunks" / fingerprint(processors, files)))


def count_done(checkpointer: SimpleCheckpointer, planned: Iterable[Any]) -> int:
    """Count the chunks whose output is kept already."""
    import uuid  # noqa: PLC0415

    done = 0
    for item in planned:
        about = {
            "dataset": item.dataset,
            "treename": item.treename,
            "entrystart": item.entrystart,
            "entrystop": item.entrystop,
            "fileuuid": str(uuid.UUID(bytes=item.fileuuid)) if item.fileuuid else "",
        }
        done += Path(checkpointer.filepath(about, None)).exists()
    return done
