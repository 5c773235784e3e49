"""Conditions against themselves and against the data: what contradicts is left out, and said with both sides' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..detector.lhc import LUMISECTION_S, ORBIT_S
from ..events.runs import merge_spans
from .epochs import Coverage
from .model import Conditions, LumiTable, RunInfo, format_time
from .timeline import AGREEMENT_S, Timeline

__all__ = ["check_conditions", "check_lumisections"]

#: how far a lumisection may lie outside of its run, in seconds: a run's start and its first lumisection are not one moment
_AROUND_RUN_S = 120.0


def check_conditions(conditions: Conditions, coverage: Coverage) -> tuple[Conditions, list[str]]:
    """Leave out what contradicts itself or the data.

    That is: runs that are not in the data; runs that begin after their end, that overlap, or that are shorter than their
    data; lumisections whose times do not rise, or lie outside of their run.

    Parameters
    ----------
    coverage
        Orbits that each dump of each side covers.

    Returns
    -------
    what can be used, and a sentence for each thing that was left out
    """
    problems: list[str] = []
    lengths = _longest(coverage)
    absent = sorted((set(conditions.runs) | set(conditions.lumisections.run.tolist())) - set(lengths))
    if absent:
        problems.append(
            f"conditions are given of run {_name(absent)}, the data hold {_name(sorted(lengths))}: left out"
        )
    runs = {run: one for run, one in conditions.runs.items() if run in lengths}
    runs = _without_overlaps(
        {run: one for run, one in runs.items() if _is_possible(one, lengths[run], problems)}, problems
    )
    table = conditions.lumisections
    if n := int(np.count_nonzero(~np.isfinite(table.start))):
        problems.append(f"{n} lumisection(s) have no time: they are left out")
    table = table.select(np.isin(table.run, list(lengths)) & np.isfinite(table.start))
    bad = [run for run in np.unique(table.run).tolist() if not _is_in_order(table, run, problems)]
    bad += [
        run
        for run in np.unique(table.run).tolist()
        if run in runs and run not in bad and not _lies_in_run(table, runs[run], problems)
    ]
    table = table.select(~np.isin(table.run, bad))
    return replace(conditions, runs=runs, lumisections=table), problems


def check_lumisections(conditions: Conditions, timeline: Timeline) -> tuple[Conditions, list[str]]:
    """Leave out lumisections whose times are not those of the data of their run, as the orbits give them.

    Returns
    -------
    what can be used, and a sentence for each run whose lumisections were left out
    """
    table = conditions.lumisections
    if len(table) and not timeline.is_absolute:
        left_out = replace(conditions, lumisections=LumiTable.make())
        return left_out, ["lumisections and luminosity need run times to compare with: they are left out"]
    problems: list[str] = []
    bad = []
    for run in np.unique(table.run).tolist():
        span = timeline.span(run)
        if span is None:
            continue
        starts = table.start[table.run == run]
        if starts.max() + LUMISECTION_S < span[0] - AGREEMENT_S or starts.min() > span[1] + AGREEMENT_S:
            bad.append(run)
            problems.append(
                f"the lumisections of run {run} go from {format_time(starts.min())} to {format_time(starts.max())}, its data "
                f"from {format_time(span[0])} to {format_time(span[1])}: they are left out"
            )
    return replace(conditions, lumisections=table.select(~np.isin(table.run, bad))), problems


def _longest(coverage: Coverage) -> dict[int, float]:
    """Seconds from first to last orbit of each run in the data, on the side where that is longer."""
    lengths: dict[int, float] = {}
    for dumps in coverage.values():
        for run, span in merge_spans(dumps).items():
            length = (span.last_orbit - span.first_orbit) * ORBIT_S
            lengths[run] = max(length, lengths.get(run, 0.0))
    return lengths


def _name(runs: Iterable[int]) -> str:
    runs = list(runs)
    shown = ", ".join(map(str, runs[:5]))
    return shown if len(runs) <= 5 else f"{shown}, ... ({len(runs)} runs)"


def _is_possible(one: RunInfo, data_s: float, problems: list[str]) -> bool:
    if one.start is None or one.end is None:
        return True
    if one.end < one.start:
        problems.append(
            f"run {one.run} begins at {format_time(one.start)} and ends before, at {format_time(one.end)}: its times are "
            "left out"
        )
        return False
    if data_s > one.end - one.start + AGREEMENT_S:
        problems.append(
            f"run {one.run} took {one.end - one.start:.0f} s by its times, {data_s:.0f} s by its orbits: its times are "
            "left out"
        )
        return False
    return True


def _without_overlaps(runs: Mapping[int, RunInfo], problems: list[str]) -> dict[int, RunInfo]:
    timed = sorted(
        (one for one in runs.values() if one.start is not None), key=lambda one: (one.start, one.run)
    )
    bad: set[int] = set()
    for one, later in pairwise(timed):
        if one.end is not None and later.start is not None and later.start < one.end - AGREEMENT_S:
            problems.append(
                f"run {one.run} ends at {format_time(one.end)}, run {later.run} begins before, at "
                f"{format_time(later.start)}: the times of both are left out"
            )
            bad |= {one.run, later.run}
    return {run: one for run, one in runs.items() if run not in bad}


def _is_in_order(table: LumiTable, run: int, problems: list[str]) -> bool:
    rows = np.flatnonzero(table.run == run)
    rows = rows[np.argsort(table.lumisection[rows], kind="stable")]
    falls = np.flatnonzero(np.diff(table.start[rows]) <= 0)
    if len(falls) == 0:
        return True
    one, later = rows[falls[0]], rows[falls[0] + 1]
    problems.append(
        f"run {run}: lumisection {table.lumisection[one]} begins at {format_time(table.start[one])}, lumisection "
        f"{table.lumisection[later]} at {format_time(table.start[later])}: its lumisections are left out"
    )
    return False


def _lies_in_run(table: LumiTable, one: RunInfo, problems: list[str]) -> bool:
    starts = table.start[table.run == one.run]
    low = -np.inf if one.start is None else one.start - _AROUND_RUN_S
    high = np.inf if one.end is None else one.end + _AROUND_RUN_S
    if low <= starts.min() and starts.max() <= high:
        return True
    ends = "now" if one.end is None else format_time(one.end)
    begins = "an unknown time" if one.start is None else format_time(one.start)
    problems.append(
        f"run {one.run} went from {begins} to {ends}, its lumisections from {format_time(starts.min())} to "
        f"{format_time(starts.max())}: they are left out"
    )
    return False
