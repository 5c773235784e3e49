"""Time bins of a dataset: lumisections where they are known, steps of a lumisection's length or of any other elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import SIDES
from ..detector.lhc import LUMISECTION_S, ORBIT_S
from ..errors import SelectionError
from ..events.runs import RunSpan
from ..histograms.exposure import Exposure
from .epochs import Coverage
from .lumisections import SLIVER_S, Intervals, find_lumisections
from .model import Filling, LumiTable, RunInfo
from .stretches import find_inside, integrate, overlap, subtract, unite
from .timeline import Timeline

__all__ = ["MAX_BINS", "TimeBins", "make_time_bins"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: more time bins than these would need gigabytes of histograms
MAX_BINS: Final = 100_000
#: part of a long bin that may be without luminosity; the rest of it then stands for all
_UNMEASURED: Final = 0.02


@dataclass(frozen=True)
class TimeBins:
    """Where the pulses of a dataset go in time; what processors are given as ``times``."""

    timeline: Timeline
    exposure: Exposure

    def seconds(self, side: str, run: npt.NDArray[Any], orbit: npt.NDArray[Any]) -> Floats:
        """Position of orbits on the time axis of the exposure, shape (n,); nan where the time is not known."""
        return self.timeline.seconds(side, run, orbit) - (self.exposure.origin or 0.0)


def make_time_bins(
    timeline: Timeline,
    coverage: Coverage,
    *,
    lumisections: LumiTable | None = None,
    runs: Mapping[int, RunInfo] | None = None,
    bin_seconds: float | None = None,
    filling: Filling | None = None,
) -> TimeBins:
    """Divide the time that the data cover into bins, and find what is known of each.

    Parameters
    ----------
    coverage
        Orbits that each dump of each side covers. Between dumps, and between runs, nothing is live.
    lumisections
        Luminosity and beam status. Its lumisections are the bins, unless `bin_seconds` is given.
    runs
        Run times; lumisections are counted from a run's start where the table has none of it.
    bin_seconds
        Length of all bins; a lumisection (23.3110 s) by default.
    filling
        Its intensities are those that rates are divided by on request.

    Raises
    ------
    SelectionError
        If that would be too many bins.
    """
    spans = {side: _find_stretches(timeline, side, dumps) for side, dumps in coverage.items()}
    # a single event tells no length of time
    live = {
        side: unite(stretches[np.diff(stretches)[:, 0] > 1.5 * ORBIT_S]) for side, stretches in spans.items()
    }
    everything = unite(np.concatenate([*spans.values(), np.empty((0, 2))]))
    known = find_lumisections(timeline, coverage, lumisections, runs or {})
    if len(everything) == 0:
        edges = np.array([0.0, bin_seconds or LUMISECTION_S])
    elif bin_seconds is not None:
        edges = _even_edges(everything, bin_seconds)
    else:
        edges = _lumisection_edges(everything, known)
    origin = float(np.floor(edges[0])) if timeline.is_absolute else None
    exposure = Exposure(
        edges=edges - (origin or 0.0),
        origin=origin,
        live={side: overlap(edges, stretches) for side, stretches in live.items()},
        total_live={side: _total_live(dumps) for side, dumps in coverage.items()},
        delivered_live={side: _delivered_live(edges, known, stretches) for side, stretches in live.items()},
        uncertainty=timeline.uncertainty if timeline.is_absolute else None,
        intensity=_total_intensity(filling),
        **_describe_bins(edges, known),
    )
    return TimeBins(timeline, exposure)


def _find_stretches(timeline: Timeline, side: str, dumps: Sequence[Mapping[int, RunSpan]]) -> Floats:
    """Start and stop of what each dump of a side covers, shape (k, 2)."""
    rows = [(run, span.first_orbit, span.last_orbit) for spans in dumps for run, span in spans.items()]
    run, first, last = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    stretches = np.stack(
        [timeline.seconds(side, run, first), timeline.seconds(side, run, last) + ORBIT_S], axis=1
    )
    known: Floats = stretches[np.isfinite(stretches).all(axis=1)]
    return known


def _total_live(dumps: Sequence[Mapping[int, RunSpan]]) -> float:
    """Seconds that a side's dumps cover, whether their time is known or not."""
    total = 0.0
    for run in {run for spans in dumps for run in spans}:
        spans = np.array(
            [[one[run].first_orbit, one[run].last_orbit + 1] for one in dumps if run in one], dtype=np.float64
        )
        total += float(np.diff(unite(spans[spans[:, 1] - spans[:, 0] > 1])).sum()) * ORBIT_S
    return total


def _even_edges(live: Floats, width: float) -> Floats:
    n = int(np.ceil((live[-1, 1] - live[0, 0]) / width))
    if n > MAX_BINS:
        raise SelectionError(
            f"bins of {width:g} s would be {n}", hint=f"at most {MAX_BINS} fit: choose larger ones"
        )
    edges: Floats = live[0, 0] + width * np.arange(max(n, 1) + 1)
    return edges


def _lumisection_edges(live: Floats, known: Intervals) -> Floats:
    """Edges of the lumisections that the data touch, and of steps of the same length where none is known."""
    touched = overlap(np.stack([known.start, known.stop], axis=1).ravel(), live)[::2] > 0
    starts, stops = known.start[touched], known.stop[touched]
    # what is live but in no lumisection, between one of them and the next
    gaps = subtract(live, np.stack([starts, stops], axis=1))
    counts = np.maximum(1, np.ceil((gaps[:, 1] - gaps[:, 0]) / LUMISECTION_S - 1e-6)).astype(np.int64)
    if counts.sum() + len(starts) > MAX_BINS:
        raise SelectionError(
            f"{counts.sum() + len(starts)} lumisections are too many time bins",
            hint=f"at most {MAX_BINS} fit: choose larger bins, or fewer runs",
        )
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    filled = np.repeat(gaps[:, 0], counts) + LUMISECTION_S * steps
    return _merge_slivers(np.unique(np.concatenate([starts, stops, filled, gaps[:, 1]])), live)


def _merge_slivers(edges: Floats, live: Floats) -> Floats:
    """Give stretches that are too narrow for a bin to the bin before them if that is live, to the one behind otherwise."""
    widths = np.diff(edges)
    is_narrow = widths < SLIVER_S
    is_live = overlap(edges, live) > 0.5 * widths
    to_before = is_narrow & np.concatenate([[False], is_live[:-1]])
    to_behind = is_narrow & ~to_before
    keep = np.ones(len(edges), dtype=bool)
    keep[:-1] &= ~to_before
    keep[1:] &= ~to_behind
    keep[[0, -1]] = True
    merged: Floats = edges[keep]
    return merged


def _describe_bins(edges: Floats, known: Intervals) -> dict[str, Any]:
    """Run, lumisection, luminosity and status of each bin."""
    widths = np.diff(edges)
    n = len(widths)
    if len(known) == 0:
        none = np.zeros(n, dtype=np.int64)
        missing = np.full(n, np.nan)
        return {
            "run": none,
            "lumisection": none,
            "delivered": missing,
            "luminosity": missing,
            "status": ("",) * n,
        }
    place = find_inside((edges[1:] + edges[:-1]) / 2, known.stretches)
    is_known = place >= 0
    picked = np.where(is_known, place, 0)
    delivered, measured_s, _ = integrate(edges, known, np.array([[edges[0], edges[-1]]]))
    is_one = widths < 1.5 * LUMISECTION_S
    is_measured = measured_s > 0.5 * np.minimum(widths, LUMISECTION_S)
    return {
        "run": np.where(is_known, known.run[picked], 0),
        "lumisection": np.where(is_known & is_one, known.lumisection[picked], 0),
        "delivered": np.where(_is_enough(measured_s, widths), delivered, np.nan),
        "luminosity": np.divide(delivered, measured_s, out=np.full(n, np.nan), where=is_measured),
        "status": tuple(np.where(is_known, known.status[picked], "").tolist()),
    }


def _delivered_live(edges: Floats, known: Intervals, live: Floats) -> Floats:
    """Luminosity delivered while a side was live, shape (n,): nan where it is missing for more than a sliver of that time."""
    delivered, measured_s, live_s = integrate(edges, known, live)
    full = np.divide(delivered * live_s, measured_s, out=np.full(len(live_s), np.nan), where=measured_s > 0)
    return np.where(live_s > 0, np.where(_is_enough(measured_s, live_s), full, np.nan), 0.0)


def _is_enough(measured_s: Floats, of_s: Floats) -> npt.NDArray[np.bool_]:
    sliver = np.maximum(np.minimum(SLIVER_S, 0.1 * of_s), _UNMEASURED * of_s)
    enough: npt.NDArray[np.bool_] = measured_s > of_s - sliver
    return enough


def _total_intensity(filling: Filling | None) -> dict[str, float]:
    if filling is None:
        return {}
    per_side = {side.name: filling.intensity(side.beam) for side in SIDES}
    return {name: float(protons.sum()) for name, protons in per_side.items() if protons is not None}
