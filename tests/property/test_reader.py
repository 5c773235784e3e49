"""The scanner and its slow twin read the same, whatever the bytes."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import DumpError
from bhm_columnar.io.dump import iterate_source
from bhm_columnar.io.report import ReadReport
from tests.reference.reader import Reading, read_text
from tests.strategies import damaged_dumps, dumps


class Source:
    """A dump in memory."""

    path = "memory.txt"

    def __init__(self, text: bytes) -> None:
        self._rest = np.frombuffer(text, dtype=np.uint8)

    def fill(self, buffer: np.ndarray) -> int:
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n


def read_fast(text: bytes, chunk_bytes: int) -> tuple[ak.Array, ReadReport]:
    pieces = list(iterate_source(Source(text), SIDES[0], chunk_bytes=chunk_bytes))
    return ak.concatenate([events for events, _ in pieces]), sum(
        (report for _, report in pieces), ReadReport()
    )


def check_same(text: bytes, chunk_bytes: int) -> Reading:
    slow = read_text(text)
    if slow.headers == 0:
        with pytest.raises(DumpError, match="holds no event header"):
            read_fast(text, chunk_bytes)
        return slow
    events, report = read_fast(text, chunk_bytes)
    assert report.headers == slow.headers
    assert report.skipped == slow.skipped
    assert {key: bad.line for key, bad in report.first_bad.items()} == slow.first_bad_line
    assert report.unusual == slow.unusual
    assert report.lines == slow.lines
    assert report.truncated == slow.truncated
    assert report.bytes == len(text)
    assert report.events == len(events) == len(slow.events)
    assert report.headers == report.events + sum(n for key, n in report.skipped.items() if key != "no_header")
    for name in ("event", "bx", "orbit", "run"):
        assert events[name].to_list() == [getattr(event, name) for event in slow.events]
    for name in ("fibre", "cable", "samples", "tdcs"):
        expected = [[getattr(pulse, name) for pulse in event.pulses] for event in slow.events]
        assert events["Pulse"][name].to_list() == expected
    return slow


@given(dumps, st.sampled_from([64, 200, 1 << 20]))
def test_good_dumps(text: bytes, chunk_bytes: int) -> None:
    assert check_same(text, chunk_bytes).skipped == {}


@given(damaged_dumps(), st.sampled_from([64, 200, 1 << 20]))
@settings(max_examples=400)
@example(b"--- START a 1 b 2 c 3 d 4\n" + b"-" * 75 + b"\n-- --- START", 64)
@example(b"--- START a 1 b 2 c 3 d 4\n" + b"-" * 75 + b"\n-x--- START", 64)
def test_damaged_dumps(text: bytes, chunk_bytes: int) -> None:
    check_same(text, chunk_bytes)


@given(st.binary(max_size=300), st.sampled_from([64, 1 << 20]))
def test_random_bytes(text: bytes, chunk_bytes: int) -> None:
    check_same(b"--- START a 1 b 2 c 3 d 4\n" + text, chunk_bytes)


@given(dumps, st.sampled_from([64, 1 << 20]))
@settings(max_examples=5)
def test_cut_at_every_byte(text: bytes, chunk_bytes: int) -> None:
    for length in range(min(len(text), 2000)):
        check_same(text[:length], chunk_bytes)


@given(damaged_dumps(), damaged_dumps())
@settings(max_examples=50)
def test_reports_of_two_dumps_add_up(first: bytes, second: bytes) -> None:
    """Where a dump ends with its last line, what follows it does not change how it is read."""
    one, other = (text.rstrip(b"\n") + b"\n" + b"-" * 75 + b"\n" for text in (first, second))
    if not (one.startswith(b"--- START") and other.startswith(b"--- START")):
        return
    both, alone = read_text(one + other), [read_text(one), read_text(other)]
    assert both.headers == sum(reading.headers for reading in alone)
    check_same(one + other, 64)
