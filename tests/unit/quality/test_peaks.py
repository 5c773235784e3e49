from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.calibration.store import load_table
from bhm_columnar.detector.qie import charge_to_adc
from bhm_columnar.quality.peaks import Reference, measure_halo
from tests.unit.quality.samples import at, make_adc_tdc


def test_the_mean_moves_with_the_signal() -> None:
    """Half a code, which the fullest bin does not show."""
    moved = measure_halo(make_adc_tdc(pulses=5000, tdc={"PN01": 0.5, "PN02": 2.0, "PN03": 12.0}))
    places = [at(name) for name in ("PN01", "PN02", "PN03", "PN04")]
    assert moved.tdc[places] == pytest.approx([6.5, 8.0, 18.0, 6.0], abs=0.06)
    assert moved.tdc_error[at("PN04")] == pytest.approx(
        np.hypot(0.7, np.sqrt(2 / 12)) / np.sqrt(5000), rel=0.05
    )


def test_the_charge_is_that_of_the_halo() -> None:
    peaks = measure_halo(make_adc_tdc(pulses=5000, gain={"MF10": 0.8, "MF09": 1.25}))
    places = [at(name) for name in ("MF10", "MF09", "MF08")]
    assert np.exp(peaks.log_charge[places]) == pytest.approx([9200, 14375, 11500], rel=0.01)
    assert peaks.log_charge_error[at("MF08")] == pytest.approx(0.15 / np.sqrt(5000), rel=0.05)


def test_errors_are_those_of_repeated_samples() -> None:
    samples = [measure_halo(make_adc_tdc(pulses=200, seed=seed)) for seed in range(10)]
    for name in ("tdc", "log_charge"):
        values = np.array([getattr(one, name) for one in samples])
        errors = np.array([getattr(one, f"{name}_error") for one in samples])
        pulls = (values - values.mean(axis=0)) / errors
        assert pulls.std(ddof=10) == pytest.approx(1.0, abs=0.15)


def test_collision_products_are_not_taken_for_halo() -> None:
    h = make_adc_tdc(pulses=200)
    rng = np.random.default_rng(5)
    n = 200_000
    h.fill(
        channel=rng.integers(0, 40, size=n),
        tdc=np.clip(np.rint(31 + rng.normal(size=n)), 0, 49),
        adc=charge_to_adc(2900 * np.exp(0.35 * rng.normal(size=n))),
    )
    assert measure_halo(h).tdc == pytest.approx(np.full(40, 6.0), abs=0.3)


def test_nothing_is_nan_and_one_pulse_has_no_error() -> None:
    peaks = measure_halo(make_adc_tdc(pulses={"PN01": 0, "PN02": 1}))
    assert np.isnan(peaks.tdc[at("PN01")])
    assert np.isnan(peaks.log_charge[at("PN01")])
    assert peaks.halo[at("PN01")] == 0
    assert np.isfinite(peaks.tdc[at("PN02")])
    assert np.isnan(peaks.tdc_error[at("PN02")])


def test_a_reference_knows_what_it_has_pulses_for() -> None:
    table = Reference.from_calibration(load_table("v2"))
    assert (table.name, table.log_charge) == ("v2", None)
    assert table.tdc.tolist() == list(load_table("v2").tdc_peak)
    sample = Reference.from_histogram(make_adc_tdc(pulses={"PN01": 19}), "x", min_halo_pulses=20)
    assert np.isnan(sample.tdc).tolist() == [name == 0 for name in range(40)]
    assert sample.limit_pulses(np.full(40, 100))[:2].tolist() == [19, 100]
