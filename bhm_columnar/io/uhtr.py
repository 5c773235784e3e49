"""The binary ``.uhtr`` format, version 1, of the earlier program.

Big endian: one byte 1, the number of hits N in 4 bytes, then the arrays one after another. A hit is a pulse with one or
two TDC codes; pulses without a code or with more were not kept, and events without hits are not there either.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import FIBRES, N_CABLES
from ..detector.lhc import N_BX
from ..detector.qie import N_SAMPLES, N_TDC
from ..errors import DumpError
from .assemble import FlatEvents
from .atomic import atomic_file
from .source import ByteSource

__all__ = ["VERSION", "save_uhtr", "scan_uhtr"]

VERSION: Final = 1
#: the arrays in the order of the file: name, type, values per hit
_LAYOUT: Final = (
    ("event", ">u4", 1),
    ("tdc", ">u1", 1),
    ("tdc2", ">i1", 1),
    ("bx", ">u2", 1),
    ("samples", ">u1", N_SAMPLES),
    ("input", ">u1", 2),
    ("orbit", ">u8", 1),
    ("run", ">u4", 1),
)
HIT_BYTES: Final = sum(np.dtype(dtype).itemsize * per_hit for _, dtype, per_hit in _LAYOUT)
_HEADER_BYTES: Final = 5
_PIECE: Final = 1 << 24


def scan_uhtr(source: ByteSource) -> FlatEvents:
    """Read a whole ``.uhtr`` file; hits that follow one another with the same header make an event.

    Raises
    ------
    DumpError
        If it is of another version, shorter or longer than it says, or holds values that no board writes.
    """
    header = np.empty(_HEADER_BYTES, dtype=np.uint8)
    if source.fill(header) < _HEADER_BYTES:
        raise DumpError("is shorter than a .uhtr header of 5 bytes", where=source.path, hint="copy it again")
    if header[0] != VERSION:
        raise DumpError(
            f"says .uhtr version {header[0]}, only version 1 is known",
            where=source.path,
            hint="is it a .uhtr file?",
        )
    n_hits = int.from_bytes(header[1:].tobytes(), "big")
    content = _read_all(source, n_hits * HIT_BYTES)
    columns = {}
    position = 0
    for name, dtype, per_hit in _LAYOUT:
        size = np.dtype(dtype).itemsize * per_hit * n_hits
        columns[name] = content[position : position + size].view(dtype)
        position += size
    _check_values(columns, source.path)
    return _group_hits(columns)


def _read_all(source: ByteSource, expected: int) -> npt.NDArray[np.uint8]:
    """Read what follows the header, piece by piece, so that a wrong count allocates nothing."""
    pieces = []
    total = 0
    for piece in _pieces(source):
        pieces.append(piece)
        total += len(piece)
        if total > expected:
            break
    if total != expected:
        relation = "longer" if total > expected else "shorter"
        raise DumpError(
            f"is {relation} than the {expected // HIT_BYTES} hits it announces ({expected + _HEADER_BYTES} bytes)",
            where=source.path,
            hint="copy it again, or convert the text dump",
        )
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.uint8)


def _pieces(source: ByteSource) -> Iterator[npt.NDArray[np.uint8]]:
    while True:
        piece = np.empty(_PIECE, dtype=np.uint8)
        n = source.fill(piece)
        if n:
            yield piece[:n]
        if n < _PIECE:
            return


def _check_values(columns: dict[str, npt.NDArray[np.integer]], path: str) -> None:
    inputs = columns["input"].reshape(-1, 2)
    limits = {
        "BX": columns["bx"] < N_BX,
        "TDC code": columns["tdc"] < N_TDC,
        "second TDC code": (columns["tdc2"] >= -1) & (columns["tdc2"] < N_TDC),
        "fibre": (inputs[:, 0] >= FIBRES.start) & (inputs[:, 0] < FIBRES.stop),
        "cable": inputs[:, 1] < N_CABLES,
        "run": columns["run"] < 2**31,
        "orbit": columns["orbit"] < 2**63,
    }
    for name, is_good in limits.items():
        if not np.all(is_good):
            hit = int(np.argmin(is_good))
            raise DumpError(f"{name} of hit {hit} is out of range", where=path, hint="the file is damaged")


def _group_hits(columns: dict[str, npt.NDArray[np.integer]]) -> FlatEvents:
    n_hits = len(columns["event"])
    header = [columns[name].astype(np.int64) for name in ("event", "bx", "orbit", "run")]
    starts = np.zeros(n_hits, dtype=bool)
    starts[:1] = True
    for column in header:
        starts[1:] |= column[1:] != column[:-1]
    first = np.flatnonzero(starts)
    codes = np.stack([columns["tdc"].astype(np.int16), columns["tdc2"].astype(np.int16)], axis=1)
    is_code = codes >= 0
    inputs = columns["input"].reshape(-1, 2).astype(np.int16)
    event, bx, orbit, run = (column[first] for column in header)
    return FlatEvents(
        event=event,
        bx=bx.astype(np.int16),
        orbit=orbit,
        run=run.astype(np.int32),
        pulse_offsets=np.append(first, n_hits).astype(np.int64),
        fibre=np.ascontiguousarray(inputs[:, 0]),
        cable=np.ascontiguousarray(inputs[:, 1]),
        samples=columns["samples"].reshape(-1, N_SAMPLES).astype(np.uint8),
        code_offsets=np.concatenate([[0], np.cumsum(is_code.sum(axis=1))]).astype(np.int64),
        codes=codes[is_code].astype(np.uint8),
    )


def save_uhtr(pieces: Iterable[ak.Array], target: str | Path, *, overwrite: bool = False) -> int:
    """Write a ``.uhtr`` file, as the earlier program does; pulses with no TDC code or more than two are left out.

    Parameters
    ----------
    pieces
        Events of one dump, piece by piece, with orbits as they were written. Memory does not grow with their number.
    target
        The file; it appears when it is complete.

    Returns
    -------
    number of hits

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with atomic_file(target, overwrite=overwrite) as partial, ExitStack() as stack:
        arrays = {name: stack.enter_context(TemporaryFile(dir=partial.parent)) for name, _, _ in _LAYOUT}
        n_hits = 0
        for events in pieces:
            hits = _hits_of(events)
            n_hits += len(hits["event"])
            for name, dtype, _ in _LAYOUT:
                arrays[name].write(np.ascontiguousarray(hits[name]).astype(dtype).tobytes())
        with partial.open("wb") as file:
            file.write(bytes([VERSION]) + n_hits.to_bytes(_HEADER_BYTES - 1, "big"))
            for array in arrays.values():
                array.seek(0)
                shutil.copyfileobj(array, file)
    return n_hits


def _hits_of(events: ak.Array) -> dict[str, npt.NDArray[np.integer]]:
    pulses = ak.flatten(events["Pulse"])
    n_codes = ak.to_numpy(pulses["nTdc"])
    is_hit = (n_codes == 1) | (n_codes == 2)
    columns = {
        name: ak.to_numpy(pulses[name])[is_hit] for name in ("tdc", "tdc2", "samples", "fibre", "cable")
    }
    columns["input"] = np.stack([columns.pop("fibre"), columns.pop("cable")], axis=1)
    counts = ak.to_numpy(ak.num(events["Pulse"]["nTdc"]))
    for name in ("event", "bx", "orbit", "run"):
        columns[name] = np.repeat(ak.to_numpy(events[name]), counts)[is_hit]
    return columns
