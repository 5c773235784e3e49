"""The whole job, `bhm analyse` with all figures in a process of its own: by stage, and how it grows with the size of the input."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..children import BHM, compile_packages, run_child
from ..inputs import Bench, Pair
from ..peers.plain import read_plainly
from ..rows import Row
from ..timing import Case, divide, fit_exponent, interleave

__all__ = ["measure"]

#: stages whose work grows with the input; the others are bins, axes and pages
_GROWING: Final = ("convert", "align", "fill")
_REST: Final = "start-up, report and rest"
#: the yardstick reads so much text
_YARD_MB: Final = 8
#: no more repetitions of what takes so long
_MOST: Final = 3


@dataclass(frozen=True)
class _Job:
    """Seconds of one analysis, and of its stages."""

    wall: float
    stages: dict[str, float]

    @property
    def growing(self) -> float:
        """Seconds of the stages that grow with the input."""
        return sum(self.stages.get(stage, 0.0) for stage in _GROWING)


def measure(bench: Bench) -> Iterator[Row]:
    """Run the sizes in turn, with a plain Python reader beside them as a yardstick of the machine."""
    compile_packages()
    sizes = [step for step in bench.steps if step * bench.pair_mb <= bench.max_mb]
    pairs = {step: bench.pair(step * bench.pair_mb) for step in sizes}
    repeat = min(bench.repeat, _MOST)
    yard = bench.dump(min(_YARD_MB, bench.scan_mb))
    yard_mb = yard.stat().st_size / 1e6
    _analyse(bench, pairs[sizes[0]])  # compiles kernels and byte-code
    jobs: dict[int, list[_Job]] = {step: [] for step in sizes}
    plain: list[float] = []
    for _ in range(repeat):
        once, _ = interleave({"plain": Case(lambda: read_plainly(yard), yard_mb)}, 1)
        plain.append(yard_mb / once["plain"][0].seconds("wall"))
        for step in sizes:
            jobs[step].append(_analyse(bench, pairs[step]))
    for step in sizes:
        yield from _rows(pairs[step], jobs[step], plain, by_stage=step in (sizes[0], sizes[-1]))
    if len(sizes) > 1:
        yield from _growth([pairs[step].bytes for step in sizes], [jobs[step] for step in sizes])


def _analyse(bench: Bench, pair: Pair) -> _Job:
    out = bench.scratch("analysed")
    shutil.rmtree(out, ignore_errors=True)
    child = run_child([*BHM, "analyse", str(pair.folder), "-o", str(out)])
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    stages: dict[str, float] = dict(summary["seconds"])
    stages[_REST] = child.wall - sum(stages.values())
    return _Job(child.wall, stages)


def _rows(pair: Pair, jobs: list[_Job], plain: list[float], *, by_stage: bool) -> Iterator[Row]:
    """Row of the whole job, and of its stages."""
    mb = pair.bytes / 1e6
    walls = tuple(job.wall for job in jobs)
    reading = tuple(mb / rate for rate in plain)
    medians = {stage: statistics.median(job.stages[stage] for job in jobs) for stage in jobs[0].stages}
    yield Row(
        f"whole.{pair.mb:g}",
        f"bhm analyse, {mb:.0f} MB, all figures",
        "reading alone in plain Python",
        divide(reading, walls),
        walls,
        "s",
        reading,
        goal=f"whole.{pair.mb:g}",
        note=f"{mb / statistics.median(walls):.0f} MB/s",
    )
    if not by_stage:
        return
    for stage, of in medians.items():
        yield Row(
            f"whole.{pair.mb:g}.{stage.partition(',')[0]}",
            f"{stage}, {mb:.0f} MB",
            "the whole job",
            tuple(job.stages[stage] / job.wall for job in jobs),
            tuple(job.stages[stage] for job in jobs),
            "s",
            walls,
            note=f"{mb / of:.0f} MB/s" if stage in _GROWING and of > 0 else "",
        )


def _growth(sizes: list[int], jobs: list[list[_Job]]) -> Iterator[Row]:
    """Exponents of time against size, repetition by repetition, and the cost of a MB at the ends."""
    megabytes = [size / 1e6 for size in sizes]
    for key, what, seconds in (
        ("whole.exponent", "stages that grow", [[job.growing for job in step] for step in jobs]),
        ("whole.exponent-wall", "wall clock", [[job.wall for job in step] for step in jobs]),
    ):
        exponents = tuple(fit_exponent(megabytes, times) for times in zip(*seconds, strict=True))
        per_mb = [[time / mb for time in times] for times, mb in zip(seconds, megabytes, strict=True)]
        yield Row(
            key,
            f"seconds per MB at {megabytes[-1]:.0f} MB, {what}",
            f"at {megabytes[0]:.0f} MB",
            divide(per_mb[-1], per_mb[0]),
            exponents,
            "exponent",
            goal=key,
            note=f"k of seconds ~ size^k over {len(sizes)} sizes"
            + (f": {', '.join(_GROWING)}" if key == "whole.exponent" else ", with start-up and figures"),
        )
