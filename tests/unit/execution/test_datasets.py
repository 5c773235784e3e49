from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bhm_columnar import find_events, open_events
from bhm_columnar.errors import DatasetError, EventsFileError, SelectionError
from bhm_columnar.execution.datasets import check_runs, reference_of


def test_folders_files_and_results(toy_events: Path, analysed: Path) -> None:
    for data in (toy_events, analysed, [toy_events / "minusZ.root", toy_events / "plusZ.root"]):
        files = find_events(data)
        assert [file.provenance.side.name for file in files] == ["+Z", "-Z"]


def test_nothing_there(tmp_path: Path, toy: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no converted events .* make them with `bhm convert"):
        find_events(toy.parent)
    with pytest.raises(DatasetError, match="no such file or folder"):
        find_events(tmp_path / "nowhere")


def test_a_file_that_is_not_complete_is_refused(toy_events: Path, tmp_path: Path) -> None:
    target = tmp_path / "plusZ.root"
    shutil.copy(toy_events / "plusZ.root", target)
    target.write_bytes(target.read_bytes()[:-1000])
    with pytest.raises(EventsFileError, match="is shorter than the"):
        open_events(target)


def test_runs(toy_events: Path) -> None:
    files = find_events(toy_events)
    check_runs(files, None)
    check_runs(files, [380000, 380002])
    with pytest.raises(SelectionError, match="run 5, 6 is not in the data; runs are 380000, 380001, 380002"):
        check_runs(files, [6, 380001, 5])


def test_reference(toy_events: Path) -> None:
    files = find_events(toy_events)
    reference = reference_of(files)
    assert reference.run == 380001
    assert reference.orbit == min(file.provenance.runs[380001].first_orbit for file in files)
