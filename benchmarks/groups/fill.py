"""Fill: from a ROOT file of events to the histograms of each processor, on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from bhm_columnar.conditions.context import find_context
from bhm_columnar.execution.datasets import coverage_of, find_events
from bhm_columnar.execution.fill import fill_histograms
from bhm_columnar.execution.job import open_job
from bhm_columnar.execution.registry import make_processor

from ..inputs import Bench
from ..peers.by_numpy import fill_by_numpy
from ..peers.by_pandas import fill_by_pandas
from ..peers.by_root import fill_by_root, prepare_root
from ..peers.contents import BRANCHES, Contents, Task, disagreements, from_hist
from ..rows import Row, skip
from ..timing import Case, divide, interleave, rates

__all__ = ["fill_by_processor", "make_task", "measure"]

#: package, title, what it does, and the note
_PEERS: Final[dict[str, tuple[str, str, Callable[[Task, str], Contents], str]]] = {
    "root": (
        "root",
        "ROOT RDataFrame",
        fill_by_root,
        "one thread; typed lambdas, compiled with all optimisation before; second run",
    ),
    "numpy": ("numpy", "uproot and numpy by hand", fill_by_numpy, "same chunks; masks, one gather, bincount"),
    "pandas": ("pandas", "pandas", fill_by_pandas, "masks channel by channel, as the earlier program's"),
}


def make_task(bench: Bench) -> Task:
    """Open a file of events, and measure its calibration."""
    path = bench.events(bench.scan_mb)
    job = open_job(path)
    (file,) = job.files
    times = find_context(coverage_of(job.files), job.chosen_runs).times
    return Task(path, file, job.align()[0], times)


def fill_by_processor(task: Task, name: str) -> dict[str, Any]:
    """Fill the histograms of a processor as `bhm fill` does: the file is checked before and after."""
    processor = make_processor(name, {"calibration": task.calibration, "times": task.times})
    output: dict[str, Any] = fill_histograms(find_events(task.path), {name: processor}).output[name]
    return output


def measure(bench: Bench) -> Iterator[Row]:
    """Compare each processor with its peers, and their histograms bin by bin."""
    task = make_task(bench)
    skipped = {peer: why for peer, (package, *_) in _PEERS.items() if (why := bench.why_skipped(package))}
    if "root" not in skipped:
        prepare_root(task)
    for name in BRANCHES:
        yield from _measure_processor(bench, task, name, skipped)


def _measure_processor(bench: Bench, task: Task, name: str, skipped: dict[str, str]) -> Iterator[Row]:
    pulses = task.file.provenance.read["pulses"]
    cases = {"ours": Case(partial(fill_by_processor, task, name), pulses)}
    for peer, (_, _, fill, _) in _PEERS.items():
        if peer not in skipped:
            cases[peer] = Case(partial(fill, task, name), pulses)
    samples, results = interleave(cases, bench.repeat)
    speed = {peer: rates(samples[peer], pulses / 1e6, bench.clock) for peer in cases}
    ours = from_hist(task, name, results["ours"])
    for peer, (_, title, _, note) in _PEERS.items():
        key = f"fill.{name}.{peer}"
        if peer in skipped:
            yield skip(key, name, title, skipped[peer])
            continue
        differing = disagreements(ours, results[peer])
        yield Row(
            key,
            name,
            title,
            divide(speed["ours"], speed[peer]),
            speed["ours"],
            "million pulses/s",
            speed[peer],
            goal=key,
            note=note if not differing else f"{', '.join(differing)} differ",
            status="DISAGREE" if differing else "ok",
        )
