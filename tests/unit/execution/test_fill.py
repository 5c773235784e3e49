from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import pytest
from coffea.processor import ProcessorABC

from bhm_columnar import (
    convert_dump,
    fill_histograms,
    find_events,
    load_calibration,
    make_processor,
    read_dump,
)
from bhm_columnar.errors import ProcessorError
from bhm_columnar.execution.executors import Execution
from bhm_columnar.histograms.axes import run_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.io.convert import ENDINGS, FORMATS

GIVEN = {"calibration": load_calibration("v2")}


def fill(data: Any, **options: Any) -> dict[str, Any]:
    processors = {name: make_processor(name, GIVEN) for name in ("adc_tdc", "halo", "stability")}
    return fill_histograms(find_events(data), processors, **options).output


def flat(output: dict[str, Any]) -> dict[str, Any]:
    return {f"{one}.{name}": value for one, values in output.items() for name, value in values.items()}


@pytest.mark.parametrize("chunksize", [1000, 777, 100_000])
def test_chunks_do_not_matter(toy_events: Path, chunksize: int) -> None:
    assert flat(fill(toy_events, chunksize=chunksize)) == flat(fill(toy_events))


def test_processes_do_not_matter(toy_events: Path) -> None:
    assert flat(fill(toy_events, execution=Execution("futures", 2), chunksize=1000)) == flat(fill(toy_events))


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_do_not_matter(toy: Path, toy_events: Path, tmp_path: Path, kind: Any) -> None:
    for name, dump in (("plusZ", "uHTR4.txt"), ("minusZ", "uHTR11.txt")):
        convert_dump(toy / dump, tmp_path / f"{name}{ENDINGS[kind]}", format=kind, chunk_bytes=100_000)
    assert flat(fill(tmp_path, chunksize=1000)) == flat(fill(toy_events))


def test_a_processor_runs_on_eager_events_too(toy: Path, toy_events: Path) -> None:
    halo = make_processor("halo", GIVEN)
    both = [halo.process(read_dump(toy / name)[0]) for name in ("uHTR4.txt", "uHTR11.txt")]
    filled = fill(toy_events)["halo"]
    assert {name: both[0][name] + both[1][name] for name in filled} == filled


def test_no_events_give_empty_histograms() -> None:
    output = fill_histograms([], {"halo": make_processor("halo", GIVEN)}).output["halo"]
    assert output["occupancy"].sum() == 0


class Finishing(ProcessorABC):
    """Counts runs and events, and turns the count around at the end."""

    def process(self, events: ak.Array) -> dict[str, Any]:
        runs = make_counts(run_axis()).fill(run=-ak.to_numpy(events.run))
        return {"n": len(events), "runs": runs}

    def postprocess(self, accumulator: dict[str, Any]) -> dict[str, Any]:
        return {**accumulator, "n": -accumulator["n"]}


def test_outputs_are_finished_once_and_in_order(toy_events: Path) -> None:
    filled = fill_histograms(
        find_events(toy_events), {"one": Finishing(), "two": Finishing()}, chunksize=1000
    )
    assert filled.output["one"] == filled.output["two"]
    assert filled.output["one"]["n"] == -6000
    assert list(filled.output["one"]["runs"].axes[0]) == [-380002, -380001, -380000]
    assert (filled.events, filled.chunks) == (6000, 6)


class Failing(ProcessorABC):
    """Fails on one chunk."""

    def process(self, events: ak.Array) -> dict[str, Any]:
        if events.event[0] > 1:
            raise ValueError("no such thing")
        return {"n": len(events)}


@pytest.mark.parametrize("execution", [Execution(), Execution("futures", 2)])
def test_a_processor_that_fails_is_an_error(
    toy_events: Path, execution: Execution, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ProcessorError, match="processor bad failed with ValueError: no such thing"):
        fill_histograms(find_events(toy_events), {"bad": Failing()}, execution=execution, chunksize=1000)
    assert "Traceback" not in capfd.readouterr().err


def test_lost_chunks_are_an_error(toy_events: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from coffea.processor import Runner

    run = Runner.run

    def lose_one(self: Runner, items: list[Any], processor: Any) -> Any:
        return run(self, items[1:], processor)

    monkeypatch.setattr(Runner, "run", lose_one)
    with pytest.raises(ProcessorError, match=r"1 of \d+ chunks are missing in the result"):
        fill(toy_events, chunksize=1000)
