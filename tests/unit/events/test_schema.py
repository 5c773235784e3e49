from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest
from coffea.nanoevents import NanoEventsFactory

from bhm_columnar import BHMSchema, read_dump
from bhm_columnar.io.convert import ENDINGS, FORMATS, convert_dump


@pytest.fixture(scope="module", params=FORMATS)
def converted(request: pytest.FixtureRequest, toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("schema") / f"plusZ{ENDINGS[request.param]}"
    convert_dump(toy / "uHTR4.txt", target, format=request.param, chunk_bytes=100_000)
    return target


@pytest.mark.parametrize(("first", "last"), [(0, 3000), (5, 60), (411, 1203), (2999, 3000)])
def test_any_part_of_a_file_in_any_format(converted: Path, toy: Path, first: int, last: int) -> None:
    options = {"schemaclass": BHMSchema, "entry_start": first, "entry_stop": last}
    if converted.suffix == ".parquet":
        events = NanoEventsFactory.from_parquet(str(converted), **options).events()
    else:
        events = NanoEventsFactory.from_root({str(converted): "Events"}, **options).events()
    expected, _ = read_dump(toy / "uHTR4.txt")
    for name in expected.Pulse.fields:
        assert events.Pulse[name].to_list() == expected.Pulse[name][first:last].to_list()
    assert events.bx.to_list() == expected.bx[first:last].to_list()


def test_behaviors(toy_events: Path) -> None:
    events = NanoEventsFactory.from_root(
        {str(toy_events / "minusZ.root"): "Events"}, schemaclass=BHMSchema
    ).events()
    pulses = events.Pulse
    assert ak.all(pulses.time == pulses.tdc * 0.5)
    assert ak.all(pulses.is_connected == (pulses.channel >= 0))
    assert np.all(ak.flatten(pulses.side) == -1)
    assert ak.all(pulses.peak == ak.max(pulses.samples, axis=-1))
    assert ak.all(ak.num(pulses.tdcs, axis=2) == pulses.nTdc)
