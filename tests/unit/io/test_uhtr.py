from __future__ import annotations

import struct
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import find_dumps, flatten_pulses, read_dump
from bhm_columnar.errors import DumpError
from bhm_columnar.io.convert import convert_to_uhtr
from tests.reference.reader import read_text

SAMPLES = np.arange(60, dtype=np.uint8).reshape(3, 20)


def blob(**changed: list[int]) -> bytes:
    """Three hits, two of them in one event, array behind array."""
    hits = {
        "event": ([7, 7, 9], ">u4"),
        "tdc": ([6, 31, 50], ">u1"),
        "tdc2": ([-1, 62, -1], ">i1"),
        "bx": ([5, 5, 3563], ">u2"),
        "samples": (SAMPLES.reshape(-1).tolist(), ">u1"),
        "input": ([3, 0, 8, 1, 5, 2], ">u1"),
        "orbit": ([100, 100, 2**32], ">u8"),
        "run": ([1, 1, 1], ">u4"),
    }
    arrays = [
        np.array(changed.get(name, values), dtype=dtype).tobytes() for name, (values, dtype) in hits.items()
    ]
    return b"\1" + (3).to_bytes(4, "big") + b"".join(arrays)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "uHTR4.uhtr"
    path.write_bytes(content)
    return path


def test_hits_become_events(tmp_path: Path) -> None:
    content = blob()
    assert len(content) == 5 + 42 * 3
    events, report = read_dump(write(tmp_path, content))
    assert events.event.to_list() == [7, 9]
    assert events.orbit.to_list() == [100, 2**32]
    assert events.Pulse.tdcs.to_list() == [[[6], [31, 62]], [[50]]]
    assert ak.flatten(events.Pulse.samples).to_list() == SAMPLES.tolist()
    assert events.Pulse.channel.to_list() == [[0, 19], [-1]]
    assert (report.events, report.pulses, report.bytes) == (2, 3, len(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\1\0", "is shorter than a .uhtr header of 5 bytes"),
        (b"\2" + blob()[1:], "says .uhtr version 2, only version 1 is known"),
        (blob()[:-1], "is shorter than the 3 hits it announces"),
        (blob() + b"x", "is longer than the 3 hits it announces"),
        (b"\1\xff\xff\xff\xff" + blob()[5:], "is shorter than the 4294967295 hits it announces"),
        (blob(bx=[5, 5, 3564]), "BX of hit 2 is out of range"),
        (blob(tdc=[6, 64, 0]), "TDC code of hit 1 is out of range"),
        (blob(input=[3, 0, 9, 1, 5, 2]), "fibre of hit 1 is out of range"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DumpError, match=message):
        read_dump(write(tmp_path, content))


def slow_uhtr(dump: Path) -> bytes:
    """The layout in words, hit by hit: array behind array, big endian."""
    hits = []
    for event in read_text(dump.read_bytes()).events:
        for pulse in event.pulses:
            if len(pulse.tdcs) in (1, 2):
                first, second = [*pulse.tdcs, -1][:2]
                inputs = (pulse.fibre, pulse.cable)
                hits.append(
                    (event.event, first, second, event.bx, pulse.samples, inputs, event.orbit, event.run)
                )
    event, first, second, bx, rows, inputs, orbit, run = zip(*hits, strict=True)
    n = len(hits)
    return b"".join(
        (
            struct.pack(">BI", 1, n),
            struct.pack(f">{n}I", *event),
            struct.pack(f">{n}B", *first),
            struct.pack(f">{n}b", *second),
            struct.pack(f">{n}H", *bx),
            *(struct.pack(">20B", *row) for row in rows),
            *(struct.pack(">2B", *pair) for pair in inputs),
            struct.pack(f">{n}Q", *orbit),
            struct.pack(f">{n}I", *run),
        )
    )


def test_written_byte_for_byte(toy: Path, tmp_path: Path) -> None:
    reports = convert_to_uhtr(find_dumps(toy), tmp_path)
    assert sorted(path.name for path in reports) == ["uHTR11.uhtr", "uHTR4.uhtr"]
    for path in reports:
        assert path.read_bytes() == slow_uhtr(toy / f"{path.stem}.txt")


def test_round_trip(toy: Path, tmp_path: Path) -> None:
    convert_to_uhtr(find_dumps(toy), tmp_path / "a")
    convert_to_uhtr(find_dumps(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a" / "uHTR4.uhtr").read_bytes() == (tmp_path / "b" / "uHTR4.uhtr").read_bytes()
    kept = flatten_pulses(read_dump(toy / "uHTR4.txt")[0])
    kept = kept[(kept.nTdc == 1) | (kept.nTdc == 2)]
    assert ak.array_equal(flatten_pulses(read_dump(tmp_path / "a" / "uHTR4.uhtr")[0]), kept)


def test_a_dump_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "uHTR4.txt").write_text("--- START x\n")
    with pytest.raises(DumpError, match="1 of 1 events cannot be read"):
        convert_to_uhtr(find_dumps(tmp_path), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_no_hits(tmp_path: Path) -> None:
    with pytest.raises(DumpError, match="holds no event header"):
        read_dump(write(tmp_path, b"\1\0\0\0\0"))
