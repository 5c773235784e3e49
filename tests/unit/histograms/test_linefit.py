"""The line through rates finds what was put in, with errors that are as large as the scatter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from bhm_columnar.histograms.linefit import LineFit, fit_line

LIVE = np.full(60, 23.0)
LUMINOSITY = np.linspace(200.0, 2e4, 60)


def fit(counts: np.ndarray, live: np.ndarray = LIVE, luminosity: np.ndarray = LUMINOSITY) -> LineFit:
    found = fit_line(counts, live, luminosity)
    assert found is not None
    return found


def test_exact_counts_give_the_exact_line() -> None:
    found = fit(LIVE * (3.0 + 2e-4 * LUMINOSITY))
    assert found.intercept == pytest.approx(3.0)
    assert found.slope == pytest.approx(2e-4)
    assert (found.chi2, found.ndf) == (pytest.approx(0, abs=1e-9), 58)
    assert found.p_value == pytest.approx(1)


TOYS = 500


def throw(intercept: float, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the truth and errors of many fits, shape (2, TOYS) each."""
    rng = np.random.default_rng(12)
    live = np.where(np.arange(60) % 5 == 0, 6.0, 23.0)
    mean = live * (intercept + slope * LUMINOSITY)
    fits = [fit(rng.poisson(mean), live) for _ in range(TOYS)]
    found = np.array([(one.intercept - intercept, one.slope - slope) for one in fits])
    return found.T, np.array([(one.intercept_error, one.slope_error) for one in fits]).T


@pytest.mark.parametrize(("intercept", "slope"), [(2.0, 2e-4), (40.0, 0.0), (0.0, 3e-4)])
def test_pulls(intercept: float, slope: float) -> None:
    off, errors = throw(intercept, slope)
    pulls = off / errors
    assert np.abs(pulls.mean(axis=1)).max() < 4 / np.sqrt(TOYS)
    assert pulls.std(axis=1) == pytest.approx([1, 1], abs=4 / np.sqrt(2 * TOYS))


def test_few_counts() -> None:
    """With 0.3 to 6 pulses per bin errors follow the fluctuations, so pulls lean; values and mean errors do not."""
    off, errors = throw(0.05, 1e-5)
    scatter = off.std(axis=1)
    assert np.abs(off.mean(axis=1) / scatter).max() < 4 / np.sqrt(TOYS)
    assert errors.mean(axis=1) / scatter == pytest.approx([1, 1], abs=4 / np.sqrt(2 * TOYS))


def test_p_values_are_even() -> None:
    rng = np.random.default_rng(5)
    mean = LIVE * (2.0 + 2e-4 * LUMINOSITY)
    assert kstest([fit(rng.poisson(mean)).p_value for _ in range(300)], "uniform").pvalue > 1e-3
    bent = fit(LIVE * (2.0 + 5e-8 * LUMINOSITY**2))
    assert bent.p_value < 1e-6


def test_covariance_and_band_agree() -> None:
    found = fit(np.random.default_rng(3).poisson(LIVE * (1 + 1e-4 * LUMINOSITY)))
    at_zero, error = found.predict([0.0, 1e4])
    assert at_zero[0] == pytest.approx(found.intercept)
    assert error[0] == pytest.approx(found.intercept_error)
    (a, c), (_, b) = found.covariance
    assert error[1] ** 2 == pytest.approx(a + 2e4 * c + 1e8 * b)
    assert c < 0
    assert found.slope_error == pytest.approx(np.sqrt(b))


def test_bins_without_live_time_or_luminosity_do_not_enter() -> None:
    counts = np.random.default_rng(1).poisson(LIVE * (1 + 1e-4 * LUMINOSITY)).astype(float)
    live, luminosity = LIVE.copy(), LUMINOSITY.copy()
    live[:5], luminosity[-5:] = 0.0, np.nan
    counts[:5] = 1e6
    some, all_of_them = fit(counts, live, luminosity), fit(counts[5:-5], LIVE[5:-5], LUMINOSITY[5:-5])
    assert (some.slope, some.intercept, some.ndf) == (all_of_them.slope, all_of_them.intercept, 48)


def test_empty_bins_count() -> None:
    counts = np.zeros(60)
    counts[::10] = 1
    assert fit(counts).intercept < fit(counts[::10], LIVE[::10], LUMINOSITY[::10]).intercept / 5


def test_what_cannot_be_fitted() -> None:
    assert fit_line([5, 5], [1, 1], [1, 2]) is None
    assert fit_line([5, 5, 5], [1, 1, 0], [1, 2, 3]) is None
    assert fit_line([5, 5, 5], [1, 1, 1], [1, 2, np.nan]) is None
    assert fit_line([5, 6, 7], [1, 1, 1], [2e4, 2e4, 2e4]) is None
    assert fit_line([5, 6, 7], [1, 1, 1], [0, 0, 0]) is None
    assert fit_line([5, 6, 7], [1, 1, 1], [2e4, 2e4 * (1 + 1e-9), 2e4]) is None
    assert fit_line([0, 0, 0], [1, 1, 1], [1, 2, 3]) is None
    assert fit_line([], [], []) is None
    assert fit_line([5, 6, 7], [1, 1, 1], [1, 2, 3]) is not None
