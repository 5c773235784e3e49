from __future__ import annotations

import gzip
import threading
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import read_dump
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import DumpError
from bhm_columnar.io.assemble import table_to_events
from bhm_columnar.io.dump import add_reports
from bhm_columnar.io.scanning import Scanner
from bhm_columnar.io.threads import gather_in_threads

SMALL = 40_000


def big(toy: Path, folder: Path) -> Path:
    """A dump of more than one range."""
    path = folder / "uHTR4.txt"
    path.write_bytes((toy / "uHTR4.txt").read_bytes() * 8)
    assert path.stat().st_size > 4 << 20
    return path


def test_two_threads_read_what_one_reads(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = big(toy, tmp_path)
    seen: set[str] = set()
    scan = Scanner.scan

    def watched(*args: Any, **options: Any) -> Any:
        seen.add(threading.current_thread().name)
        return scan(*args, **options)

    monkeypatch.setattr(Scanner, "scan", watched)
    expected, report = read_dump(path)
    assert seen == {"MainThread"}
    events, of_threads = read_dump(path, threads=2)
    assert any(name.startswith("scan_") for name in seen)
    assert len(events) == 24_000
    assert ak.array_equal(events, expected)
    assert of_threads == report


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bad_lines_are_counted_from_the_start_of_the_file(toy: Path, tmp_path: Path, threads: int) -> None:
    parts = (toy / "uHTR4.txt").read_bytes().split(b"--- START")
    parts[900] += b"5 " * 600
    parts[1400] += b"7 7 7\n"
    path = tmp_path / "uHTR4.txt"
    path.write_bytes(b"--- START".join(parts))
    gathered = gather_in_threads(str(path), SIDES[0], threads, range_bytes=SMALL)
    assert gathered is not None
    events, report = read_dump(path)
    assert len(report.first_bad) == 2
    assert add_reports(gathered[1]) == report
    assert ak.array_equal(table_to_events(gathered[0], SIDES[0]), events)


def test_more_at_the_end_than_at_the_start_fits(tmp_path: Path) -> None:
    """Room is estimated from the first part, which may hold much less than the others."""
    rule = "-" * 75 + "\n"
    empty = "".join(f"--- START EVT: {n}, BX: 2, ORB: 3, RUN: 4\n{rule}" for n in range(1000))
    pulse = "3 0" + " 7" * 20 + "\n" + "5 6 7\n"
    full = "".join(f"--- START EVT: {n}, BX: 2, ORB: 3, RUN: 5\n{rule}{pulse * (n % 9)}" for n in range(1000))
    path = tmp_path / "uHTR4.txt"
    path.write_text(empty + full)
    events, report = read_dump(path)
    gathered = gather_in_threads(str(path), SIDES[0], 2, range_bytes=5000)
    assert gathered is not None
    assert ak.array_equal(table_to_events(gathered[0], SIDES[0]), events)
    assert ak.num(events.Pulse).to_list() == [0] * 1000 + [n % 9 for n in range(1000)]
    assert np.unique(ak.to_numpy(ak.flatten(events.Pulse.tdcs, axis=None))).tolist() == [5, 6, 7]
    assert {run: span.events for run, span in report.runs.items()} == {4: 1000, 5: 1000}
    assert add_reports(gathered[1]) == report


def test_what_cannot_be_cut_is_read_by_one_thread(toy: Path, tmp_path: Path) -> None:
    packed = tmp_path / "uHTR4.txt.gz"
    packed.write_bytes(gzip.compress(big(toy, tmp_path).read_bytes()))
    junk = tmp_path / "uHTR11.txt"
    header = b"--- START EVT: 1, BX: 2, ORB: 3, RUN: 4\n"
    junk.write_bytes(header + b"x" * (9 << 20) + b"\n" + header)
    for path in (packed, junk):
        assert gather_in_threads(str(path), SIDES[0], 2) is None
        events, report = read_dump(path, threads=2)
        assert ak.array_equal(events, read_dump(path)[0])
        assert report == read_dump(path)[1]


def test_errors_of_a_thread_are_raised(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = big(toy, tmp_path)
    scan = Scanner.scan

    def cutting(self: Scanner, *args: Any, **options: Any) -> Any:
        path.write_bytes(b"--- START\n")
        return scan(self, *args, **options)

    monkeypatch.setattr(Scanner, "scan", cutting)
    with pytest.raises(DumpError, match="has changed while it was read"):
        read_dump(path, threads=2)


def test_missing_files_and_files_without_headers(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match=r"uHTR4.txt: cannot be opened .* check its name"):
        read_dump(tmp_path / "uHTR4.txt", threads=2)
    (tmp_path / "uHTR4.txt").write_bytes(b"notes\n")
    with pytest.raises(DumpError, match="holds no event header"):
        read_dump(tmp_path / "uHTR4.txt", threads=2)
