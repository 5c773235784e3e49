"""What workers save in converting a dump: `python -m benchmarks.convert`.

Simulates a dump, converts it in one go and in ranges with threads and with processes, each time in a new process, and compares
the files column by column. The best of several repeats counts; memory is the peak of each process, main first.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import awkward as ak
import numpy as np
import uproot
from rich.console import Console
from rich.table import Table

from bhm_columnar import convert_dump, simulate_dumps
from bhm_columnar.io.ranges import DEFAULT_RANGE, MapRanges, executor_map, thread_map
from bhm_columnar.io.root import TREE

from .inputs import EVENTS_PER_MB

#: how the dump is read: name, number of workers
CASES = [("in one go", 1), ("threads", 1), ("threads", 2), ("processes", 1), ("processes", 2)]


def peak_memory(_: int = 0) -> float:
    """Peak of this process in MB."""
    time.sleep(0.2)  # so that each worker gets one
    status = Path("/proc/self/status").read_text()  # getrusage would count what the parent had
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


@contextmanager
def open_map(kind: str, workers: int, peaks: list[float]) -> Iterator[MapRanges | None]:
    """Make the map; peaks of worker processes are added at the end."""
    if kind == "in one go":
        yield None
    elif kind == "threads":
        with thread_map(workers) as threads:
            yield threads
    else:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield executor_map(pool, workers + 1)
            peaks.extend(pool.map(peak_memory, range(workers)))


def convert(kind: str, workers: int, dump: Path, target: Path, range_bytes: int) -> None:
    """Convert, and print seconds and peaks; the start of the workers counts, that of this process does not."""
    peaks: list[float] = []
    cpu = sum(os.times()[:4])
    start = time.perf_counter()
    with open_map(kind, workers, peaks) as map_ranges:
        convert_dump(dump, target, overwrite=True, map_ranges=map_ranges, range_bytes=range_bytes)
        seconds = time.perf_counter() - start
    cpu = sum(os.times()[:4]) - cpu
    print(json.dumps([seconds, cpu, [peak_memory(), *peaks]]))


def measure(
    kind: str, workers: int, dump: Path, target: Path, range_bytes: int
) -> tuple[float, float, list[float]]:
    """Convert in a new process; returns seconds, CPU seconds of all processes, and the peak of each in MB."""
    command = [sys.executable, "-m", "benchmarks.convert", "--case", kind, str(workers)]
    options = ["--dump", str(dump), "--target", str(target), "--range-bytes", str(range_bytes)]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    seconds, cpu, peaks = json.loads(done.stdout)
    return seconds, cpu, peaks


def difference(one: Path, other: Path) -> str:
    """Name the columns in which two files differ."""
    with uproot.open(one) as first, uproot.open(other) as second:
        names = first[TREE].keys()
        if names != second[TREE].keys() or str(first["provenance"]) != str(second["provenance"]):
            return "provenance or columns differ"
        differing = [name for name in names if not _same(first[TREE][name], second[TREE][name])]
    return f"{', '.join(differing)} differ" if differing else "identical"


def _same(one: uproot.TBranch, other: uproot.TBranch) -> bool:
    """Compare columns, and the lengths of their lists."""
    columns = [branch.array() for branch in (one, other)]
    if columns[0].ndim == 1:
        return bool(np.array_equal(*columns))
    return bool(ak.array_equal(*columns))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=1000, help="size of the dump")
    parser.add_argument("--range-bytes", type=int, default=DEFAULT_RANGE)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--dump", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--target", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        convert(args.case[0], int(args.case[1]), args.dump, args.target, args.range_bytes)
        return
    table = Table("workers", "", "s", "CPU s", "MB/s", "ratio", "MB at peak", "content")
    with tempfile.TemporaryDirectory() as name:
        dump = Path(simulate_dumps(name, events=args.mb * EVENTS_PER_MB, seed=1).dumps["+Z"])
        megabytes = dump.stat().st_size / 1e6
        reference = 0.0
        for kind, workers in CASES:
            target = Path(name) / f"{kind}{workers}.root"
            runs = [measure(kind, workers, dump, target, args.range_bytes) for _ in range(args.repeats)]
            seconds, cpu, peaks = min(runs)
            reference = reference or seconds
            table.add_row(
                str(workers),
                kind,
                f"{seconds:.2f}",
                f"{cpu:.2f}",
                f"{megabytes / seconds:.0f}",
                f"{reference / seconds:.2f}",
                " + ".join(f"{peak:.0f}" for peak in peaks),
                difference(Path(name) / f"{CASES[0][0]}1.root", target),
            )
        console = Console(width=110)
        console.print(f"one dump of {megabytes:.0f} MB in ranges of {args.range_bytes / 1e6:.0f} MB")
        console.print(table)


if __name__ == "__main__":
    main()
