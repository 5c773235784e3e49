from __future__ import annotations

import pytest
from scipy.stats import binom, norm, poisson

from bhm_columnar.quality.judge import Judge, Subject
from bhm_columnar.quality.model import worst_level
from bhm_columnar.quality.thresholds import Thresholds

SIGMAS = 3.0
CHANCE = norm.sf(SIGMAS)


@pytest.fixture
def judge() -> Judge:
    return Judge(Thresholds(significance=SIGMAS))


def on(pulses: int = 100) -> Subject:
    return Subject("dead", "+Z", "PN01", pulses, "PN01")


def outcome(judge: Judge) -> str:
    """Level of the last judgement, or that there was none."""
    if judge.not_judged:
        return "not judged"
    return worst_level(one.level for one in judge.flags)


@pytest.mark.parametrize("n", range(0, 60, 5))
def test_low_counts_follow_the_poisson_tail(judge: Judge, n: int) -> None:
    judge.low_count(on(), n, 100.0, (0.3, 0.1), "x {value}")
    expected = "OK" if n >= 30 else "not judged"
    if n < 30 and poisson.cdf(n, 30) < CHANCE:
        expected = "BAD" if n < 10 and poisson.cdf(n, 10) < CHANCE else "WARN"
    assert outcome(judge) == ("BAD" if n == 0 else expected)


@pytest.mark.parametrize("n", range(200, 1500, 50))
def test_high_counts_follow_the_poisson_tail(judge: Judge, n: int) -> None:
    judge.high_count(on(), n, 100.0, (3.0, 10.0), "x {value}")
    expected = "OK" if n <= 300 else "not judged"
    if n > 300 and poisson.sf(n - 1, 300) < CHANCE:
        expected = "BAD" if n > 1000 and poisson.sf(n - 1, 1000) < CHANCE else "WARN"
    assert outcome(judge) == expected


@pytest.mark.parametrize("k", range(0, 150, 10))
def test_fractions_follow_the_binomial_tail(judge: Judge, k: int) -> None:
    judge.fraction(on(), k, 400, (0.05, 0.2), "x {value}")
    expected = "OK" if k <= 20 else "not judged"
    if k > 20 and binom.sf(k - 1, 400, 0.05) < CHANCE:
        expected = "BAD" if k > 80 and binom.sf(k - 1, 400, 0.2) < CHANCE else "WARN"
    assert outcome(judge) == expected


@pytest.mark.parametrize(
    ("value", "error", "pulses", "expected"),
    [
        (0.2, 0.1, 10_000, "OK"),
        (0.6, 0.1, 10_000, "WARN"),
        (-0.6, 0.1, 10_000, "WARN"),
        (-2.0, 0.1, 10_000, "BAD"),
        (0.2, 0.2, 10_000, "not judged"),
        (0.55, 0.2, 10_000, "not judged"),
        (2.0, 0.2, 10_000, "BAD"),
        # of so few pulses an error of 0.1 may be much larger: 3 standard deviations are 3.8 of Student's with 12
        (0.35, 0.1, 13, "OK"),
        (0.35, 0.14, 13, "not judged"),
        (0.51, 0.14, 13, "not judged"),
        (2.0, 0.1, 9, "not judged"),
        (float("nan"), 0.1, 100, "not judged"),
        (2.0, float("nan"), 100, "not judged"),
    ],
)
def test_distances(value: float, error: float, pulses: int, expected: str) -> None:
    judge = Judge(Thresholds(significance=SIGMAS, min_halo_pulses=10))
    judge.distance(on(pulses), value, error, (0.5, 1.5), "x {value}")
    assert outcome(judge) == expected


@pytest.mark.parametrize("counts", [(0, 0.0), (5, 0.0)])
def test_nothing_expected_is_not_judged(judge: Judge, counts: tuple[int, float]) -> None:
    judge.low_count(on(), *counts, (0.3, 0.1), "x {value}")
    assert outcome(judge) == "not judged"


def test_nothing_at_all_has_no_fraction(judge: Judge) -> None:
    judge.fraction(on(0), 0, 0, (0.05, 0.2), "x {value}")
    assert [one.text for one in judge.not_judged] == ["PN01: 0 pulses"]


def test_a_flag_says_value_and_limit(judge: Judge) -> None:
    judge.fraction(on(400), 60, 400, (0.05, 0.2), "has {value:.1%} of it")
    assert judge.flags[0].text == "PN01 has 15.0% of it, the limit is 0.05"
    assert (judge.flags[0].value, judge.flags[0].threshold) == (0.15, 0.05)
