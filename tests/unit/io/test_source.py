from __future__ import annotations

import gzip
import hashlib
import lzma
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bhm_columnar.errors import DumpError
from bhm_columnar.io.source import open_source

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
