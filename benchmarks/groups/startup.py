"""Start-up: how long until `bhm` answers, byte-code and kernels compiled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ..children import BHM, compile_packages, run_child
from ..inputs import Bench
from ..rows import Row
from ..timing import divide

__all__ = ["measure"]

_EMPTY: Final = (sys.executable, "-c", "pass")
_IMPORTS: Final = (sys.executable, "-c", "import awkward, numba")
_REPEAT: Final = 3  # times as often as what takes longer


def measure(bench: Bench) -> Iterator[Row]:
    """Compare with Python alone, and with the import of the packages that a dump cannot be read without."""
    compile_packages()
    dump = bench.dump(1)
    commands: dict[str, Sequence[str]] = {
        "python": _EMPTY,
        "help": (*BHM, "--help"),
        "imports": _IMPORTS,
        "inspect": (*BHM, "inspect", str(dump)),
    }
    for command in commands.values():
        run_child(command)  # writes byte-code and compiles kernels
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(bench.repeat * _REPEAT):
        for name, command in commands.items():
            child = run_child(command)
            seconds[name].append(child.wall if bench.clock == "wall" else child.cpu)
    yield _row("help", "bhm --help", "python -c pass", seconds["help"], seconds["python"])
    what = f"bhm inspect, {_megabytes(dump):.1f} MB"
    yield _row("inspect", what, "python -c 'import awkward, numba'", seconds["inspect"], seconds["imports"])


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def _row(name: str, what: str, against: str, ours: list[float], theirs: list[float]) -> Row:
    key = f"startup.{name}"
    return Row(key, what, against, divide(ours, theirs), tuple(ours), "s", tuple(theirs), goal=key)
