from __future__ import annotations

import gzip
import hashlib
import lzma
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from bhm_columnar.errors import DatasetError, DumpError
from bhm_columnar.io.source import open_source
from bhm_columnar.io.urls import can_split, file_name, stamp_file

CONTENT = b"--- START and so on\n" * 5000


def write(folder: Path, ending: str) -> Path:
    path = folder / f"uHTR4.txt{ending}"
    if ending == ".gz":
        path.write_bytes(gzip.compress(CONTENT))
    elif ending == ".xz":
        path.write_bytes(lzma.compress(CONTENT))
    elif ending == ".zst":
        path.write_bytes(pa.compress(CONTENT, codec="zstd", asbytes=True))
    else:
        path.write_bytes(CONTENT)
    return path


def read(path: Path, length: int = 10**6) -> tuple[bytes, int, str]:
    buffer = np.zeros(length, dtype=np.uint8)
    with open_source(str(path)) as source:
        n = source.fill(buffer)
        source.fill(np.zeros(1, dtype=np.uint8))
        return buffer[:n].tobytes(), source.size, source.sha256


@pytest.mark.parametrize("ending", ["", ".gz", ".xz", ".zst"])
def test_content_size_and_checksum(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, ending)
    stored = path.read_bytes()
    assert read(path) == (CONTENT, len(stored), hashlib.sha256(stored).hexdigest())


@pytest.mark.parametrize("batch", [1, 1000, 3001, 10**7])
def test_the_checksum_taken_in_a_thread_is_that_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("bhm_columnar.io.source._BATCH", batch)
    path = write(tmp_path, "")
    buffer = np.zeros(3001, dtype=np.uint8)
    with open_source(str(path)) as source:
        while n := source.fill(buffer):
            buffer[:n] = 0  # as the scanner may do, while the checksum is taken
        assert source.sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_a_compressed_file_that_was_cut_short_is_an_error(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, ending)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(DumpError, match=r"cannot be read to its end .*; copy the file again"):
        read(path)


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_all_members_are_read(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path, ending)
    path.write_bytes(path.read_bytes() * 2)
    assert read(path)[0] == CONTENT * 2


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="cannot be opened"):
        read(tmp_path / "nowhere.txt")


def test_bytes_are_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    seen: list[int] = []
    with open_source(str(path), seen.append) as source:
        source.fill(np.zeros(200_000, dtype=np.uint8))
    assert sum(seen) == len(CONTENT)


def test_a_part_of_a_file(tmp_path: Path) -> None:
    buffer = np.zeros(1000, dtype=np.uint8)
    with open_source(str(write(tmp_path, "")), start=7, stop=57) as source:
        assert buffer[: source.fill(buffer)].tobytes() == CONTENT[7:57]
        assert source.size == 50


@pytest.mark.parametrize(
    ("url", "extra"),
    [
        ("root://eos.example//store/uHTR4.txt", "xrootd"),
        ("s3://bucket/uHTR4.txt", "s3"),
        ("https://x/y", "http"),
    ],
)
def test_a_missing_protocol_names_the_extra(url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        message = "Install something"
        raise ImportError(message)

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(DatasetError, match=rf"Install something\); pip install 'bhm-columnar\[{extra}\]'"):
        read_url(url)


def test_an_unknown_protocol() -> None:
    with pytest.raises(DatasetError, match="Protocol not known: punch"):
        read_url("punch://card/uHTR4.txt")


def read_url(url: str) -> bytes:
    buffer = np.zeros(10**6, dtype=np.uint8)
    with open_source(url) as source:
        return buffer[: source.fill(buffer)].tobytes()


def test_files_in_memory() -> None:
    with fsspec.open("memory://source/uHTR4.txt.gz", "wb") as file:
        file.write(gzip.compress(CONTENT))
    assert read_url("memory://source/uHTR4.txt.gz") == CONTENT
    assert stamp_file("memory://source/uHTR4.txt.gz").size == len(gzip.compress(CONTENT))
    with pytest.raises(DumpError, match=r"source/uHTR5\.txt: cannot be opened"):
        stamp_file("memory://source/uHTR5.txt")
    assert not can_split("memory://source/uHTR4.txt.gz")


def test_names_behind_urls() -> None:
    assert file_name("https://x.org/a/uHTR4.txt.gz?token=a/b.xz#c") == "uHTR4.txt.gz"
    assert file_name("root://eos.example//store/a?b.txt") == "a?b.txt"
    assert file_name(Path("a/uHTR4.txt")) == "uHTR4.txt"


def test_a_web_server_that_says_no(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/uHTR4.txt").respond_with_data("go away", status=403)
    with pytest.raises(DumpError, match="cannot be opened"):
        read_url(httpserver.url_for("/uHTR4.txt"))


def test_a_web_server_that_breaks_off(httpserver: HTTPServer) -> None:
    headers = {"Content-Length": str(len(CONTENT) + 10)}
    httpserver.expect_request("/uHTR4.txt").respond_with_handler(
        lambda _: Response(iter([CONTENT]), headers=headers)
    )
    with pytest.raises(DumpError, match="cannot be read to its end"):
        read_url(httpserver.url_for("/uHTR4.txt"))
