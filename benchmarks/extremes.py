"""Dumps that no board writes: `python -m benchmarks.extremes` converts each, and prints what came out, the time and the memory.

Needs 3.5 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

HEADER = b"--- START EVT: %d, BX: 5, ORB: %d, RUN: 380000\n" + b"-" * 75 + b"\n"


def _write(path: Path, piece: bytes, size: int, start: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(start)
        for _ in range(size // len(piece)):
            file.write(piece)


def _write_headers(path: Path, n: int) -> None:
    with path.open("wb") as file:
        for first in range(0, n, 10_000):
            file.write(b"".join(HEADER % (k, 7 * k) for k in range(first, min(first + 10_000, n))))


def _write_uhtr(path: Path) -> None:
    path.write_bytes(b"\1\xff\xff\xff\xff" + bytes(42 * 1000))


def make_cases(gigabyte: int) -> dict[str, tuple[str, Callable[[Path], None]]]:
    """Name of the case -> file name, and who writes it; `gigabyte` bytes stand for one GB."""
    digits = b"7 " * (1 << 19)
    return {
        "3 GB in one line without newline": ("uHTR4.txt", lambda path: _write(path, digits, 3 * gigabyte)),
        "3 GB in one line behind a header": (
            "uHTR4.txt",
            lambda path: _write(path, digits, 3 * gigabyte, HEADER % (1, 1)),
        ),
        "1 GB of NULs": ("uHTR4.txt", lambda path: _write(path, bytes(1 << 20), gigabyte)),
        "1 GB of dashes": (
            "uHTR4.txt",
            lambda path: _write(path, b"-" * (1 << 20), gigabyte, HEADER % (1, 1)),
        ),
        "10^6 headers without pulses": ("uHTR4.txt", lambda path: _write_headers(path, 10**6)),
        ".uhtr that announces 4294967295 hits": ("uHTR4.uhtr", _write_uhtr),
    }


def measure(folder: Path, name: str, write: Callable[[Path], None]) -> tuple[str, float, float]:
    """Convert one dump in a process of its own; returns what it said, seconds, and MB at its peak."""
    path = folder / name
    write(path)
    command = [sys.executable, "-c", "from bhm_columnar.cli import main; raise SystemExit(main())"]
    start = time.perf_counter()
    done = subprocess.Popen(
        [*command, "convert", str(path), "-o", str(folder / "out"), "--overwrite"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = done.stdout.read() if done.stdout else ""
    _, status, usage = os.wait4(done.pid, 0)
    seconds = time.perf_counter() - start
    path.unlink()
    said = " ".join(output.replace(f"{folder}/", "").split())
    return f"exit {os.waitstatus_to_exitcode(status)}: {said}", seconds, usage.ru_maxrss / 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--gigabyte", type=int, default=10**9, help="bytes that stand for a GB (default 10^9)"
    )
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    table = Table("dump", "what bhm convert says", "s", "MB at peak")
    with tempfile.TemporaryDirectory() as folder:
        for case, (name, write) in make_cases(args.gigabyte).items():
            said, seconds, memory = measure(Path(folder), name, write)
            table.add_row(case, said, f"{seconds:.1f}", f"{memory:.0f}")
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
