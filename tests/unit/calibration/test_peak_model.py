from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.calibration import peak_model as shapes
from bhm_columnar.detector.qie import ADC_CHARGE_FC, charge_to_adc


def test_edges_are_those_of_the_digitiser() -> None:
    charges = np.random.default_rng(1).uniform(0, 400_000, 100_000)
    charges = np.concatenate([charges, np.geomspace(1.0, 400_000, 100_000)])
    place = np.searchsorted(shapes.CHARGE_EDGES_FC[1:-1], charges)
    # the digitiser compares in single precision
    clear = np.abs(charges - shapes.CHARGE_EDGES_FC[place]) > 1e-4 * charges
    clear &= np.abs(charges - shapes.CHARGE_EDGES_FC[place + 1]) > 1e-4 * charges
    assert clear.mean() > 0.95
    codes = charge_to_adc(charges)
    # codes 191 and 194 have the same charge, so the digitiser gives both, which count as one
    assert set(codes) - set(shapes.USED_CODES) == {194}
    codes[codes == 194] = 191
    assert np.array_equal(shapes.USED_CODES[place][clear], codes[clear])


def test_codes_of_the_overlaps_count_with_those_of_the_same_charge() -> None:
    unused = sorted(set(range(256)) - set(shapes.USED_CODES.tolist()))
    assert unused == [64, 65, 66, 128, 129, 130, 192, 193, 194]
    for code in unused:
        twin = shapes.USED_CODES[shapes.bin_place(code)]
        assert twin < code
        assert ADC_CHARGE_FC[twin] == pytest.approx(ADC_CHARGE_FC[code], rel=0.01)


@given(st.lists(st.integers(0, 10**9), min_size=256, max_size=256))
def test_sorting_by_charge_loses_no_pulse(counts: list[int]) -> None:
    by_charge = shapes.count_by_charge(np.array([counts, counts[::-1]]))
    assert by_charge.shape == (2, len(shapes.USED_CODES))
    assert by_charge.sum(axis=1).tolist() == [sum(counts)] * 2


@given(st.floats(1.0, 380_000.0))
def test_a_charge_lies_within_its_code(charge: float) -> None:
    position = float(shapes.adc_position(charge))
    nearest = charge_to_adc(charge * np.array([0.9999, 1.0, 1.0001]))
    assert any(abs(position - shapes.USED_CODES[shapes.bin_place(code)]) <= 0.5 for code in nearest)


def test_positions_rise_with_the_charge() -> None:
    charges = np.geomspace(10, 300_000, 5_000)
    assert np.all(np.diff(shapes.adc_position(charges)) > 0)
    assert shapes.adc_position(1e9) == pytest.approx(255.5)


def test_shapes_per_code_add_up_to_their_part() -> None:
    edges = shapes.CHARGE_EDGES_FC[shapes.bin_place(100) : shapes.bin_place(254) + 2]
    expected = shapes.per_code(shapes.log_normal_cdf(edges, 11_500.0, 0.15), shapes.bin_place(100))
    assert expected.shape == (256,)
    assert expected.sum() == pytest.approx(1.0, abs=1e-6)
    assert expected[:100].sum() == 0
    assert expected[[128, 129, 130]].sum() == 0
    # the codes double their width at 144, so the curve jumps there
    assert expected[144] > 1.3 * expected[143]


def test_moments() -> None:
    codes = np.arange(5)
    assert shapes.shape_moments(np.array([0, 1.0, 2, 1, 0]), codes) == pytest.approx((2.0, 0.5**0.5))
    assert shapes.shape_moments(np.zeros(5), codes) == (0.0, 0.0)
