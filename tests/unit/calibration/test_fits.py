from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.calibration import peak_model as shapes
from bhm_columnar.calibration.fits import fit_peaks
from bhm_columnar.calibration.peaks import ChannelFit, PeakFits
from bhm_columnar.detector.channels import CHANNEL_NAMES

from .toys import draw_plane, expected_plane, fill_planes

V2 = load_calibration("v2")


def fit_plane(plane: np.ndarray) -> ChannelFit:
    return fit_peaks(fill_planes({3: plane.astype(np.int64)}), calibration=V2)[3]


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    tdc=st.floats(2.0, 20.0),
    width=st.floats(0.5, 1.5),
    charge=st.floats(6_000.0, 40_000.0),
    spread=st.floats(0.1, 0.3),
    background=st.floats(0.0, 3_000.0),
)
def test_known_peaks_are_found_within_their_errors(
    seed: int, tdc: float, width: float, charge: float, spread: float, background: float
) -> None:
    plane = draw_plane(seed, 2_000, background, tdc=tdc, width=width, charge=charge, spread=spread)
    fit = fit_plane(plane)
    assert fit.flag == ""
    for value, error, true in (
        (fit.tdc.position, fit.tdc.position_error, tdc),
        (fit.tdc.width, fit.tdc.width_error, width),
        (fit.adc.charge, fit.adc.charge_error, charge),
        (fit.adc.spread, fit.adc.spread_error, spread),
    ):
        assert value is not None
        assert error is not None
        assert 0 < error < 0.1 * true
        assert abs(value - true) < 6 * error


def test_what_is_expected_is_found_exactly() -> None:
    fit = fit_plane(np.rint(expected_plane(1e8, 1e8)))
    assert fit.flag == ""
    assert fit.tdc.position == pytest.approx(6.3, abs=1e-4)
    assert fit.tdc.width == pytest.approx(0.7, abs=1e-4)
    assert fit.adc.charge == pytest.approx(11_500, rel=1e-4)
    assert fit.adc.position == pytest.approx(float(shapes.adc_position(11_500)), abs=1e-3)
    assert fit.adc.slope == pytest.approx(1_600, rel=1e-3)
    # the yield is that of pulses within a TDC code of the fullest: 5..7
    part = np.diff(shapes.normal_cdf(np.array([4.5, 7.5]), 6.3, 0.7))[0]
    assert fit.adc.yield_ == pytest.approx(1e8 * part, rel=1e-3)


def test_background_and_purity_of_the_signal_region() -> None:
    halo, under = expected_plane(3e6, 0), expected_plane(0, 3e7, slope=4_000)
    fit = fit_plane(np.rint(halo + under))
    peak, cut = V2.tdc_peak[3], V2.adc_cut[3]
    region = np.s_[peak - 1 : peak + 2, cut:]
    assert fit.sr_pulses == np.rint(halo + under)[region].sum()
    assert fit.sr_background == pytest.approx(under[region].sum(), rel=0.01)
    assert fit.purity == pytest.approx(1 - under[region].sum() / fit.sr_pulses, rel=1e-3)
    assert fit.sr_background is not None
    assert fit.sr_background_error is not None
    assert fit.purity_error == pytest.approx(
        np.hypot(fit.sr_background_error, fit.sr_background**0.5) / fit.sr_pulses, rel=1e-4
    )


def test_separation_shrinks_with_the_gain() -> None:
    fits = [fit_plane(draw_plane(1, 5_000, 2_000, charge=charge)) for charge in (20_000, 10_000, 6_000)]
    values = [fit.separation for fit in fits]
    assert values == sorted(values, key=lambda value: -(value or 0))
    assert all(fit.separation_error and 0 < fit.separation_error < 1 for fit in fits)


def test_no_background_is_no_failure() -> None:
    fit = fit_plane(draw_plane(3, 500, 0))
    assert fit.flag == ""
    assert (fit.tdc.background, fit.tdc.background_error) == (0.0, 1.0)
    assert (fit.sr_background, fit.purity) == (0.0, 1.0)
    assert fit.adc.slope is None
    assert fit.separation is None
    assert fit.adc.expected()[1].sum() == 0 < fit.adc.expected()[0].sum()
    assert fit.purity_error
    assert fit.purity_error > 0


def test_a_wide_peak_does_not_count_as_background_beside_it() -> None:
    fit = fit_plane(draw_plane(0, 5_000, 2_500, width=2.5))
    assert fit.adc.slope is not None
    assert fit.adc.slope_error is not None
    assert abs(fit.adc.slope - 1_600) < 4 * fit.adc.slope_error


def plane_of(*bins: tuple[int, int, int]) -> np.ndarray:
    plane = np.zeros((50, 256), dtype=np.int64)
    for tdc, adc, count in bins:
        plane[tdc, adc] = count
    return plane


FLAT = np.ones((50, 256), dtype=np.int64)


@pytest.mark.parametrize(
    ("plane", "tdc", "adc"),
    [
        (plane_of(), "no pulses", "no pulses"),
        (plane_of((6, 150, 1)), "only 1 pulse", "only 1 pulse"),
        (plane_of((6, 150, 1000)), "width at the end of its range", "width at the end of its range"),
        (plane_of((6, 150, 10**9)), "width at the end of its range", "width at the end of its range"),
        (FLAT, "no peak above the background", "no peak above the background"),
        (plane_of((49, 150, 1000)), "no pulses", "no pulses"),
    ],
)
def test_fits_that_fail_say_why_and_give_no_numbers(plane: np.ndarray, tdc: str, adc: str) -> None:
    fit = fit_plane(plane)
    for one, reason in ((fit.tdc, tdc), (fit.adc, adc)):
        assert reason in one.flag
        assert one.position is None
        assert one.yield_ is None
        assert not one.ok
        total, under = one.expected()
        assert total.sum() == under.sum() == 0
    assert fit.purity is None
    assert fit.separation is None
    assert "TDC fit: " in fit.flag
    assert "ADC fit: " in fit.flag


def test_a_curve_that_does_not_describe_the_pulses_is_flagged_with_its_numbers() -> None:
    plane = draw_plane(1, 1_000, 500) + draw_plane(2, 1_000, 0, tdc=9.5, charge=25_000)
    fit = fit_plane(plane)
    assert fit.tdc.flag.startswith("the curve misplaces")
    assert fit.tdc.position is not None
    assert not fit.tdc.ok


def test_expected_curves_hold_the_fitted_numbers() -> None:
    fit = fit_plane(draw_plane(5, 2_000, 1_000))
    for one in (fit.tdc, fit.adc):
        total, under = one.expected()
        assert under.sum() == pytest.approx(one.background, rel=1e-3)
        assert (total - under).sum() == pytest.approx(one.yield_, rel=1e-3)
        assert np.all(total >= under)
        first, last = one.codes
        assert total[:first].sum() == total[last + 1 :].sum() == 0
    assert fit.tdc.expected()[0].shape == (64,)
    assert fit.adc.expected()[0].shape == (256,)


def test_curves_go_through_the_counts() -> None:
    plane = draw_plane(6, 100_000, 50_000)
    fit = fit_plane(plane)
    first, last = fit.adc.across
    observed = plane[first : last + 1].sum(axis=0)[140:170]
    expected = fit.adc.expected()[0][140:170]
    assert np.abs(observed - expected).max() < 6 * np.sqrt(expected).max()
    assert abs(observed.sum() / expected.sum() - 1) < 0.01


def test_all_channels_there_and_back() -> None:
    planes = {channel: draw_plane(channel, 300, 100) for channel in range(0, 40, 2)}
    h = fill_planes(planes)
    fits = fit_peaks(h, calibration=align_channels(h))
    assert [one.channel for one in fits] == list(CHANNEL_NAMES)
    assert set(fits.flags) == set(CHANNEL_NAMES[1::2])
    text = json.dumps(fits.as_dict(), allow_nan=False)
    assert PeakFits.from_dict(json.loads(text)) == fits
    assert json.loads(text)["PN01"]["tdc"]["yield"] == fits[0].tdc.yield_


def test_a_billion_pulses_in_every_bin() -> None:
    fit = fit_plane(FLAT * 10**9)
    assert "TDC fit: " in fit.flag
    assert "ADC fit: " in fit.flag
    assert fit.purity is None
