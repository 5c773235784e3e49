"""Scan: from a file of text to an awkward array of events, every line checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import awkward as ak
import numpy as np

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.io.dump import read_dump

from ..inputs import Bench
from ..peers import lines
from ..peers.forth import read_with_forth
from ..peers.plain import read_plainly
from ..rows import Row, skip
from ..timing import Case, divide, interleave, rates
from .spin import SPINS, spin_in_threads

__all__ = ["count_newlines", "measure", "read_in_threads"]

_NEWLINE: Final = ord("\n")
#: bytes that stay in the cache of a core
_PIECE: Final = 1 << 20
#: peers that are slow read so much less of the same dump
_PART: Final = 8
_OURS: Final = "read_dump, one thread"
_PEERS: Final = {
    "newlines": (
        "read the file, count newlines with numpy",
        "no parsing at all; piece by piece into the same memory",
    ),
    "newlines-whole": ("the same, with the whole file in memory", "no parsing at all"),
    "plain": (
        "line by line in plain Python",
        "same pulses; NUL and order of lines checked, lists to arrays at the end",
    ),
    "forth": ("AwkwardForth", "same numbers; trusts every byte, fixed header, derives nothing"),
    "arrow-lines": ("pyarrow.csv, lines as texts", "one thread; no numbers"),
    "arrow": ("pyarrow.csv, lines to integers", "one thread; integers without events, nothing checked"),
    "polars-lines": ("polars, lines as texts", "one thread; no numbers"),
    "polars": ("polars, lines to integers", "one thread; integers without events, nothing checked"),
}


def count_newlines(path: Path) -> int:
    """Read a file, and count its lines: the least that a reader must do.

    Piece by piece into the same memory, which is several times faster than the whole file into new pages.
    """
    piece = np.empty(_PIECE, dtype=np.uint8)
    is_newline = np.empty(_PIECE, dtype=bool)
    lines = 0
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(piece.data):
            lines += int(np.count_nonzero(np.equal(piece[:n], _NEWLINE, out=is_newline[:n])))
    return lines


def read_in_threads(path: Path, threads: int) -> ak.Array:
    """Read a dump in several threads, into one array."""
    return read_dump(path, side=SIDES[0], threads=threads)[0]


def measure(bench: Bench) -> Iterator[Row]:
    """Compare with peers, then one thread with two."""
    lines.use_one_thread()
    yield from _against_peers(bench)
    yield from _two_threads(bench)


def _against_peers(bench: Bench) -> Iterator[Row]:
    dump, part = bench.dump(bench.scan_mb), bench.dump(bench.scan_mb / _PART)
    mb, part_mb = (path.stat().st_size / 1e6 for path in (dump, part))
    why = bench.why_skipped("polars")
    cases = {
        "ours": Case(lambda: read_dump(dump)[0], mb),
        "newlines": Case(lambda: count_newlines(dump), mb),
        "newlines-whole": Case(lambda: np.count_nonzero(np.fromfile(dump, np.uint8) == _NEWLINE), mb),
        "plain": Case(lambda: read_plainly(part), part_mb),
        "forth": Case(lambda: read_with_forth(part), part_mb),
        "arrow-lines": Case(lambda: lines.arrow_lines(part), part_mb),
        "arrow": Case(lambda: lines.arrow_integers(part), part_mb),
    }
    if not why:
        cases["polars-lines"] = Case(lambda: lines.polars_lines(part), part_mb)
        cases["polars"] = Case(lambda: lines.polars_integers(part), part_mb)
    samples, results = interleave(cases, bench.repeat)
    events = read_dump(part)[0]
    speed = {name: rates(samples[name], case.amount, bench.clock) for name, case in cases.items()}
    for name, (against, note) in _PEERS.items():
        if name not in cases:
            yield skip(f"scan.{name}", _OURS, against, why)
            continue
        yield Row(
            f"scan.{name}",
            _OURS,
            against,
            divide(speed["ours"], speed[name]),
            speed["ours"],
            "MB/s",
            speed[name],
            goal=f"scan.{name}",
            note=note,
            status="ok" if _agrees(name, results[name], events) else "DISAGREE",
        )


def _agrees(name: str, found: Any, events: ak.Array) -> bool:
    """Compare what a peer read with the events of the same dump."""
    pulses = ak.flatten(events["Pulse"])
    samples, codes = (ak.to_numpy(ak.flatten(pulses[column], axis=None)) for column in ("samples", "tdcs"))
    inputs = np.stack([ak.to_numpy(pulses["fibre"]), ak.to_numpy(pulses["cable"])], axis=1)
    if name == "plain":
        hits = pulses[(pulses["nTdc"] == 1) | (pulses["nTdc"] == 2)]
        names = ("tdc", "tdc2", "peak", "samples")
        return all(np.array_equal(found[column], ak.to_numpy(hits[column])) for column in names)
    if name == "forth":
        headers = np.stack(
            [ak.to_numpy(events[column]) for column in ("event", "bx", "orbit", "run")], axis=1
        )
        pairs = (("headers", headers), ("samples", samples.reshape(-1, 20)), ("codes", codes))
        return all(np.array_equal(found[column], ours) for column, ours in pairs)
    if name in ("arrow", "polars"):
        return len(found) == inputs.size + samples.size + codes.size and int(
            found.sum(dtype=np.int64)
        ) == sum(int(part.sum(dtype=np.int64)) for part in (inputs, samples, codes))
    return True


def _two_threads(bench: Bench) -> Iterator[Row]:
    dump = bench.dump(bench.scan_mb * 2)
    mb = dump.stat().st_size / 1e6
    turns = min(SPINS, round(SPINS * bench.scan_mb / 62.5))
    cases = {
        "one": Case(lambda: read_dump(dump)[0], mb),
        "two": Case(lambda: read_in_threads(dump, 2), mb),
        "spin one": Case(lambda: spin_in_threads(1, turns), turns / 1e6),
        "spin two": Case(lambda: spin_in_threads(2, turns), 2 * turns / 1e6),
    }
    samples, results = interleave(cases, bench.repeat)
    speed = {name: rates(samples[name], case.amount, "wall") for name, case in cases.items()}
    same = ak.array_equal(results["one"], results["two"])
    yield Row(
        "scan.threads",
        "two threads",
        _OURS,
        divide(speed["two"], speed["one"]),
        speed["two"],
        "MB/s",
        speed["one"],
        goal="scan.threads",
        note="read_dump with threads=2; on the wall clock",
        status="ok" if same else "DISAGREE",
    )
    yield Row(
        "scan.spin",
        "two spin loops",
        "one spin loop",
        divide(speed["spin two"], speed["spin one"]),
        speed["spin two"],
        "million turns/s",
        speed["spin one"],
        note="what the machine gives two threads at that moment",
    )
