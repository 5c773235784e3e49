from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import flatten_pulses, open_events, read_dump
from bhm_columnar.events.flat import split_sides, take_pulses


@pytest.fixture(params=["eager", "lazy"])
def events(request: pytest.FixtureRequest, toy: Path, toy_events: Path) -> ak.Array:
    return (
        read_dump(toy / "uHTR4.txt")[0]
        if request.param == "eager"
        else open_events(toy_events / "plusZ.root")
    )


def test_event_columns_are_repeated(events: ak.Array) -> None:
    table = flatten_pulses(events, ("bx", "peak"))
    assert table.fields == ["bx", "peak"]
    assert len(table) == ak.sum(ak.num(events.Pulse.peak))
    assert table.bx.to_list() == [
        bx for bx, pulses in zip(events.bx, events.Pulse.peak, strict=True) for _ in pulses
    ]


def test_runs_are_picked(events: ak.Array) -> None:
    run = int(events.run[-1])
    table = flatten_pulses(events, ("peak",), runs=[run])
    assert np.all(table.run == run)
    assert len(table) == ak.sum(ak.num(events.Pulse.peak)[events.run == run])
    assert len(flatten_pulses(events, ("peak",), runs=[1])) == 0


def test_sides_of_mixed_events(toy: Path) -> None:
    plus, _ = read_dump(toy / "uHTR4.txt")
    minus, _ = read_dump(toy / "uHTR11.txt")
    parts = list(split_sides(ak.concatenate([minus[:10], plus[:5], minus[10:12]])))
    assert [(side.name, len(part)) for side, part in parts] == [("+Z", 5), ("-Z", 12)]
    assert list(split_sides(plus[:0])) == []


def test_some_pulses_are_taken(events: ak.Array) -> None:
    table = flatten_pulses(events, ("bx", "peak", "charge"))
    keep = np.arange(len(table)) % 3 == 1
    taken = take_pulses(table, keep)
    assert taken.to_list() == table.to_list()[1::3]
    assert taken.layout.is_record  # not an index over the whole table
    assert take_pulses(table, ~np.zeros(len(table), dtype=bool)).to_list() == table.to_list()
    assert take_pulses(table, np.zeros(len(table), dtype=bool)).fields == table.fields
