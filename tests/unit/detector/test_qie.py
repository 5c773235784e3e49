from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.detector.qie import ADC_CHARGE_FC, LINK_WORDS, adc_to_charge, charge_to_adc


def test_handy_codes() -> None:
    codes = [80, 120, 124, 128, 137, 140, 144, 150, 160, 179, 180, 188]
    charges = [960, 4080, 4860, 5080, 6890, 7490, 8400, 10900, 15000, 29100, 29900, 39400]
    assert adc_to_charge(np.array(codes)).tolist() == charges


def test_charge_falls_back_at_the_ranges_only() -> None:
    assert len(ADC_CHARGE_FC) == 256
    assert (np.flatnonzero(np.diff(ADC_CHARGE_FC) <= 0) + 1).tolist() == [64, 128, 192]


def test_table_is_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ADC_CHARGE_FC[0] = 1


@given(st.floats(2, 380_000))
def test_code_of_a_charge_is_the_nearest(charge: float) -> None:
    code = charge_to_adc(np.array([charge]))[0]
    step = 0.09 * charge + 3.2
    assert abs(ADC_CHARGE_FC[code] - charge) < step


def test_codes_rise_with_charge_and_saturate() -> None:
    codes = charge_to_adc(np.geomspace(1, 1e7, 2000))
    assert (np.diff(codes.astype(int)) >= 0).all()
    assert (codes[0], codes[-1]) == (0, 255)


def test_link_words_are_8b10b_control_characters() -> None:
    assert LINK_WORDS == ((25, 0xBC), (0, 0x7C))
