from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bhm_columnar import convert_dump, find_dumps, read_events
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import BHMError, DumpError
from bhm_columnar.io.convert import convert_folder, convert_to_uhtr
from bhm_columnar.io.ranges import MapRanges, executor_map, join_ranges, read_range, split_dump, thread_map
from bhm_columnar.io.report import Tolerance

SMALL = 40_000


def outcome(dumps: object, target: Path, **options: object) -> tuple[str, object]:
    """What a conversion gives, or the error that it ends with."""
    try:
        made = convert_dump(dumps, target, overwrite=True, **options)
    except BHMError as error:
        return type(error).__name__, str(error)
    return made.to_json(), read_events(target).to_list()


def check_same(dumps: object, folder: Path, **options: object) -> tuple[str, object]:
    """Convert in one go and in ranges; returns what both give."""
    expected = outcome(dumps, folder / "one.root", **options)
    with thread_map(2) as threads:
        found = outcome(dumps, folder / "one.root", map_ranges=threads, range_bytes=SMALL, **options)
    assert found == expected
    return expected


def test_ranges_cover_the_file_and_begin_at_headers(toy: Path) -> None:
    path = toy / "uHTR4.txt"
    text = path.read_bytes()
    ranges = split_dump(str(path), range_bytes=SMALL)
    assert len(ranges) == pytest.approx(len(text) / SMALL, abs=2)
    assert "".join(text[one.start : one.stop].decode() for one in ranges) == text.decode()
    assert all(text[one.start :].startswith(b"--- START") for one in ranges)
    assert [one.is_last for one in ranges] == [False] * (len(ranges) - 1) + [True]
    assert split_dump(str(path)) == [pickle.loads(pickle.dumps(one)) for one in split_dump(str(path))]  # noqa: S301


def test_debug_headers_are_cut_before_their_dashes(tmp_path: Path) -> None:
    rule = "-" * 75
    event = f"{rule}\n{'-' * 27} START EVT: 1, BX: 2, ORB: 3, RUN: 4 {'-' * 27}\n{rule}\n"
    (tmp_path / "uHTR4.txt").write_text(event * 10)
    starts = [one.start for one in split_dump(str(tmp_path / "uHTR4.txt"), range_bytes=1)]
    assert starts == [0] + [k * len(event) + 76 for k in range(10)]


def test_a_header_across_the_windows_of_the_search_is_found(tmp_path: Path) -> None:
    header = b"--- START EVT: 1, BX: 2, ORB: 3, RUN: 4\n"
    for shift in range(12):
        (tmp_path / "uHTR4.txt").write_bytes(header + b"\0" * ((1 << 16) - 6 + shift) + b"\n" + header)
        assert len(split_dump(str(tmp_path / "uHTR4.txt"), range_bytes=len(header))) == 2


@pytest.mark.parametrize("ending", [".txt.gz", ".uhtr"])
def test_what_cannot_be_cut_is_one_range(toy: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"uHTR4{ending}"
    if ending == ".uhtr":
        convert_to_uhtr(find_dumps(toy / "uHTR4.txt"), tmp_path)
    else:
        path.write_bytes(gzip.compress((toy / "uHTR4.txt").read_bytes()))
    (one,) = split_dump(str(path), range_bytes=1000)
    assert (one.start, one.stop, one.is_whole) == (0, path.stat().st_size, True)
    provenance, _ = check_same(path, tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in provenance


def test_large_compressed_files_are_streamed(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "uHTR4.txt.gz"
    path.write_bytes(gzip.compress((toy / "uHTR4.txt").read_bytes()))
    monkeypatch.setattr("bhm_columnar.io.readers._MAX_UNSPLIT", 1000)
    seen: list[int] = []
    with thread_map(2) as threads:
        made = convert_dump(
            [path, toy / "uHTR4.txt"], tmp_path / "x.root", map_ranges=threads, on_bytes=seen.append
        )
    assert made.entries == 6000
    assert sum(seen) == path.stat().st_size + (toy / "uHTR4.txt").stat().st_size


def test_wraps_captures_and_several_files(toy: Path, tmp_path: Path) -> None:
    text = (toy / "uHTR4.txt").read_bytes()
    (tmp_path / "uHTR4_1.txt").write_bytes(text.replace(b"ORB: ", b"ORB: 429"))
    later = text.replace(b"RUN: 38", b"RUN: 39")
    first_run = later[: later.index(b"--- START EVT: 401,")]
    (tmp_path / "uHTR4_2.txt").write_bytes(first_run + first_run)
    (tmp_path / "uHTR4_3.txt.gz").write_bytes(gzip.compress(text.replace(b"RUN: 38", b"RUN: 40")[:-30]))
    provenance, _ = check_same(find_dumps(tmp_path).sides[0], tmp_path)
    assert '"captures": 1' in provenance
    assert '"orbit_wraps": 1' in provenance


def test_damage(toy: Path, tmp_path: Path) -> None:
    parts = (toy / "uHTR4.txt").read_bytes().split(b"--- START")
    for place, damage in {700: b"\0", 900: b"5 " * 600, 1400: b"7 7 7\n", 2500: b"x"}.items():
        parts[place] += damage
    path = tmp_path / "uHTR4.txt"
    path.write_bytes(b"--- START".join(parts))
    provenance, _ = check_same(path, tmp_path)
    assert '"entries": 2996' in provenance
    strict = check_same(path, tmp_path, tolerance=Tolerance(strict=True))
    assert strict[0] == "DumpError"
    assert "a NUL byte" in str(strict[1])
    assert "4 of 3000 events cannot be read" in str(
        check_same(path, tmp_path, tolerance=Tolerance(max_bad=0))[1]
    )


@pytest.mark.parametrize("text", [b"", b"notes\n" * 100_000])
def test_no_dump(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "uHTR4.txt").write_bytes(text)
    assert "holds no event header" in str(check_same(tmp_path / "uHTR4.txt", tmp_path)[1])


def test_errors_come_in_the_order_of_the_files(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "uHTR4_1.txt").write_bytes(b"notes\n")
    missing = [toy / "uHTR4.txt", tmp_path / "uHTR4_1.txt", tmp_path / "uHTR4_2.txt"]
    assert "uHTR4_1.txt: holds no event header" in str(check_same(missing, tmp_path)[1])
    assert "cannot be opened" in str(check_same([toy / "uHTR4.txt", missing[2]], tmp_path)[1])


def test_a_bad_line_goes_before_a_bad_end(toy: Path, tmp_path: Path) -> None:
    path = tmp_path / "uHTR4.txt.gz"
    path.write_bytes(gzip.compress(b"x\n" + (toy / "uHTR4.txt").read_bytes())[:-12])
    assert "cannot be read to its end" in str(check_same(path, tmp_path)[1])
    strict = Tolerance(strict=True)
    assert "uHTR4.txt.gz:1: " in str(check_same(path, tmp_path, tolerance=strict, chunk_bytes=SMALL)[1])
    (tmp_path / "uHTR4.txt").write_bytes(b"x\n")
    assert "uHTR4.txt:1: " in str(check_same(tmp_path / "uHTR4.txt", tmp_path, tolerance=strict)[1])


def test_folders_and_uhtr(toy: Path, tmp_path: Path) -> None:
    dumps = find_dumps(toy)
    expected = [*convert_folder(dumps, tmp_path / "a"), *convert_to_uhtr(dumps, tmp_path / "a")]
    seen: list[int] = []
    with thread_map(2) as threads:
        options = {"map_ranges": threads, "range_bytes": SMALL, "on_bytes": seen.append}
        found = [
            *convert_folder(dumps, tmp_path / "b", **options),
            *convert_to_uhtr(dumps, tmp_path / "b", **options),
        ]
    assert sum(seen) == 2 * sum((toy / name).stat().st_size for name in ("uHTR4.txt", "uHTR11.txt"))
    for one, other in zip(expected, found, strict=True):
        if one.suffix == ".uhtr":
            assert one.read_bytes() == other.read_bytes()
        else:
            assert read_events(one).to_list() == read_events(other).to_list()


def test_processes(toy: Path, tmp_path: Path) -> None:
    path = toy / "uHTR4.txt"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        options = {"map_ranges": executor_map(pool, 2), "range_bytes": 200_000}
        assert outcome(path, tmp_path / "x.root", **options) == outcome(path, tmp_path / "x.root")


def meddle(change: Callable[[Path], None], path: Path, after: int) -> MapRanges:
    """Change a file when so many of its ranges are read."""

    def meddling(function: Callable, items: Iterable, /) -> Iterator:
        for place, item in enumerate(list(items)):
            if place == after:
                change(path)
            yield function(item)

    return meddling


def shrink(path: Path) -> None:
    os.truncate(path, 100_000)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"7 7\n")


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes())
    os.utime(path, (1, 1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (shrink, r"has changed while it was read, from \d+ to 100000 bytes; convert it when nothing writes"),
        (grow, r"has changed while it was read, from \d+ to \d+ bytes"),
        (rewrite, "has changed while it was read, keeping its size"),
        (Path.unlink, "was there when its reading was planned, and is gone"),
    ],
)
@pytest.mark.parametrize("after", [0, 4])
def test_files_that_change_are_refused(
    toy: Path, tmp_path: Path, change: Callable[[Path], None], said: str, after: int
) -> None:
    path = tmp_path / "uHTR4.txt"
    path.write_bytes((toy / "uHTR4.txt").read_bytes())
    with pytest.raises(DumpError, match=said):
        convert_dump(path, tmp_path / "x.root", map_ranges=meddle(change, path, after), range_bytes=SMALL)
    assert not (tmp_path / "x.root").exists()


def test_a_file_that_changes_behind_the_last_range_is_refused(toy: Path, tmp_path: Path) -> None:
    path = tmp_path / "uHTR4.txt"
    path.write_bytes((toy / "uHTR4.txt").read_bytes())

    def late(function: Callable, items: Iterable, /) -> Iterator:
        results = [function(item) for item in items]
        grow(path)
        yield from results

    with pytest.raises(DumpError, match="has changed while it was read"):
        convert_dump(path, tmp_path / "x.root", map_ranges=late, range_bytes=SMALL)


def test_lost_and_swapped_ranges_are_noticed(toy: Path) -> None:
    path = str(toy / "uHTR4.txt")
    reads = [read_range(one, SIDES[0]) for one in split_dump(path, range_bytes=SMALL)]
    for wrong in ([], reads[:-1], [reads[0], *reads[2:]], [reads[1], reads[0], *reads[2:]]):
        with pytest.raises(DumpError, match=r"what begins at byte \d+ was not read"):
            list(join_ranges(iter(wrong), path))


def test_threads_work_at_few_items_at_a_time() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> int:
        with lock:
            begun.append(item)
        time.sleep(0.001 * (item % 3))
        return item

    with thread_map(2) as threads:
        for done in threads(work, range(30)):
            assert len(begun) <= done + 3
        assert sorted(begun) == list(range(30))
        assert list(threads(work, range(5))) == list(range(5))


def serve(server: HTTPServer, content: bytes, *, by_ranges: bool) -> str:
    """Serve a dump, with or without answering for parts of it."""

    def answer(request: Request) -> Response:
        response = Response(content, headers={"ETag": '"1"'})
        if by_ranges:
            response.make_conditional(request, accept_ranges=True, complete_length=len(content))
        return response

    server.expect_request("/uHTR4.txt").respond_with_handler(answer)
    return server.url_for("/uHTR4.txt")


@pytest.mark.parametrize("by_ranges", [True, False])
def test_dumps_of_a_web_server(toy: Path, tmp_path: Path, httpserver: HTTPServer, by_ranges: bool) -> None:
    content = (toy / "uHTR4.txt").read_bytes()
    url = serve(httpserver, content, by_ranges=by_ranges)
    assert (len(split_dump(url, range_bytes=SMALL)) > 1) is by_ranges
    provenance, events = check_same(url, tmp_path)
    assert url in provenance
    assert hashlib.sha256(content).hexdigest() in provenance
    assert events == read_events_of(toy / "uHTR4.txt", tmp_path)


def read_events_of(dump: Path, folder: Path) -> list[dict[str, object]]:
    convert_dump(dump, folder / "local.root")
    return read_events(folder / "local.root").to_list()
