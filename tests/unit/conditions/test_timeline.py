from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.conditions.model import RunInfo
from bhm_columnar.conditions.timeline import make_timeline
from bhm_columnar.detector.lhc import ORBIT_COUNTER, ORBIT_S, REVOLUTION_HZ
from bhm_columnar.events.runs import RunSpan

START = 1_692_792_000.0
HOUR = round(3600 * REVOLUTION_HZ)


def span(first: int, last: int) -> RunSpan:
    return RunSpan(10, first, last)


def three_runs(shift: int = 0) -> dict[str, list[dict[int, RunSpan]]]:
    """Runs 1 to 3 of an hour each, half an hour apart, from orbit 1000 on."""
    orbits = {run: 1000 + (run - 1) * (HOUR * 3 // 2) for run in (1, 2, 3)}
    return {"+Z": [{run: span(first + shift, first + shift + HOUR) for run, first in orbits.items()}]}


def starts(*offsets: float) -> dict[int, RunInfo]:
    return {run: RunInfo(run, START + 5400 * (run - 1) + off) for run, off in enumerate(offsets, start=1)}


def test_an_hour_of_orbits_is_an_hour() -> None:
    line = make_timeline(three_runs(), starts(0, 0, 0))
    times = line.seconds("+Z", np.array([1, 1, 3]), np.array([1000, 1000 + HOUR, 1000 + 3 * HOUR]))
    assert times == pytest.approx([START, START + 3600, START + 3 * 3600], abs=1e-3)
    assert line.is_absolute
    assert line.problems == ()


def test_a_day_is_not_off_by_what_the_earlier_program_was() -> None:
    """Its orbit of 26659 m / c makes a day 0.39 s longer."""
    day = round(86400 * REVOLUTION_HZ)
    line = make_timeline({"+Z": [{1: span(0, day)}]}, {})
    assert line.seconds("+Z", np.array([1]), np.array([day])) == pytest.approx([86400.0], abs=1e-4)
    assert day * 26659 / 299792458 - 86400 == pytest.approx(0.39, abs=0.01)


def test_runs_whose_start_is_in_the_data_measure_the_time_together() -> None:
    line = make_timeline(three_runs(), starts(0, 0.4, 0.8))
    assert line.epochs[0].anchors == (2, 3)
    assert line.seconds("+Z", np.array([1]), np.array([1000])) == pytest.approx([START + 0.6], abs=1e-3)
    # whole seconds may be cut off, which many runs do not make better
    assert line.uncertainty == pytest.approx(
        np.hypot(1 / np.sqrt(3), np.std([0.4, 0.8], ddof=1) / np.sqrt(2)), abs=1e-4
    )


def test_a_start_that_contradicts_the_others_is_left_out_and_said() -> None:
    coverage = three_runs()
    coverage["+Z"][0][4] = span(1000 + 3 * (HOUR * 3 // 2), 1000 + 4 * (HOUR * 3 // 2))
    line = make_timeline(coverage, starts(0, 0, 120, 0))
    assert line.epochs[0].anchors == (2, 4)
    assert line.seconds("+Z", np.array([2]), np.array([1000])) == pytest.approx([START], abs=1e-3)
    assert len(line.problems) == 1
    assert "run 3 began at 2023-08-23 15:02:00" in line.problems[0]
    assert "15:00:00 as the orbits" in line.problems[0]
    assert "+120 s" in line.problems[0]


def test_two_starts_that_disagree_are_both_left_out() -> None:
    line = make_timeline(three_runs(), starts(0, 0, 3600))
    assert not line.is_absolute
    assert sum("is left out" in problem for problem in line.problems) == 2


def test_without_run_times_time_counts_from_the_first_orbit() -> None:
    line = make_timeline(three_runs(), {})
    assert not line.is_absolute
    assert line.seconds("+Z", np.array([1, 2]), np.array([1000, 1000 + HOUR])) == pytest.approx([0, 3600])
    assert np.isnan(line.seconds("+Z", np.array([9]), np.array([1000]))).all()
    assert np.isnan(line.seconds("-Z", np.array([9]), np.array([1000]))).all()


def test_a_run_caught_in_the_middle_has_an_uncertain_time() -> None:
    caught = {"+Z": [{5: span(HOUR, 2 * HOUR)}]}
    line = make_timeline(caught, {5: RunInfo(5, START, START + 4 * 3600)})
    assert line.uncertainty == pytest.approx(3 * 3600, abs=1)
    assert line.seconds("+Z", np.array([5]), np.array([HOUR])) == pytest.approx([START], abs=1e-3)
    assert "10800 s too early" in line.problems[0]
    ongoing = make_timeline(caught, {5: RunInfo(5, START)})
    assert ongoing.uncertainty is None
    assert "an unknown time too early" in ongoing.problems[0]


def test_a_reset_at_a_run_change_begins_the_count_anew() -> None:
    coverage = {"+Z": [{1: span(5_000_000, 6_000_000), 2: span(100, HOUR)}]}
    line = make_timeline(coverage, {1: RunInfo(1, START, START + 100), 2: RunInfo(2, START + 500)})
    assert len(line.epochs) == 2
    # the count was zero when run 2 began; of run 1 only the bounds are known
    assert line.seconds("+Z", np.array([2]), np.array([0])) == pytest.approx([START + 500], abs=1e-3)
    assert line.seconds("+Z", np.array([1]), np.array([5_000_000])) == pytest.approx([START], abs=1e-3)
    assert line.uncertainty == pytest.approx(100 - 1_000_000 * ORBIT_S, abs=0.1)


def test_a_count_that_was_not_zero_at_the_reset_gives_no_time() -> None:
    coverage = {"+Z": [{1: span(HOUR, 2 * HOUR), 2: span(HOUR // 2, HOUR)}]}
    line = make_timeline(coverage, {2: RunInfo(2, START, START + 1900)})
    assert not line.is_absolute
    assert (
        "run 2 went from 2023-08-23 12:00:00 to 2023-08-23 12:31:40 as its conditions say" in line.problems[0]
    )
    assert "its data from 2023-08-23 12:30:00 to 2023-08-23 13:00:00" in line.problems[0]


def test_a_wrap_before_a_reset_does_not_move_what_comes_behind_it() -> None:
    """Of the two sides one saw the wrap; the reader goes on counting from it through the reset."""
    wrap = ORBIT_COUNTER
    plus = {1: span(wrap - HOUR, wrap + HOUR), 2: span(wrap + 100, wrap + HOUR)}
    minus = {1: span(HOUR // 2, HOUR), 2: span(100, HOUR)}
    coverage = {"+Z": [plus], "-Z": [minus]}
    line = make_timeline(coverage, {2: RunInfo(2, START)})
    for side, orbit in (("+Z", wrap), ("-Z", 0)):
        assert line.seconds(side, np.array([2]), np.array([orbit])) == pytest.approx([START], abs=1e-3)
    # the sides of run 1 are together as well
    line = make_timeline(coverage, {1: RunInfo(1, START, START + 7300)})
    assert line.seconds("+Z", np.array([1]), np.array([wrap + HOUR])) == pytest.approx(
        line.seconds("-Z", np.array([1]), np.array([HOUR])), abs=1e-6
    )


def test_sides_without_a_common_run_whose_orbits_do_not_rise_are_apart() -> None:
    coverage = {
        "+Z": [{1: span(ORBIT_COUNTER - 2 * HOUR, ORBIT_COUNTER - HOUR)}],
        "-Z": [{2: span(HOUR, 2 * HOUR)}],
    }
    line = make_timeline(coverage, {1: RunInfo(1, START, START + 3600)})
    assert len(line.epochs) == 2
    assert np.isnan(line.seconds("-Z", np.array([2]), np.array([HOUR]))).all()
    assert any("no time is known of run 2" in problem for problem in line.problems)


def test_a_run_of_its_own_dump_may_have_begun_before() -> None:
    """Each capture began some time behind its run: the one that began first bounds all of them."""
    one, two = span(HOUR, 2 * HOUR), span(4 * HOUR, 5 * HOUR)
    runs = {1: RunInfo(1, START, START + 3700), 2: RunInfo(2, START + 3 * 3600 - 60, START + 4 * 3600 + 90)}
    line = make_timeline({"+Z": [{1: one}, {2: two}]}, runs)
    assert line.seconds("+Z", np.array([1]), np.array([HOUR])) == pytest.approx([START], abs=1e-3)
    assert line.uncertainty == pytest.approx(np.hypot(90, 1 / np.sqrt(3)), abs=0.1)


def test_runs_that_contradict_each_other_give_no_time() -> None:
    one, two = span(HOUR, 2 * HOUR), span(4 * HOUR, 5 * HOUR)
    runs = {1: RunInfo(1, START, START + 3700), 2: RunInfo(2, START + 4 * 3600, START + 5 * 3600)}
    line = make_timeline({"+Z": [{1: one}, {2: two}]}, runs)
    assert not line.is_absolute
    assert "run 1 then ended 3500 s after its end" in line.problems[0]


def test_one_start_against_one_bound_gives_no_time() -> None:
    """Run 2 is said to begin 9 s early, which puts run 1 before its start: nobody knows which is wrong."""
    coverage = {"+Z": [{1: span(0, HOUR), 2: span(2 * HOUR, 3 * HOUR)}]}
    runs = {1: RunInfo(1, START), 2: RunInfo(2, START + 7200 - 9)}
    line = make_timeline(coverage, runs)
    assert not line.is_absolute
    assert "run 1 went from 2023-08-23 12:00:00 to now as its conditions say" in line.problems[0]


def test_runs_after_a_reset_without_a_known_start_have_no_time() -> None:
    coverage = {"+Z": [{1: span(100, HOUR), 2: span(2 * HOUR, 3 * HOUR), 3: span(100, HOUR)}]}
    line = make_timeline(coverage, {2: RunInfo(2, START)})
    times = line.seconds("+Z", np.array([2, 3]), np.array([2 * HOUR, 200]))
    assert times[0] == pytest.approx(START, abs=1e-3)
    assert np.isnan(times[1])


def test_parts_between_resets_are_laid_end_to_end_and_that_is_said() -> None:
    line = make_timeline({"+Z": [{1: span(100, 100 + HOUR), 2: span(50, 50 + HOUR)}]}, {})
    assert line.seconds("+Z", np.array([2]), np.array([50])) == pytest.approx([3600], abs=1e-3)
    assert "laid end to end" in line.problems[0]
    assert line.uncertainty is None


def test_sides_that_count_from_different_wraps_are_brought_together() -> None:
    first = ORBIT_COUNTER - HOUR
    coverage = {
        "+Z": [{1: span(first, first + HOUR // 2), 2: span(first + 2 * HOUR, first + 3 * HOUR)}],
        # began after the wrap: the same orbits, less 2^32
        "-Z": [{2: span(first + 2 * HOUR - ORBIT_COUNTER, first + 3 * HOUR - ORBIT_COUNTER)}],
    }
    line = make_timeline(coverage, {2: RunInfo(2, START)})
    plus = line.seconds("+Z", np.array([2]), np.array([first + 2 * HOUR]))
    minus = line.seconds("-Z", np.array([2]), np.array([first + 2 * HOUR - ORBIT_COUNTER]))
    assert plus == minus == pytest.approx([START], abs=1e-3)
    assert len(line.epochs) == 1


def test_a_wrap_changes_no_time_at_all() -> None:
    orbits = np.arange(1000, 1000 + HOUR, 12_345)
    run = np.ones(len(orbits), dtype=int)
    plain = make_timeline(three_runs(), {}).seconds("+Z", run, orbits)
    wrapped = make_timeline(three_runs(ORBIT_COUNTER - 5000), {}).seconds(
        "+Z", run, orbits + ORBIT_COUNTER - 5000
    )
    assert np.array_equal(plain, wrapped)
    assert plain[1] - plain[0] == pytest.approx(12_345 * ORBIT_S)
