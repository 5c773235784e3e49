"""The table of columns, its documentation, and what files and arrays really hold."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import uproot

from bhm_columnar import open_events, read_dump
from bhm_columnar.events.columns import COLUMNS, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS

DOCS = Path(__file__).parents[3] / "docs" / "event-columns.md"


def test_branches_are_unique() -> None:
    assert len({column.branch for column in COLUMNS}) == len(COLUMNS)


def test_a_file_holds_every_column_and_nothing_else(toy_events: Path) -> None:
    with uproot.open(toy_events / "plusZ.root") as file:
        types = {branch.name: branch.typename for branch in file["Events"].branches}
    counters = {N_PULSE, "nPulseSample", "nPulseTdc"}
    assert set(types) == {column.branch for column in COLUMNS} | counters
    for column in COLUMNS:
        name = "float" if column.dtype == "float32" else f"{column.dtype}_t"
        assert types[column.branch] == (name if column.level == "event" else f"{name}[]")


def test_arrays_hold_every_column(toy: Path, toy_events: Path) -> None:
    eager, _ = read_dump(toy / "uHTR4.txt")
    lazy = open_events(toy_events / "plusZ.root")
    for events in (eager, lazy):
        assert set(events.fields) == {*(column.name for column in EVENT_COLUMNS), "Pulse"}
        assert set(events.Pulse.fields) == {*(column.name for column in PULSE_COLUMNS), "samples", "tdcs"}
        for column in PULSE_COLUMNS:
            assert str(ak.to_numpy(ak.flatten(events.Pulse[column.name])).dtype) == column.dtype


def test_documentation_has_every_column() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    expected = [
        f"| `{column.branch}` | `{'' if column.level == 'event' else 'Pulse.'}{column.name}` | {column.dtype} "
        f"| {column.unit} | {column.meaning} |"
        for column in COLUMNS
    ]
    assert rows == expected
