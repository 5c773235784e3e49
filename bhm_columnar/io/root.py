"""Events in ROOT files: a TTree that opens in any ROOT, or an RNTuple."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import awkward as ak
import uproot

from ..errors import EventsFileError
from ..events.columns import CODES, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS, SAMPLES
from .provenance import PROVENANCE_KEY, Provenance

__all__ = ["TREE", "RNTupleWriter", "TTreeWriter", "read_root_branches", "read_root_provenance"]

#: name of the tree
TREE: Final = "Events"
#: ZSTD 1 is both faster and smaller than higher levels on these columns
_COMPRESSION: Final = uproot.ZSTD(1)
_NOT_OURS: Final = "convert the dumps with `bhm convert`"


class TTreeWriter:
    """Write events as a TTree: scalars, ``nPulse`` with ``Pulse_*``, and the flat lists of samples and TDC codes."""

    def __init__(self, path: Path) -> None:
        self._file = uproot.recreate(path, compression=_COMPRESSION)
        types: dict[str, Any] = {column.branch: column.dtype for column in EVENT_COLUMNS}
        # as types, for the parser of texts such as "var * int16" takes as long as a piece of events
        fields = [ak.types.NumpyType(column.dtype) for column in PULSE_COLUMNS]
        pulse = ak.types.RecordType(fields, [column.name for column in PULSE_COLUMNS])
        types["Pulse"] = ak.types.ListType(pulse)
        for column in (SAMPLES, CODES):
            types[column.branch] = ak.types.ListType(ak.types.NumpyType(column.dtype))
        self._tree = self._file.mktree(TREE, types, title="BHM events")

    def extend(self, branches: Mapping[str, Any]) -> None:
        """Append events given as the branches of `events_to_branches`."""
        tree = {column.branch: branches[column.branch] for column in EVENT_COLUMNS}
        tree["Pulse"] = ak.zip({column.name: branches[column.branch] for column in PULSE_COLUMNS})
        for column in (SAMPLES, CODES):
            tree[column.branch] = branches[column.branch]
        self._tree.extend(tree)

    def finish(self, provenance: Provenance) -> None:
        """Store the provenance; nothing may follow."""
        self._file[PROVENANCE_KEY] = provenance.to_json()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


class RNTupleWriter(TTreeWriter):
    """Write events as an RNTuple with the same fields, smaller than a TTree; files of it cannot be merged by hadd."""

    def __init__(self, path: Path) -> None:
        self._file = uproot.recreate(path, compression=_COMPRESSION)
        types: dict[str, Any] = {column.branch: ak.types.NumpyType(column.dtype) for column in EVENT_COLUMNS}
        types[N_PULSE] = ak.types.NumpyType("int32")
        for column in (*PULSE_COLUMNS, SAMPLES, CODES):
            types[column.branch] = ak.types.ListType(ak.types.NumpyType(column.dtype))
        form = ak.forms.from_type(ak.types.RecordType(list(types.values()), list(types)))
        self._tree = self._file.mkrntuple(TREE, form, description="BHM events")

    def extend(self, branches: Mapping[str, Any]) -> None:
        """Append events given as the branches of `events_to_branches`."""
        self._tree.extend(ak.zip(dict(branches), depth_limit=1))


def read_root_provenance(path: str | Path) -> Provenance:
    """Open a file, read its provenance, and check that it holds the events it should.

    Raises
    ------
    EventsFileError
        If it is no file of ours or not complete.
    """
    with _open(path) as file:
        if TREE not in file or PROVENANCE_KEY not in file:
            raise EventsFileError("holds no BHM events with provenance", where=path, hint=_NOT_OURS)
        if file.file.source.num_bytes < file.file.fEND:
            raise EventsFileError(
                f"is shorter than the {file.file.fEND} bytes it should have", where=path, hint="copy it again"
            )
        provenance = Provenance.from_json(str(file[PROVENANCE_KEY]), path)
        provenance.check_entries(file[TREE].num_entries, path)
    return provenance


def read_root_branches(path: str | Path) -> dict[str, Any]:
    """Read every branch of `events.columns` into memory.

    Raises
    ------
    EventsFileError
        If the file is damaged.
    """
    names = [column.branch for column in (*EVENT_COLUMNS, *PULSE_COLUMNS, SAMPLES, CODES)]
    with _open(path) as file:
        arrays = file[TREE].arrays(names)
    return {name: arrays[name] for name in names}


@contextmanager
def _open(path: str | Path) -> Iterator[Any]:
    """Open a ROOT file; a damaged one can fail in many ways, here and wherever it is read."""
    try:
        with uproot.open(path) as file:
            yield file
    except EventsFileError:
        raise
    except Exception as error:
        why = str(error).split("\n", maxsplit=1)[0]
        raise EventsFileError(f"cannot be read as a ROOT file ({why})", where=path, hint=_NOT_OURS) from error
