"""Convert: from text to TTree, RNTuple and Parquet, and how large the files are."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import awkward as ak

from bhm_columnar.io.convert import ENDINGS, Format, convert_dump, read_events
from bhm_columnar.io.dump import iterate_dump, read_dump
from bhm_columnar.io.uhtr import save_uhtr

from ..inputs import Bench
from ..rows import Row
from ..timing import Case, divide, interleave, rates

__all__ = ["measure"]

_NAMES: Final[dict[Format, str]] = {"ttree": "TTree", "rntuple": "RNTuple", "parquet": "Parquet"}
_GZIP_LEVEL: Final = 6  # what the program gzip does if it is not told


def measure(bench: Bench) -> Iterator[Row]:
    """Convert one dump into each format, and scan it, in turn."""
    dump = bench.dump(bench.scan_mb)
    targets: dict[Format, Path] = {name: bench.scratch(f"{name}{ENDINGS[name]}") for name in _NAMES}
    mb = dump.stat().st_size / 1e6
    cases = {"scan": Case(lambda: read_dump(dump)[0], mb)}
    for name, target in targets.items():
        cases[name] = Case(partial(convert_dump, dump, target, format=name, overwrite=True), mb)
    samples, results = interleave(cases, bench.repeat)
    speed = {name: rates(samples[name], mb, bench.clock) for name in cases}
    for name, target in targets.items():
        same = ak.array_equal(
            ak.without_parameters(results["scan"]), ak.without_parameters(read_events(target))
        )
        yield Row(
            f"convert.{name}",
            f"convert to {_NAMES[name]}, one thread",
            "read_dump",
            divide(speed[name], speed["scan"]),
            speed[name],
            "MB/s",
            speed["scan"],
            goal=f"convert.{name}",
            note="text in; with checksum of the text, order of the events and provenance",
            status="ok" if same else "DISAGREE",
        )
    yield from _sizes(bench, dump, targets)


def _sizes(bench: Bench, dump: Path, targets: dict[Format, Path]) -> Iterator[Row]:
    """How many times smaller than the text."""
    others = {".uhtr": bench.scratch("dump.uhtr"), ".txt.gz": bench.scratch("dump.txt.gz")}
    save_uhtr((events for events, _ in iterate_dump(dump)), others[".uhtr"], overwrite=True)
    with dump.open("rb") as text, gzip.open(others[".txt.gz"], "wb", _GZIP_LEVEL) as compressed:
        shutil.copyfileobj(text, compressed)
    notes = {
        "TTree": "with the 20 samples of each pulse, peak and charge",
        "RNTuple": "the same columns",
        "Parquet": "the same columns",
        ".uhtr": "the earlier program's format; first two TDC codes only, not compressed",
        ".txt.gz": f"gzip, level {_GZIP_LEVEL}",
    }
    text_mb = dump.stat().st_size / 1e6
    for name, path in {**{_NAMES[name]: path for name, path in targets.items()}, **others}.items():
        mb = path.stat().st_size / 1e6
        key = f"size.{name.removeprefix('.').lower()}"
        yield Row(key, f"size of {name}", "text", (text_mb / mb,), (mb,), "MB", (text_mb,), key, notes[name])
