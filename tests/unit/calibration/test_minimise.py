from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from iminuit.cost import ExtendedBinnedNLL

from bhm_columnar.calibration.minimise import (
    MIN_PULSES,
    Minimum,
    Parameter,
    deviance,
    goodness,
    minimise,
    no_peak,
    propagate,
    too_few,
)


def fit_line(counts: list[int], **changes: float) -> Minimum:
    """Number of pulses of a flat histogram, and an idle parameter that is linked to it."""

    limits = {"low": 0.0, "high": 1e6} | changes
    parameters = (
        Parameter("total", 10.0, limits["low"], limits["high"], may_vanish=True),
        Parameter("idle", 1.0, 0.0, 2.0),
    )

    def cost(total: float, idle: float) -> float:
        return deviance(np.array(counts), np.full(len(counts), total / len(counts))) + (idle - 1.0) ** 2

    return minimise(cost, parameters, {"idle": "total"})


@given(
    st.lists(
        st.tuples(st.integers(0, 10**9), st.floats(1e-3, 1e9)),
        min_size=1,
        max_size=20,
    )
)
def test_deviance_is_the_cost_function_of_iminuit(bins: list[tuple[int, float]]) -> None:
    n, mu = (np.array(part) for part in zip(*bins, strict=True))
    edges = np.arange(len(n) + 1.0)
    cost = ExtendedBinnedNLL(n, edges, lambda x, scale: scale * np.append(0.0, np.cumsum(mu))[x.astype(int)])
    expected = np.diff(np.append(0.0, np.cumsum(mu)))
    assert deviance(n, expected) == pytest.approx(cost(1.0), rel=1e-6, abs=1e-3)


def test_deviance_is_finite_where_nothing_is_expected() -> None:
    assert deviance(np.array([0, 5]), np.array([0.0, 5.0])) == pytest.approx(0.0, abs=1e-9)
    assert 400 < deviance(np.array([1, 5]), np.array([0.0, 5.0])) < 1e6


def test_the_mean_of_a_flat_histogram() -> None:
    minimum = fit_line([90, 110, 100])
    assert minimum.values[0] == pytest.approx(300, rel=1e-4)
    assert minimum.errors[0] == pytest.approx(300**0.5, rel=1e-3)


def test_what_vanishes_has_an_error_of_one_pulse() -> None:
    minimum = fit_line([0, 0, 0])
    assert minimum.values.tolist() == [0.0, 1.0]
    assert minimum.errors.tolist() == [1.0, 0.0]
    assert minimum.flag == ""


def test_the_end_of_a_range_is_not_trusted() -> None:
    assert fit_line([100, 100], high=50.0).flag == "total at the end of its range (50)"


@pytest.mark.parametrize(
    ("total", "text"), [(0, "no pulses"), (1, "only 1 pulse"), (MIN_PULSES - 1, "only 19 pulses")]
)
def test_too_few(total: int, text: str) -> None:
    assert too_few(total) == text
    assert too_few(MIN_PULSES) == ""


def test_a_yield_that_could_be_none_is_no_peak() -> None:
    covariance = np.diag([1.0, 1.0, 16.0])
    assert (
        no_peak(Minimum(np.array([0, 0, 11.0]), covariance))
        == "no peak above the background (11 +- 4 pulses)"
    )
    assert no_peak(Minimum(np.array([0, 0, 13.0]), covariance)) == ""


def test_goodness_of_a_right_curve() -> None:
    expected = np.full(50, 40.0)
    observed = np.random.default_rng(2).poisson(expected)
    chi2, ndf, flag = goodness((observed,), (expected,), 3)
    assert ndf == 47
    assert chi2 == pytest.approx(float(((observed - 40) ** 2 / 40).sum()))
    assert flag == ""


def test_goodness_merges_bins_in_which_little_is_expected() -> None:
    expected = np.full(100, 0.1)
    observed = np.zeros(100, dtype=np.int64)
    observed[3] = 10
    chi2, ndf, _ = goodness((observed,), (expected,), 0)
    assert ndf <= 2
    assert chi2 < 12
    assert goodness((observed,), (expected,), 5)[1] == 0


def test_a_wrong_curve_is_flagged() -> None:
    observed = np.repeat([100, 300], 10)
    _, _, flag = goodness((observed,), (np.full(20, 200.0),), 3)
    assert flag == "the curve misplaces 25% of the pulses (chi2/ndf = 1000/17)"


def test_many_pulses_may_differ_a_little() -> None:
    expected = np.full(20, 1e8)
    observed = np.repeat([99_000_000, 101_000_000], 10)
    chi2, ndf, flag = goodness((observed,), (expected,), 3)
    assert chi2 > 1000 * ndf
    assert flag == ""


def test_errors_of_functions() -> None:
    covariance = np.array([[4.0, 1.0], [1.0, 9.0]])
    minimum = Minimum(np.array([2.0, 5.0]), covariance)
    value, error = propagate(lambda x: 3 * x[0] - 2 * x[1], minimum)
    assert value == -4.0
    assert error == pytest.approx((9 * 4 + 4 * 9 - 2 * 6) ** 0.5)
    assert propagate(lambda x: x[0] ** 2, minimum)[1] == pytest.approx(8.0)
    assert propagate(lambda x: x[0], Minimum(np.array([1.0, 1.0]), np.zeros((2, 2)))) == (1.0, 0.0)
