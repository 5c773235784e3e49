"""Dumps that are read in ranges give what they give in one piece, whatever the bytes and wherever they are cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bhm_columnar import convert_dump, read_events
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import BHMError, DumpError
from bhm_columnar.io._kernels import AFTER_RULE, PADDING, RESYNC
from bhm_columnar.io.assemble import table_to_events
from bhm_columnar.io.dump import add_reports, iterate_dump, read_dump
from bhm_columnar.io.gathering import Gathering
from bhm_columnar.io.ranges import RangeRead, join_ranges, read_range, split_dump, thread_map
from bhm_columnar.io.report import ReadReport, Tolerance
from bhm_columnar.io.scanning import Scanner
from bhm_columnar.io.threads import gather_in_threads
from tests.reference.reader import read_text
from tests.strategies import damaged_dumps, dumps

BIG = 1 << 20
cuts = st.integers(1, 1000)
chunks = st.sampled_from([64, 200, BIG])
several = st.lists(damaged_dumps(), min_size=1, max_size=3).map(b"".join)
one_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return tmp_path / "uHTR4.txt"


def read_whole(path: Path, chunk_bytes: int = BIG) -> tuple[ak.Array, ReadReport]:
    pieces = list(iterate_dump(path, chunk_bytes=chunk_bytes))
    return ak.concatenate([events for events, _ in pieces]), add_reports(report for _, report in pieces)


def read_cut(path: Path, range_bytes: int, chunk_bytes: int) -> tuple[ak.Array, ReadReport]:
    ranges = split_dump(str(path), range_bytes=range_bytes)
    reads = {one.start: read_range(one, SIDES[0], chunk_bytes=chunk_bytes) for one in reversed(ranges)}
    pieces = list(join_ranges(iter([reads[one.start] for one in ranges]), str(path)))
    return ak.concatenate([events for events, _ in pieces]), add_reports(report for _, report in pieces)


def read_threaded(path: Path, range_bytes: int) -> tuple[ak.Array, ReadReport] | None:
    gathered = gather_in_threads(str(path), SIDES[0], 2, range_bytes=range_bytes)
    if gathered is None:
        return None
    table, reports = gathered
    return table_to_events(table, SIDES[0]), add_reports(reports)


def check_same(path: Path, text: bytes, range_bytes: int, chunk_bytes: int) -> None:
    path.write_bytes(text)
    slow = read_text(text)
    if slow.headers == 0:
        with pytest.raises(DumpError, match="holds no event header"):
            read_cut(path, range_bytes, chunk_bytes)
        return
    events, report = read_cut(path, range_bytes, chunk_bytes)
    expected, whole = read_whole(path)
    assert ak.array_equal(events, expected)
    assert report == whole
    for found in (read_threaded(path, range_bytes), read_dump(path), read_dump(path, threads=2)):
        if found is not None:
            assert ak.array_equal(found[0], expected)
            assert found[1].as_dict() == whole.as_dict()
            assert found[1] == whole
    assert report.as_dict() == whole.as_dict()
    assert list(report.skipped) == list(whole.skipped)
    assert (report.headers, report.lines, report.truncated) == (slow.headers, slow.lines, slow.truncated)
    assert (report.skipped, report.unusual) == (slow.skipped, slow.unusual)
    assert {key: bad.line for key, bad in report.first_bad.items()} == slow.first_bad_line
    assert events.event.to_list() == [event.event for event in slow.events]


@given(text=several, range_bytes=cuts, chunk_bytes=chunks)
@settings(one_file, max_examples=100)
@example(
    text=b"x\n--- START a 1 b 2 c 3 d 4\n" + b"-" * 75 + b"\n-- --- START", range_bytes=1, chunk_bytes=64
)
@example(text=b"--- START\n" * 3 + b"9" * 3000, range_bytes=1, chunk_bytes=64)
@example(text=b"--- START a 1 b 2 c 3 d 4\n\n" * 40 + b"\0" * 70_000, range_bytes=100, chunk_bytes=BIG)
def test_damaged_dumps(dump: Path, text: bytes, range_bytes: int, chunk_bytes: int) -> None:
    check_same(dump, text, range_bytes, chunk_bytes)


@given(text=dumps, range_bytes=cuts)
@settings(one_file, max_examples=3)
def test_cut_at_every_byte(dump: Path, text: bytes, range_bytes: int) -> None:
    for length in range(1, min(len(text), 1000), 7):
        check_same(dump, text[:length], range_bytes, BIG)


@given(several, st.booleans())
@settings(max_examples=100)
def test_what_begins_at_a_header_is_read_alike_whatever_precedes_it(text: bytes, final: bool) -> None:
    text = text[max(text.find(b"--- START"), 0) :]
    if not text.startswith(b"--- START"):
        return
    seen = []
    for state in (AFTER_RULE, RESYNC):
        buffer = np.zeros(len(text) + PADDING, dtype=np.uint8)
        buffer[: len(text)] = np.frombuffer(text, dtype=np.uint8)
        part = Scanner("x").scan(buffer, len(text), len(text), is_last=final, state=state)
        gathering = Gathering(SIDES[0], len(text))
        report = gathering.add(part)
        seen.append((report, part.state, table_to_events(gathering.finish(), SIDES[0]).to_list()))
    assert seen[0] == seen[1]


Map = Callable[[Callable[[object], RangeRead], Iterable[object]], Iterator[RangeRead]]


def convert(paths: list[Path], target: Path, map_ranges: Map | None, tolerance: Tolerance) -> object:
    """Everything that a conversion gives, or the error that it ends with."""
    try:
        made = convert_dump(
            paths,
            target,
            side="+Z",
            tolerance=tolerance,
            overwrite=True,
            chunk_bytes=BIG,
            map_ranges=map_ranges,
            range_bytes=300,
        )
    except BHMError as error:
        return type(error), str(error)
    return made.to_json(), read_events(target).to_list()


@given(
    texts=st.lists(several, min_size=1, max_size=3),
    strict=st.booleans(),
    max_bad=st.sampled_from([0.0, 0.5, 1.0]),
)
@settings(one_file, max_examples=12)
def test_conversion_in_threads(tmp_path: Path, texts: list[bytes], strict: bool, max_bad: float) -> None:
    paths = []
    for place, text in enumerate(texts):
        paths.append(tmp_path / f"uHTR4_{place}.txt")
        paths[-1].write_bytes(text)
    tolerance = Tolerance(strict=strict, max_bad=max_bad)
    expected = convert(paths, tmp_path / "a.root", None, tolerance)
    with thread_map(2) as threads:
        assert convert(paths, tmp_path / "a.root", threads, tolerance) == expected
    assert convert(paths, tmp_path / "a.root", map, tolerance) == expected
