from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.conditions.check import check_conditions
from bhm_columnar.conditions.model import Conditions, LumiTable, RunInfo
from bhm_columnar.detector.lhc import REVOLUTION_HZ
from bhm_columnar.events.runs import RunSpan

START = 1_692_792_000.0
HOUR = round(3600 * REVOLUTION_HZ)
COVERAGE = {"+Z": [{1: RunSpan(1, 0, HOUR), 2: RunSpan(1, 2 * HOUR, 3 * HOUR)}]}


def run(number: int, start: float, end: float | None = None) -> RunInfo:
    return RunInfo(number, START + start, None if end is None else START + end)


def lumi(number: int, *starts: float) -> LumiTable:
    return LumiTable.make(
        run=np.full(len(starts), number),
        lumisection=np.arange(1, len(starts) + 1),
        start=START + np.array(starts),
    )


def check(*runs: RunInfo, lumisections: LumiTable | None = None) -> tuple[Conditions, list[str]]:
    given = Conditions(
        {one.run: one for one in runs}, LumiTable.make() if lumisections is None else lumisections
    )
    return check_conditions(given, COVERAGE)


def test_what_agrees_stays() -> None:
    usable, problems = check(run(1, 0, 3700), run(2, 7200, 10900), lumisections=lumi(1, 0, 23, 47))
    assert list(usable.runs) == [1, 2]
    assert len(usable.lumisections) == 3
    assert problems == []


@pytest.mark.parametrize(
    ("runs", "left", "said"),
    [
        ([run(7, 0, 3600), run(1, 0, 3700)], [1], ["run 7", "data hold 1, 2"]),
        ([run(1, 3600, 0)], [], ["run 1 begins at 2023-08-23 13:00:00", "2023-08-23 12:00:00"]),
        ([run(1, 0, 60)], [], ["run 1 took 60 s by its times, 3600 s by its orbits"]),
        ([run(1, 0, 7300), run(2, 7200)], [], ["run 1 ends at 2023-08-23 14:01:40", "run 2 begins before"]),
        ([run(1, 0), run(2, 7200)], [1, 2], []),
    ],
)
def test_runs_that_contradict(runs: list[RunInfo], left: list[int], said: list[str]) -> None:
    usable, problems = check(*runs)
    assert list(usable.runs) == left
    assert len(problems) == bool(said)
    assert all(part in problems[0] for part in said)


def test_lumisections_out_of_order() -> None:
    usable, problems = check(run(1, 0, 3700), lumisections=lumi(1, 0, 47, 23) + lumi(2, 7200, 7223))
    assert set(usable.lumisections.run.tolist()) == {2}
    assert "run 1: lumisection 2 begins at 2023-08-23 12:00:47, lumisection 3 at" in problems[0]


def test_lumisections_of_another_day() -> None:
    usable, problems = check(run(1, 0, 3700), lumisections=lumi(1, 86400, 86423))
    assert len(usable.lumisections) == 0
    assert "run 1 went from 2023-08-23 12:00:00 to 2023-08-23 13:01:40" in problems[0]
    assert "2023-08-24" in problems[0]
