"""What a dataset is seen against: its conditions, its time bins and the filling scheme of its fill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .check import check_conditions, check_lumisections
from .epochs import Coverage
from .filling import check_filling
from .gather import Wanted, gather_conditions
from .model import Conditions, Filling
from .timebins import TimeBins, make_time_bins
from .timeline import make_timeline

__all__ = ["Context", "find_context"]


@dataclass(frozen=True)
class Context:
    """Conditions that agree with the data, and what follows from them.

    Parameters
    ----------
    times
        Where pulses go in time.
    filling
        The scheme of all of the data; `None` if none is known, or there are several.
    problems
        What contradicted itself or the data and was left out, in sentences.
    """

    conditions: Conditions
    times: TimeBins
    filling: Filling | None
    problems: tuple[str, ...]

    def describe(self) -> dict[str, Any]:
        """Return what summaries say about conditions."""
        exposure = self.times.exposure
        return {
            "sources": [asdict(source) for source in self.conditions.sources],
            "runs": [asdict(run) for run in self.conditions.runs.values()],
            "time": self.times.timeline.describe(),
            "bins": int(np.count_nonzero(np.sum([*exposure.live.values()], axis=0) > 0)),
            "lumisections": int(np.count_nonzero(exposure.lumisection)),
            "live_s": {side: float(seconds.sum()) for side, seconds in exposure.live.items()},
            "delivered_per_ub": float(np.nansum(exposure.delivered)) if exposure.has_luminosity else None,
            "bins_without_luminosity": {
                side: int(np.count_nonzero(~np.isfinite(lumi)))
                for side, lumi in exposure.delivered_live.items()
            }
            if exposure.has_luminosity
            else None,
            "filling": None if self.filling is None else self.filling.name,
            "problems": list(self.problems),
        }


def find_context(
    coverage: Coverage,
    runs: Iterable[int],
    wanted: Wanted | None = None,
    *,
    bin_seconds: float | None = None,
) -> Context:
    """Find what the LHC was doing while data were taken.

    Parameters
    ----------
    coverage
        Orbits that each dump of each side covers, of all runs: those that are not wanted still measure time.
    runs
        Runs that are wanted.
    wanted
        Which conditions, from where; none by default: times are then counted from the first orbit.
    bin_seconds
        Length of time bins; lumisections by default.

    Raises
    ------
    ConditionsError
        If something that was asked for cannot be had. What is there but contradicts the data is no error.
    """
    chosen = set(runs)
    found = gather_conditions(chosen, wanted) if wanted else Conditions()
    usable, problems = check_conditions(found, coverage)
    timeline = make_timeline(coverage, usable.runs)
    usable, more = check_lumisections(usable, timeline)
    problems += more
    filling = _one_filling(usable, chosen, problems)
    if filling is not None:
        problems += check_filling(filling)
    times = make_time_bins(
        timeline,
        {
            side: [{run: span for run, span in spans.items() if run in chosen} for spans in dumps]
            for side, dumps in coverage.items()
        },
        lumisections=usable.lumisections,
        runs=usable.runs,
        bin_seconds=bin_seconds,
        filling=filling,
    )
    return Context(usable, times, filling, (*problems, *timeline.problems))


def _one_filling(conditions: Conditions, runs: set[int], problems: list[str]) -> Filling | None:
    """The scheme of all fills of the runs; one from a file that does not name its fill is taken for all of them."""
    given = conditions.fillings
    if not given:
        return None
    fills = sorted({one.fill for run, one in conditions.runs.items() if run in runs and one.fill})
    chosen = {fill: given[fill] for fill in fills if fill in given}
    if not chosen:
        if fills and 0 not in given:
            problems.append(
                f"the filling scheme is of fill {', '.join(map(str, given))}, the data are of fill "
                f"{', '.join(map(str, fills))}: it is left out"
            )
            return None
        chosen = {0: given[0]} if 0 in given else dict(given)
    first = next(iter(chosen.values()))
    for fill, one in chosen.items():
        if not (np.array_equal(one.beam1, first.beam1) and np.array_equal(one.beam2, first.beam2)):
            problems.append(
                f"fill {next(iter(chosen))} and fill {fill} have different filling schemes: bunches are left out, "
                "choose runs of one fill with --runs"
            )
            return None
    return first
