from __future__ import annotations

from pathlib import Path

import fsspec
import pytest
from pytest_httpserver import HTTPServer

from bhm_columnar.errors import DatasetError
from bhm_columnar.io.folders import TRUTH_FILE, find_dumps, natural_key, require_side, tell_side


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text(name)
    return folder


def found(folder: Path, **options: str) -> dict[str, list[str]]:
    return {
        one.side.name: [Path(file).name for file in one.files] for one in find_dumps(folder, **options).sides
    }


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("uHTR4.txt", "+Z"),
        ("uHTR_4_3.txt", "+Z"),
        ("run3_uHTR11.txt.gz", "-Z"),
        ("uhtr_11.uhtr", "-Z"),
        ("uHTR4_11.txt", "+Z"),
        ("BHM_PLUS.txt", "+Z"),
        ("bhm_minus_2.txt", "-Z"),
        ("PN.txt", "+Z"),
        ("PF_1.txt", "+Z"),
        ("MN01.txt", "-Z"),
        ("MF.txt", "-Z"),
        ("uHTR4_MINUS.txt", "+Z"),
    ],
)
def test_names_that_tell_the_side(name: str, side: str) -> None:
    assert require_side(name).name == side


@pytest.mark.parametrize(
    "name", ["dump.txt", "uHTR41.txt", "uHTR4_uHTR11.txt", "PLUS_MINUS.txt", "AMF.txt", "PN_MN.txt"]
)
def test_names_that_do_not(name: str) -> None:
    assert tell_side(name) is None
    with pytest.raises(DatasetError, match=r"does not tell which side wrote it; say it with --side"):
        require_side(name)


def test_natural_order() -> None:
    names = ["uHTR4_10.txt", "uHTR4_2.txt", "uHTR4.txt", "uHTR4_1.txt.gz"]
    assert sorted(names, key=natural_key) == ["uHTR4.txt", "uHTR4_1.txt.gz", "uHTR4_2.txt", "uHTR4_10.txt"]


def test_files_of_both_sides(tmp_path: Path) -> None:
    folder = make(tmp_path, "uHTR11.txt", "uHTR4_10.txt", "uHTR4_9.txt", "README.md", "truth.parquet")
    assert found(folder) == {"+Z": ["uHTR4_9.txt", "uHTR4_10.txt"], "-Z": ["uHTR11.txt"]}


def test_one_side_keeps_its_name(tmp_path: Path) -> None:
    assert found(make(tmp_path, "uHTR11.txt")) == {"-Z": ["uHTR11.txt"]}


def test_files_that_name_no_board_are_left_aside_and_said(tmp_path: Path) -> None:
    dumps = find_dumps(make(tmp_path, "uHTR4.txt", "notes.txt"))
    assert [one.side.name for one in dumps.sides] == ["+Z"]
    assert dumps.ignored == {str(tmp_path / "notes.txt"): "does not name a board, as the others do"}


def test_unknown_side_asks_and_can_be_given(tmp_path: Path) -> None:
    folder = make(tmp_path, "dump.txt")
    with pytest.raises(DatasetError, match=r"dump\.txt: the name does not tell which side"):
        find_dumps(folder)
    dumps = find_dumps(folder, side="-Z")
    assert [(one.side.name, one.assumed) for one in dumps.sides] == [("-Z", True)]


def test_a_given_side_does_not_overrule_a_name(tmp_path: Path) -> None:
    assert found(make(tmp_path, "uHTR4.txt", "dump.txt"), side="-Z") == {
        "+Z": ["uHTR4.txt"],
        "-Z": ["dump.txt"],
    }


def test_one_dump_in_several_forms_is_read_once(tmp_path: Path) -> None:
    dumps = find_dumps(make(tmp_path, "uHTR4.uhtr", "uHTR4.txt.gz", "uHTR4.txt", "uHTR4_1.uhtr"))
    assert [Path(file).name for file in dumps.sides[0].files] == ["uHTR4.txt", "uHTR4_1.uhtr"]
    assert set(dumps.ignored.values()) == {"holds the same dump as uHTR4.txt"}


def test_empty_files_are_left_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / "uHTR11.txt").touch()
    dumps = find_dumps(make(tmp_path, "uHTR4.txt"))
    assert list(dumps.ignored.values()) == ["is empty"]


def test_files_can_be_given_one_by_one(tmp_path: Path) -> None:
    make(tmp_path, "uHTR4.txt", "uHTR11.txt")
    dumps = find_dumps([tmp_path / "uHTR11.txt"])
    assert [one.side.name for one in dumps.sides] == ["-Z"]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    make(tmp_path, "uHTR4.txt", "uHTR4_1.txt")
    (tmp_path / "uHTR4_copy.txt").write_text("uHTR4.txt")
    dumps = find_dumps([tmp_path, tmp_path / "uHTR4_1.txt"])
    assert [Path(file).name for file in dumps.sides[0].files] == ["uHTR4.txt", "uHTR4_1.txt"]
    assert dumps.ignored == {
        str(tmp_path / "uHTR4_copy.txt"): "holds the same bytes as uHTR4.txt",
        str(tmp_path / "uHTR4_1.txt"): "is given twice",
    }


def test_what_is_known_of_all_dumps(tmp_path: Path) -> None:
    for name, size in (("uHTR4.txt", 10), ("uHTR11.txt", 5)):
        (tmp_path / name).write_bytes(b"x" * size)
    dumps = find_dumps(tmp_path)
    assert [Path(path).name for path in dumps.files] == ["uHTR4.txt", "uHTR11.txt"]
    assert dumps.total_bytes == 15
    assert not dumps.is_simulated
    (tmp_path / TRUTH_FILE).touch()
    assert dumps.is_simulated


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no dump"):
        find_dumps(tmp_path)
    with pytest.raises(DatasetError, match="no such file or folder"):
        find_dumps(tmp_path / "nowhere")


def test_folders_and_files_behind_urls() -> None:
    fs = fsspec.filesystem("memory")
    for name in ("uHTR4_10.txt", "uHTR4_9.txt", "uHTR4_9.txt.gz", "uHTR11.uhtr", "notes.md"):
        fs.pipe(f"/folders/dumps/{name}", b"x")
    fs.pipe("/folders/dumps/uHTR4_11.txt", b"")
    dumps = find_dumps("memory://folders/dumps")
    assert {one.side.name: one.files for one in dumps.sides} == {
        "+Z": ("memory://folders/dumps/uHTR4_9.txt", "memory://folders/dumps/uHTR4_10.txt"),
        "-Z": ("memory://folders/dumps/uHTR11.uhtr",),
    }
    assert dumps.ignored == {
        "memory://folders/dumps/uHTR4_11.txt": "is empty",
        "memory://folders/dumps/uHTR4_9.txt.gz": "holds the same dump as uHTR4_9.txt",
    }
    twice = find_dumps(["memory://folders/dumps/uHTR4_9.txt"] * 2)
    assert twice.sides[0].files == ("memory://folders/dumps/uHTR4_9.txt",)
    assert list(twice.ignored.values()) == ["is given twice"]


def test_file_urls_are_paths(tmp_path: Path) -> None:
    dumps = find_dumps(make(tmp_path, "uHTR4.txt").as_uri())
    assert dumps.sides[0].files == (str(tmp_path / "uHTR4.txt"),)


@pytest.mark.parametrize("url", ["memory://folders/nowhere", "memory://folders/nowhere/"])
def test_nothing_behind_a_url(url: str) -> None:
    with pytest.raises(DatasetError, match=r"nowhere.*: no such file or folder .* give the URL of a dump"):
        find_dumps(url)


def test_folders_of_a_web_server(httpserver: HTTPServer) -> None:
    links = "".join(f'<a href="{name}">{name}</a>' for name in ("uHTR4_10.txt", "uHTR4_2.txt", "x.pdf"))
    httpserver.expect_request("/dumps/").respond_with_data(links, content_type="text/html")
    httpserver.expect_request("/dumps/uHTR4_2.txt").respond_with_data("x")
    url = httpserver.url_for("/dumps/")
    assert find_dumps(url).sides[0].files == (f"{url}uHTR4_2.txt", f"{url}uHTR4_10.txt")
    assert find_dumps(f"{url}uHTR4_2.txt").sides[0].files == (f"{url}uHTR4_2.txt",)
    with pytest.raises(DatasetError, match=r"uHTR5\.txt: no such file or folder"):
        find_dumps(f"{url}uHTR5.txt")


def test_a_missing_protocol_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        message = "Install fsspec-xrootd"
        raise ImportError(message)

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(DatasetError, match=r"pip install 'bhm-columnar\[xrootd\]'"):
        find_dumps("root://eos.example//store/dumps")
