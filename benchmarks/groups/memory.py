"""Memory at the peak of `bhm convert` and `bhm analyse`, with all processes that they start, at several sizes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from ..children import BHM, run_child
from ..inputs import Bench, Pair
from ..rows import Row
from ..timing import divide

__all__ = ["measure"]

_REPEAT = 2


def measure(bench: Bench) -> Iterator[Row]:
    """One row per verb and size; the ratio is to the smallest size."""
    sizes = sorted(mb for mb in bench.memory_mb if mb <= bench.max_mb)
    peaks: dict[tuple[str, float], list[float]] = {}
    for _ in range(min(_REPEAT, bench.repeat)):
        for mb in sizes:
            for verb in ("convert", "analyse"):
                peaks.setdefault((verb, mb), []).append(_peak(bench, verb, bench.pair(mb)))
    for (verb, mb), values in peaks.items():
        smallest = peaks[verb, sizes[0]]
        yield Row(
            f"memory.{verb}.{mb:g}",
            f"bhm {verb}, {bench.pair(mb).bytes / 1e6:.0f} MB of dumps",
            f"the same at {sizes[0]:g} MB",
            divide(values, smallest),
            tuple(values),
            "MB at the peak",
            tuple(smallest),
            goal=f"memory.{verb}",
            note="with all figures" if verb == "analyse" else "",
        )


def _peak(bench: Bench, verb: str, pair: Pair) -> float:
    out = bench.scratch(f"memory_{verb}")
    shutil.rmtree(out, ignore_errors=True)
    child = run_child([*BHM, verb, str(pair.folder), "-o", str(out)], memory=True)
    shutil.rmtree(out, ignore_errors=True)
    return child.peak_mb
