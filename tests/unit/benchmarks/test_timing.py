"""Repetitions in turn, ratios and exponents."""

from __future__ import annotations

import pytest

from benchmarks.timing import Case, Sample, divide, fit_exponent, interleave, rates, spread


def test_cases_run_in_turn_after_one_run_of_each() -> None:
    order: list[str] = []
    samples, results = interleave(
        {name: Case(lambda name=name: order.append(name) or name.upper(), 1) for name in ("a", "b")}, 2
    )
    assert order == ["a", "b"] * 3
    assert results == {"a": "A", "b": "B"}
    assert [len(timed) for timed in samples.values()] == [2, 2]


def test_rates_are_of_the_clock_that_is_asked_for() -> None:
    samples = [Sample(wall=2.0, cpu=0.5), Sample(wall=4.0, cpu=1.0)]
    assert rates(samples, 8, "wall") == (4.0, 2.0)
    assert rates(samples, 8, "cpu") == (16.0, 8.0)


def test_ratios_are_taken_repetition_by_repetition() -> None:
    assert divide([6.0, 9.0], [2.0, 9.0]) == (3.0, 1.0)
    with pytest.raises(ValueError, match="shorter"):
        divide([1.0, 2.0], [1.0])


def test_spread_is_median_and_ends() -> None:
    assert spread([5.0, 1.0, 2.0]) == (2.0, 1.0, 5.0)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.3])
def test_exponent_of_a_power_law_is_found(exponent: float) -> None:
    sizes = [1.0, 2.0, 4.0, 8.0]
    assert fit_exponent(sizes, [3 * size**exponent for size in sizes]) == pytest.approx(exponent)
