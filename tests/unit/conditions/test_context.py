from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bhm_columnar.conditions.context import find_context
from bhm_columnar.conditions.gather import Wanted
from bhm_columnar.conditions.model import Conditions, Filling, LumiTable, RunInfo
from bhm_columnar.conditions.store import save_conditions
from bhm_columnar.detector.lhc import REVOLUTION_HZ
from bhm_columnar.events.runs import RunSpan

HOUR = round(3600 * REVOLUTION_HZ)
COVERAGE = {"+Z": [{1: RunSpan(1, 0, HOUR), 2: RunSpan(1, 2 * HOUR, 3 * HOUR)}]}
START = 1_692_792_000.0


def saved(folder: Path, **fillings: Filling) -> Wanted:
    runs = {run: RunInfo(run, START + 7200 * (run - 1), None, 100 + run) for run in (1, 2)}
    found = Conditions(runs, fillings={int(name[1:]): one for name, one in fillings.items()})
    save_conditions(found, folder / "c.json")
    return Wanted(conditions=folder / "c.json")


ONE = Filling("one", np.array([3, 5]), np.array([5]))
OTHER = Filling("other", np.array([3, 6]), np.array([6]))


def test_without_conditions() -> None:
    context = find_context(COVERAGE, [1, 2])
    assert not context.times.timeline.is_absolute
    assert context.filling is None
    assert context.describe()["delivered_per_ub"] is None


def test_runs_that_are_not_wanted_still_tell_the_time(tmp_path: Path) -> None:
    context = find_context(COVERAGE, [2], saved(tmp_path))
    exposure = context.times.exposure
    assert exposure.live["+Z"].sum() == pytest.approx(3600, abs=0.01)
    assert exposure.origin == pytest.approx(START + 7200, abs=30)
    assert context.times.timeline.epochs[0].anchors == (2,)


def test_one_scheme_for_all_fills(tmp_path: Path) -> None:
    assert find_context(COVERAGE, [1, 2], saved(tmp_path, f101=ONE, f102=ONE)).filling is not None
    assert find_context(COVERAGE, [1, 2], saved(tmp_path, f0=ONE)).filling is not None


def test_the_scheme_of_another_fill_is_left_out(tmp_path: Path) -> None:
    context = find_context(COVERAGE, [1, 2], saved(tmp_path, f999=ONE))
    assert context.filling is None
    assert "the filling scheme is of fill 999, the data are of fill 101, 102" in context.problems[-1]


def test_runs_of_one_fill_have_one_scheme(tmp_path: Path) -> None:
    context = find_context(COVERAGE, [2], saved(tmp_path, f101=ONE, f102=OTHER))
    assert context.filling is not None
    assert context.filling.name == "other"


def lumi(start: float) -> LumiTable:
    return LumiTable.make(run=[2, 2], lumisection=[1, 2], start=[start, start + 23.3], delivered=[1.0, 1.0])


def test_luminosity_without_run_times_is_left_out_and_said(tmp_path: Path) -> None:
    save_conditions(Conditions(lumisections=lumi(START)), tmp_path / "c.json")
    context = find_context(COVERAGE, [1, 2], Wanted(conditions=tmp_path / "c.json"))
    assert "lumisections and luminosity need run times" in context.problems[0]
    assert not context.times.exposure.has_luminosity


def test_luminosity_of_another_time_is_left_out_and_said(tmp_path: Path) -> None:
    runs = {1: RunInfo(1, START)}
    save_conditions(Conditions(runs, lumi(START + 86400)), tmp_path / "c.json")
    context = find_context(COVERAGE, [1, 2], Wanted(conditions=tmp_path / "c.json"))
    assert any(
        "the lumisections of run 2 go from 2023-08-24 12:00:00 to 2023-08-24 12:00:23, its data" in problem
        for problem in context.problems
    )
    assert not context.times.exposure.has_luminosity


def test_fills_with_different_schemes_have_no_bunches(tmp_path: Path) -> None:
    context = find_context(COVERAGE, [1, 2], saved(tmp_path, f101=ONE, f102=OTHER))
    assert context.filling is None
    assert "fill 101 and fill 102 have different filling schemes" in context.problems[-1]
