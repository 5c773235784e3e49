"""Rates are counts over exposure, with intervals that cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.detector.lhc import LUMISECTION_S
from bhm_columnar.errors import SelectionError
from bhm_columnar.histograms.axes import channel_axis, region_axis, side_axis
from bhm_columnar.histograms.counts import Histogram, make_counts
from bhm_columnar.histograms.exposure import Exposure, time_axis
from bhm_columnar.histograms.rates import (
    ONE_SIGMA,
    UNITS,
    count_pulses,
    make_rate,
    normalise,
    poisson_interval,
    total_rate,
)
from tests.exposures import deliver, expose


@pytest.fixture
def exposure() -> Exposure:
    return expose(
        edges=np.array([0.0, 20.0, 40.0, 60.0]),
        origin=None,
        live={"+Z": np.array([20.0, 10.0, 0.0])},
        run=np.full(3, 5),
        lumisection=np.arange(3),
        delivered=np.array([4e5, np.nan, 2e5]),
        status=("",) * 3,
        intensity={"+Z": 2e14},
    )


@pytest.fixture
def h(exposure: Exposure) -> Histogram:
    counts = make_counts(side_axis(), region_axis(), channel_axis(), time_axis(exposure))
    counts.fill(side="+Z", region="SR", channel=[0, 0, 19, 3], time=[1.0, 21.0, 22.0, 99.0])
    counts.fill(side="+Z", region="CP", channel=5, time=1.0)
    return counts.fill(side="-Z", region="SR", channel=[20, 39], time=[1.0, 2.0])


def test_interval() -> None:
    low, high = poisson_interval([0, 1, 10, 1e6])
    assert low == pytest.approx([0, 0.17275, 6.8914, 1e6 - 999.5], rel=1e-4)
    assert high == pytest.approx([1.8410, 3.2995, 14.2668, 1e6 + 1001], rel=1e-4)


@pytest.mark.parametrize("level", [ONE_SIGMA, 0.9, 0.95])
def test_interval_covers(level: float) -> None:
    n = np.arange(200)
    low, high = poisson_interval(n, level=level)
    for mean in (0.1, 0.7, 2.5, 10.3, 60.0):
        covered = poisson.pmf(n, mean)[(low <= mean) & (mean <= high)].sum()
        assert covered >= level - 1e-6
    tail = (1 - level) / 2
    assert poisson.sf(n[1:] - 1, low[1:]) == pytest.approx(np.full(199, tail))
    assert poisson.cdf(n, high) == pytest.approx(np.full(200, tail))


def test_make_rate() -> None:
    rate = make_rate([10, 0, 7, 3], [2.0, 4.0, 0.0, np.nan], "/min")
    assert rate.unit == "/min"
    assert rate.value == pytest.approx([5, 0, np.nan, np.nan], nan_ok=True)
    assert rate.low == pytest.approx([6.8914 / 2, 0, np.nan, np.nan], rel=1e-4, nan_ok=True)
    assert rate.high == pytest.approx([14.2668 / 2, 1.8410 / 4, np.nan, np.nan], rel=1e-4, nan_ok=True)
    assert rate.errors.shape == (2, 4)
    assert (rate.errors[:, :2] >= 0).all()
    assert rate.value[0] - rate.errors[0, 0] == pytest.approx(rate.low[0])


def test_total_rate_leaves_out_counts_whose_exposure_is_missing() -> None:
    """Not those that were taken without any luminosity, which is known to be zero."""
    total = total_rate([10, 3, 9, 2], [2.0, 1.0, np.nan, 0.0], "Hz")
    assert (total.counts.tolist(), total.exposure.tolist(), total.value.tolist()) == ([15], [3], [5])
    assert np.isnan(total_rate([4], [0.0]).value).all()


def test_count_pulses(h: Histogram) -> None:
    assert count_pulses(h, side="+Z", region="SR").tolist() == [1, 2, 0]
    assert count_pulses(h, side="-Z", region="SR").tolist() == [2, 0, 0]
    assert count_pulses(h, side="+Z", region="CP").tolist() == [1, 0, 0]
    assert count_pulses(h, side="+Z", region="SR", channels=[0, 20]).tolist() == [1, 1, 0]
    assert count_pulses(h, side="+Z", region="SR", channels=[]).tolist() == [0, 0, 0]
    everything = [channel.index for channel in CHANNELS]
    assert count_pulses(h, side="-Z", region="SR", channels=everything).tolist() == [2, 0, 0]


def test_normalise(exposure: Exposure) -> None:
    for unit, expected in {
        "Hz": [20, 10, 0],
        "/min": [1 / 3, 1 / 6, 0],
        "/h": [20 / 3600, 10 / 3600, 0],
        "/LS": [20 / LUMISECTION_S, 10 / LUMISECTION_S, 0],
        "/nb": [400, np.nan, 0],
        "Hz/1e11p": [40000, 20000, 0],
    }.items():
        assert normalise(exposure, "+Z", unit) == pytest.approx(expected, nan_ok=True), unit
    assert set(UNITS) == {"Hz", "/min", "/h", "/LS", "/nb", "Hz/1e11p"}


def test_what_is_not_known(exposure: Exposure) -> None:
    with pytest.raises(SelectionError, match="no unit is called 'kHz'; units are Hz, /min"):
        normalise(exposure, "+Z", "kHz")
    with pytest.raises(SelectionError, match=r"no live time of -Z is known; there is that of \+Z"):
        normalise(exposure, "-Z", "Hz")
    with pytest.raises(SelectionError, match="no luminosity is known"):
        normalise(deliver(exposure, np.full(3, np.nan)), "+Z", "/nb")
    with pytest.raises(SelectionError, match="no beam intensity is known"):
        normalise(replace(exposure, intensity={}), "+Z", "Hz/1e11p")
