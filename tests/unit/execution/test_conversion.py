"""Both sides are converted at once, with the files, progress and errors of one after the other."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import awkward as ak
import pytest

from bhm_columnar._forks import can_fork
from bhm_columnar.errors import DumpError, ProcessorError
from bhm_columnar.execution import conversion
from bhm_columnar.execution.conversion import begin_conversion
from bhm_columnar.execution.executors import ANYWHERE, Request
from bhm_columnar.io.convert import read_events
from bhm_columnar.io.folders import find_dumps
from bhm_columnar.simulation.simulate import simulate_dumps

pytestmark = pytest.mark.skipif(not can_fork(), reason="this platform forks no processes")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    simulate_dumps(tmp_path / "dumps", events=300, seed=4)
    return tmp_path / "dumps"


def convert(dumps: Path, folder: Path, request: Request = ANYWHERE) -> tuple[list[Path], int]:
    """Convert the sides of a folder; returns the files, and the bytes that were reported."""
    read: list[int] = []
    with begin_conversion(find_dumps(dumps), folder, request) as begun:
        assert bool(begun.forks) is (request is ANYWHERE)
        return begun.finish(read.append), sum(read)


def test_processes_write_the_same_events(dumps: Path, tmp_path: Path) -> None:
    alone = convert(dumps, tmp_path / "one", Request("iterative"))
    beside = convert(dumps, tmp_path / "two")
    assert [path.name for path in beside[0]] == ["plusZ.root", "minusZ.root"]
    assert beside[1] == alone[1] == find_dumps(dumps).total_bytes
    for one, two in zip(alone[0], beside[0], strict=True):
        assert ak.array_equal(read_events(one), read_events(two))


def test_an_error_of_one_side_stops_both_and_leaves_nothing(dumps: Path, tmp_path: Path) -> None:
    (dumps / "uHTR4.txt").write_text("no header\n" * 100)
    with pytest.raises(DumpError, match="holds no event header"):
        convert(dumps, tmp_path / "events")
    assert not (tmp_path / "events" / "plusZ.root").exists()


def test_a_process_that_dies_is_an_error(
    dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "_convert", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(
        ProcessorError, match=r"that converted dumps has died \(exit code -9\); try --executor"
    ):
        convert(dumps, tmp_path / "events")


def test_what_is_complete_is_kept(dumps: Path, tmp_path: Path) -> None:
    before = [path.stat().st_mtime_ns for path in convert(dumps, tmp_path)[0]]
    assert [path.stat().st_mtime_ns for path in convert(dumps, tmp_path)[0]] == before
    simulate_dumps(dumps, events=300, seed=5, overwrite=True)
    after = [path.stat().st_mtime_ns for path in convert(dumps, tmp_path)[0]]
    assert all(new != old for new, old in zip(after, before, strict=True))
