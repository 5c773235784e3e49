from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.events.runs import RunSpan, find_reference, merge_spans, span_runs


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1000)), max_size=30))
def test_spans_agree_with_a_loop(rows: list[tuple[int, int]]) -> None:
    run = np.array([row[0] for row in rows], dtype=np.int32)
    orbit = np.array([row[1] for row in rows], dtype=np.int64)
    expected = {}
    for number in sorted(set(run.tolist())):
        orbits = [o for r, o in rows if r == number]
        expected[number] = RunSpan(len(orbits), min(orbits), max(orbits))
    assert span_runs(run, orbit) == expected
    half = len(rows) // 2
    parts = [span_runs(run[:half], orbit[:half]), span_runs(run[half:], orbit[half:])]
    assert merge_spans(parts) == expected


def spans(*runs: int) -> dict[int, RunSpan]:
    return {run: RunSpan(1, 10 * run, 10 * run + 5) for run in runs}


def test_reference_is_the_second_run_of_a_sequence() -> None:
    assert find_reference([spans(5, 6, 7), spans(5, 6, 7)]).run == 6
    assert find_reference([spans(5, 6)]).run == 6


def test_reference_on_both_sides_or_following() -> None:
    assert find_reference([spans(1, 4, 9), spans(9)]).run == 9
    assert find_reference([spans(1, 4, 9), spans(8)]).run == 1
    assert find_reference([spans(1, 8), spans(9)]).run == 1
    assert find_reference([spans(1, 4, 9)]).run == 1


def test_reference_orbit_is_the_smallest_of_both_sides() -> None:
    other = {6: RunSpan(3, 12, 90)}
    assert find_reference([spans(5, 6), other]).orbit == 12


def test_no_runs_no_reference() -> None:
    assert find_reference([]) is None
    assert find_reference([{}, {}]) is None
