"""Time things that are to be compared: in turn, a b a b, so that a busy moment falls on all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

__all__ = ["Case", "Clock", "Sample", "divide", "fit_exponent", "interleave", "rates", "spread"]

Clock = Literal["wall", "cpu"]


@dataclass(frozen=True)
class Sample:
    """Seconds of one repetition: of the clock on the wall, and of all threads of this process."""

    wall: float
    cpu: float

    def seconds(self, clock: Clock) -> float:
        """Seconds of one of the clocks; never zero."""
        return max(self.wall if clock == "wall" else self.cpu, 1e-9)


@dataclass(frozen=True)
class Case:
    """Something that is timed, and how much it does: MB of text, pulses, files."""

    run: Callable[[], Any]
    amount: float


def interleave(cases: Mapping[str, Case], repeat: int) -> tuple[dict[str, list[Sample]], dict[str, Any]]:
    """Time cases in turn.

    Each is run once before, so that kernels are compiled and files are in memory.

    Returns
    -------
    samples
        One per repetition, by case.
    results
        What the cases returned in that first run, for a check that they agree.
    """
    results = {name: case.run() for name, case in cases.items()}
    samples: dict[str, list[Sample]] = {name: [] for name in cases}
    for _ in range(repeat):
        for name, case in cases.items():
            samples[name].append(_time(case.run))
    return samples, results


def _time(run: Callable[[], Any]) -> Sample:
    gc.collect()
    gc.freeze()  # peers that make many objects do not pay for looking through those of the packages
    wall, cpu = time.perf_counter(), time.process_time()
    kept = run()
    sample = Sample(time.perf_counter() - wall, time.process_time() - cpu)
    del kept  # what it takes to free the result is not counted
    gc.unfreeze()
    return sample


def rates(samples: Sequence[Sample], amount: float, clock: Clock) -> tuple[float, ...]:
    """Amount per second of each repetition."""
    return tuple(amount / sample.seconds(clock) for sample in samples)


def divide(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Ratios, repetition by repetition."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, smallest and largest value."""
    return statistics.median(values), min(values), max(values)


def fit_exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Exponent k of seconds ~ size^k, by least squares of the logarithms."""
    return float(np.polynomial.polynomial.polyfit(np.log(sizes), np.log(seconds), 1)[1])
