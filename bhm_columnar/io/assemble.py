"""Flat arrays of the scanner into events, and back into the flat columns of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import Side
from ..detector.qie import N_SAMPLES
from ..events.behaviors import BEHAVIOR
from ..events.columns import CODES, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS, SAMPLES
from ..events.derived import derive_columns

__all__ = ["FlatEvents", "assemble_events", "branches_to_events", "events_to_branches", "join_flat"]


@dataclass(frozen=True)
class FlatEvents:
    """What a dump holds, as flat arrays: n events, m pulses, k TDC codes.

    Pulses of event i are rows ``pulse_offsets[i]`` to ``pulse_offsets[i + 1]``, codes of pulse j likewise.
    """

    event: npt.NDArray[np.int64]
    bx: npt.NDArray[np.int16]
    orbit: npt.NDArray[np.int64]
    run: npt.NDArray[np.int32]
    pulse_offsets: npt.NDArray[np.int64]
    fibre: npt.NDArray[np.int16]
    cable: npt.NDArray[np.int16]
    samples: npt.NDArray[np.uint8]
    code_offsets: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls) -> FlatEvents:
        """Make one that holds no events."""
        return cls(
            event=np.empty(0, dtype=np.int64),
            bx=np.empty(0, dtype=np.int16),
            orbit=np.empty(0, dtype=np.int64),
            run=np.empty(0, dtype=np.int32),
            pulse_offsets=np.zeros(1, dtype=np.int64),
            fibre=np.empty(0, dtype=np.int16),
            cable=np.empty(0, dtype=np.int16),
            samples=np.empty((0, N_SAMPLES), dtype=np.uint8),
            code_offsets=np.zeros(1, dtype=np.int64),
            codes=np.empty(0, dtype=np.uint8),
        )


def join_flat(parts: Sequence[FlatEvents]) -> FlatEvents:
    """Join flat arrays of pieces that follow one another; at least one."""
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("event", "bx", "orbit", "run", "fibre", "cable", "samples", "codes")
    }
    for name in ("pulse_offsets", "code_offsets"):
        columns[name] = _join_offsets([getattr(part, name) for part in parts])
    return FlatEvents(**columns)


def _join_offsets(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    bases = np.cumsum([part[-1] for part in parts[:-1]])
    shifted = (part[1:] + base for part, base in zip(parts[1:], bases, strict=True))
    return np.concatenate([parts[0], *shifted])


def assemble_events(flat: FlatEvents, side: Side) -> ak.Array:
    """Make event records, with every column of `events.columns`, from flat arrays.

    Returns
    -------
    array of n events: scalars, and ``Pulse``, a list of records
    """
    columns: dict[str, Any] = {
        "fibre": flat.fibre,
        "cable": flat.cable,
        **derive_columns(flat.fibre, flat.cable, flat.samples, flat.code_offsets, flat.codes, side),
    }
    scalars = {
        "run": flat.run,
        "event": flat.event,
        "orbit": flat.orbit,
        "bx": flat.bx,
        "uhtr": np.full(len(flat.event), side.uhtr, dtype=np.int16),
    }
    return _records(scalars, columns, flat.samples, flat.pulse_offsets, flat.code_offsets, flat.codes)


def _records(
    scalars: Mapping[str, Any],
    columns: Mapping[str, Any],
    samples: npt.NDArray[np.uint8],
    pulse_offsets: npt.NDArray[np.int64],
    code_offsets: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint8],
) -> ak.Array:
    contents = [ak.contents.NumpyArray(columns[column.name]) for column in PULSE_COLUMNS]
    contents.append(
        ak.contents.RegularArray(
            ak.contents.NumpyArray(samples.reshape(-1)), N_SAMPLES, zeros_length=len(samples)
        )
    )
    contents.append(
        ak.contents.ListOffsetArray(ak.index.Index64(code_offsets), ak.contents.NumpyArray(codes))
    )
    names = [column.name for column in (*PULSE_COLUMNS, SAMPLES, CODES)]
    pulses = ak.contents.RecordArray(contents, names, parameters={"__record__": "Pulse"})
    layout = ak.contents.RecordArray(
        [
            *(ak.contents.NumpyArray(scalars[column.name]) for column in EVENT_COLUMNS),
            ak.contents.ListOffsetArray(ak.index.Index64(pulse_offsets), pulses),
        ],
        [*(column.name for column in EVENT_COLUMNS), "Pulse"],
        parameters={"__record__": "Event"},
    )
    return ak.Array(layout, behavior=BEHAVIOR)


def events_to_branches(events: ak.Array) -> dict[str, Any]:
    """Flatten events into the branches of a file, named as in `events.columns`.

    Returns
    -------
    arrays by branch: numpy for scalars, singly jagged awkward arrays for the rest
    """
    pulses = ak.to_packed(events["Pulse"]).layout
    offsets, table = pulses.offsets.data, pulses.content
    branches: dict[str, Any] = {column.branch: events[column.name].to_numpy() for column in EVENT_COLUMNS}
    branches[N_PULSE] = np.diff(offsets).astype(np.int32)
    for column in PULSE_COLUMNS:
        branches[column.branch] = _lists(offsets, table.content(column.name))
    branches[SAMPLES.branch] = _lists(offsets * N_SAMPLES, table.content(SAMPLES.name).content)
    codes = table.content(CODES.name)
    branches[CODES.branch] = _lists(codes.offsets.data[offsets], codes.content)
    return branches


def _lists(offsets: npt.NDArray[np.int64], content: ak.contents.Content) -> ak.Array:
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), content))


def branches_to_events(branches: Mapping[str, Any]) -> ak.Array:
    """Rebuild events from the branches of a file; the inverse of `events_to_branches`."""
    scalars = {
        column.name: np.asarray(branches[column.branch], dtype=column.dtype) for column in EVENT_COLUMNS
    }
    columns = {
        column.name: np.asarray(ak.flatten(branches[column.branch]), dtype=column.dtype)
        for column in PULSE_COLUMNS
    }
    samples = np.asarray(ak.flatten(branches[SAMPLES.branch]), dtype=SAMPLES.dtype).reshape(-1, N_SAMPLES)
    codes = np.asarray(ak.flatten(branches[CODES.branch]), dtype=CODES.dtype)
    return _records(
        scalars,
        columns,
        samples,
        _offsets(ak.num(branches[PULSE_COLUMNS[0].branch]).to_numpy()),
        _offsets(columns["nTdc"]),
        codes,
    )


def _offsets(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
