from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bhm_columnar.errors import OutputError
from bhm_columnar.io.atomic import atomic_file, atomic_folder, write_json


def test_a_file_appears_when_it_is_done(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "x.txt"
    with atomic_file(target) as partial:
        partial.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="stop"), atomic_file(target) as partial:  # noqa: PT012
        partial.write_text("new")
        raise RuntimeError("stop")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_another_only_if_told(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for text in ("one", "two"):
        with atomic_folder(target, overwrite=True) as partial:
            (partial / text).write_text(text)
    assert [path.name for path in target.iterdir()] == ["two"]
    with pytest.raises(OutputError, match="exists already"), atomic_folder(target):
        pass
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    with pytest.raises(KeyboardInterrupt), atomic_folder(target, overwrite=True) as partial:  # noqa: PT012
        (partial / "x").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == [target]
    assert list(target.iterdir()) == []


def test_remains_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    dead = tmp_path / f".out.partial-{socket.gethostname()}-999999999"
    dead.mkdir()
    (dead / "x").touch()
    elsewhere = tmp_path / ".out.partial-other.machine-1"
    elsewhere.mkdir()
    with atomic_folder(tmp_path / "out"):
        assert not dead.exists()
        assert elsewhere.exists()


def test_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        OutputError, match=r"cannot be written \(Not a directory\)|cannot be written \(File exists\)"
    ):
        write_json({}, tmp_path / "file" / "x.json")
    with pytest.raises(OutputError, match="cannot be written"), atomic_folder(tmp_path / "file" / "out"):
        pass
