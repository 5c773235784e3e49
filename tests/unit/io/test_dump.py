from __future__ import annotations

import gzip
from pathlib import Path

import awkward as ak
import pytest

from bhm_columnar import iterate_dump, read_dump
from bhm_columnar.errors import DatasetError, DumpError
from bhm_columnar.io.report import BadLine, ReadReport

RULE = "-" * 75
PULSE = "3 0 4 4 4 4 4 4 4 4 4 150 5 5 5 5 5 5 5 5 5 5\n6\n"


def event(number: int, body: str = PULSE) -> str:
    return f"--- START EVT: {number}, BX: 1234, ORB: 12345678, RUN: 372923\n{RULE}\n{body}"


def write(folder: Path, text: str, name: str = "uHTR4.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode("latin-1"))
    return path


def test_one_event(tmp_path: Path) -> None:
    two = "7 1 4 4 4 4 4 4 4 4 4 131 5 5 5 5 5 5 5 5 5 5\n31 62\n"
    events, report = read_dump(write(tmp_path, event(4029690, PULSE + two)))
    first = events[0].to_list()
    assert (first["event"], first["bx"], first["orbit"], first["run"], first["uhtr"]) == (
        4029690,
        1234,
        12345678,
        372923,
        4,
    )
    assert first["Pulse"][0]["samples"] == [4] * 9 + [150] + [5] * 10
    assert first["Pulse"][1]["tdcs"] == [31, 62]
    assert [pulse["channel"] for pulse in first["Pulse"]] == [0, 15]
    assert (report.headers, report.events, report.pulses, report.lines, report.skipped) == (1, 1, 2, 6, {})


@pytest.mark.parametrize(
    ("body", "reason", "line"),
    [
        (PULSE.replace("150", "1\0000"), "nul_byte", 3),
        (PULSE.replace("150", "15x"), "bad_character", 3),
        (PULSE.replace("150", "-15"), "bad_character", 3),
        (PULSE.replace(" 150", ""), "field_count", 3),
        (PULSE.replace("150", "256"), "value_range", 3),
        (PULSE.replace("\n6\n", "\n64\n"), "value_range", 4),
        (PULSE.replace("3 0", "9 0"), "unknown_input", 3),
        (PULSE.replace("3 0", "3 4"), "unknown_input", 3),
        (PULSE.replace("\n6\n", "\n"), "missing_tdc_line", 4),
        (PULSE.replace("\n6\n", "\n") + PULSE, "missing_tdc_line", 4),
        (f"{RULE}\n{PULSE}", "misplaced_rule", 4),
        (PULSE + "\n", "field_count", 5),
        (PULSE[:-1], "unterminated_line", 4),
        ("3 0" + " 5" * 600 + "\n6\n", "long_line", 3),
    ],
)
def test_an_event_that_does_not_fit_is_left_out_whole(
    tmp_path: Path, body: str, reason: str, line: int
) -> None:
    events, report = read_dump(write(tmp_path, event(1, body) + event(2) + event(3)))
    assert events.event.to_list() == [2, 3]
    assert report.skipped == {reason: 1}
    assert report.first_bad[reason].line == line
    assert report.headers == 3


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("--- START EVT: 1, BX: 5, ORB: 7", "bad_header"),
        ("--- START EVT: x, BX: 5, ORB: 7, RUN: 9", "bad_header"),
        ("--- START EVT: 1, BX: 3564, ORB: 7, RUN: 9", "header_range"),
        ("--- START EVT: 4294967296, BX: 5, ORB: 7, RUN: 9", "header_range"),
        ("--- START EVT: 1, BX: 5, ORB: 4294967296, RUN: 9", "header_range"),
        ("--- START EVT: 1, BX: 5, ORB: 7, RUN: 2147483648", "header_range"),
    ],
)
def test_headers_that_do_not_fit(tmp_path: Path, header: str, reason: str) -> None:
    events, report = read_dump(write(tmp_path, f"{event(1)}{header}\n{RULE}\n{PULSE}{event(3)}"))
    assert events.event.to_list() == [1, 3]
    assert report.skipped == {reason: 1}
    assert report.first_bad[reason].text == header


def test_a_lost_header_costs_its_own_pulses_only(tmp_path: Path) -> None:
    text = event(1) + event(2).split("\n", 1)[1] + event(3)
    events, report = read_dump(write(tmp_path, text))
    assert events.event.to_list() == [1, 3]
    assert ak.num(events.Pulse.tdc).to_list() == [1, 1]
    assert report.skipped == {"no_header": 1}
    assert report.headers == report.events == 2


def test_a_lost_newline_before_a_header_costs_the_event_before(tmp_path: Path) -> None:
    events, report = read_dump(write(tmp_path, event(1)[:-1] + event(2)))
    assert events.event.to_list() == [2]
    assert report.skipped == {"unterminated_line": 1}


@pytest.mark.parametrize("tail", ["-----", "--- STA", "-" * 75, "--- S\0"])
def test_a_header_cut_short_by_the_end_does_no_harm(tmp_path: Path, tail: str) -> None:
    events, report = read_dump(write(tmp_path, event(1) + tail))
    assert events.event.to_list() == [1]
    assert report.truncated
    assert report.skipped == {}


def test_unusual_is_read_and_counted(tmp_path: Path) -> None:
    more = PULSE.replace("\n6", " 1 2 3\n6")
    text = (
        event(1, more)
        + event(2).replace(RULE, "trigger 0x1f")
        + event(3, PULSE.replace(" ", "\t").replace("\n", "\r\n"))
    )
    events, report = read_dump(write(tmp_path, text))
    assert events.event.to_list() == [1, 2, 3]
    assert report.unusual == {"more_than_20_samples": 1, "text_behind_header": 1}
    assert ak.flatten(events.Pulse.samples).to_list() == [[4] * 9 + [150] + [5] * 10] * 3


def test_text_of_a_bad_line_is_shown_escaped(tmp_path: Path) -> None:
    _, report = read_dump(write(tmp_path, event(1, PULSE.replace("150", "1\0\xff")) + event(2)))
    assert report.first_bad["nul_byte"].text.startswith("3 0 4 4 4 4 4 4 4 4 4 1\\x00\\xff 5")


def test_an_event_of_a_megabyte_is_given_up(tmp_path: Path) -> None:
    path = write(tmp_path, event(1) + event(2, PULSE * 25_000) + event(3))
    for chunk_bytes in (1000, 10_000_000):
        pieces = list(iterate_dump(path, chunk_bytes=chunk_bytes))
        assert ak.concatenate([events for events, _ in pieces]).event.to_list() == [1, 3]
        assert sum((report for _, report in pieces), ReadReport()).skipped == {"long_event": 1}


def test_megabytes_without_a_header_are_passed(tmp_path: Path) -> None:
    path = write(tmp_path, "x" * 3_000_000 + "\n" + event(1))
    pieces = list(iterate_dump(path, chunk_bytes=1000))
    report = sum((report for _, report in pieces), ReadReport())
    assert (report.events, report.skipped, report.lines) == (1, {"no_header": 1}, 5)


@pytest.mark.parametrize("text", ["", "some notes\n", "\0" * 1000, "1 2 3\n" * 100])
def test_what_is_no_dump(tmp_path: Path, text: str) -> None:
    with pytest.raises(DumpError, match=r"holds no event header .*; is it a BHM self-trigger dump"):
        read_dump(write(tmp_path, text))


def test_unknown_side(tmp_path: Path) -> None:
    path = write(tmp_path, event(1), "dump.txt")
    with pytest.raises(DatasetError, match="does not tell which side"):
        read_dump(path)
    events, _ = read_dump(path, side="-Z")
    assert events.uhtr.to_list() == [11]


def test_reports_add_up() -> None:
    bad = BadLine("f", 3, "nul_byte", "")
    one = ReadReport(bytes=1, headers=2, events=1, skipped={"nul_byte": 1}, first_bad={"nul_byte": bad})
    later = BadLine("f", 9, "nul_byte", "")
    other = ReadReport(
        bytes=5, headers=1, skipped={"nul_byte": 1}, first_bad={"nul_byte": later}, truncated=True
    )
    total = one + other
    assert (total.bytes, total.headers, total.skipped_events, total.truncated) == (6, 3, 2, True)
    assert total.skipped == {"nul_byte": 2}
    assert total.first_bad == {"nul_byte": bad}
    assert total.as_dict()["first_bad"]["line"] == 3


def test_pieces_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two = "7 1 4 4 4 4 4 4 4 4 4 131 5 5 5 5 5 5 5 5 5 5\n31 62\n"
    path = write(tmp_path, "".join(event(number, (PULSE + two) * (number % 3)) for number in range(100)))
    whole, report = read_dump(path)
    monkeypatch.setattr("bhm_columnar.io.reading.PART", 700)
    assert len(list(iterate_dump(path, chunk_bytes=700))) > 10
    joined, of_joined = read_dump(path)
    assert ak.array_equal(joined, whole)
    assert of_joined == report


def test_a_compressed_dump_of_unknown_length_is_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "".join(event(number, PULSE * (number % 3)) for number in range(100)))
    packed = tmp_path / "uHTR4.txt.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    whole, report = read_dump(path)
    monkeypatch.setattr("bhm_columnar.io.reading.PART", 700)
    monkeypatch.setattr("bhm_columnar.io.dump.DEFAULT_CHUNK", 1500)
    joined, of_joined = read_dump(packed)
    assert ak.array_equal(joined, whole)
    assert of_joined == report
