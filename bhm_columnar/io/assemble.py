"""Tables into events, and back into the flat columns of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import Side
from ..detector.qie import N_SAMPLES
from ..events.behaviors import BEHAVIOR
from ..events.columns import CODES, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS, SAMPLES
from ..events.derived import name_pulses
from .table import FlatEvents, Table, derive_table

__all__ = [
    "FlatEvents",
    "assemble_events",
    "branches_to_events",
    "events_to_branches",
    "table_to_events",
]


def assemble_events(flat: FlatEvents, side: Side) -> ak.Array:
    """Make event records, with every column of `events.columns`, from flat arrays.

    Returns
    -------
    array of n events: scalars, and ``Pulse``, a list of records
    """
    return table_to_events(derive_table(flat, side), side)


def table_to_events(table: Table, side: Side) -> ak.Array:
    """Make event records of a table; nothing is copied."""
    scalars = {
        "run": table.run,
        "event": table.event,
        "orbit": table.orbit,
        "bx": table.bx,
        "uhtr": np.full(len(table.event), side.uhtr, dtype=np.int16),
    }
    pulses = table.pulses
    return _records(
        scalars, name_pulses(pulses), pulses.samples, table.pulse_offsets, pulses.code_offsets, table.codes
    )


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
