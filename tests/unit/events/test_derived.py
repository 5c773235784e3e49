from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.detector.qie import ADC_CHARGE_FC
from bhm_columnar.events.derived import ChargeWindow, derive_columns, measure_charge


def slow_charge(samples: list[int], window: ChargeWindow) -> tuple[int, float]:
    """The formula of the docstring, sample by sample."""
    charges = [float(ADC_CHARGE_FC[code]) for code in samples]
    top = samples.index(max(samples))
    first = max(0, top - window.before)
    quiet = charges[: min(window.presamples, first)]
    pedestal = sum(quiet) / len(quiet) if quiet else min(charges)
    return max(samples), sum(charge - pedestal for charge in charges[first : top + window.after + 1])


@given(
    hnp.arrays(np.uint8, (5, 20)),
    st.builds(ChargeWindow, presamples=st.integers(0, 5), before=st.integers(0, 3), after=st.integers(0, 19)),
)
def test_charge_agrees_with_its_formula(samples: np.ndarray, window: ChargeWindow) -> None:
    peak, charge = measure_charge(samples, window)
    for row in range(len(samples)):
        expected_peak, expected = slow_charge(samples[row].tolist(), window)
        assert peak[row] == expected_peak
        assert charge[row] == pytest.approx(expected, rel=1e-5, abs=0.1)


def test_a_pulse_above_a_flat_pedestal() -> None:
    samples = np.full((1, 20), 4, dtype=np.uint8)
    samples[0, 9] = 150
    _, charge = measure_charge(samples)
    assert charge[0] == pytest.approx(10900 - 14.2, rel=1e-4)


def test_first_two_codes() -> None:
    columns = derive_columns(
        fibre=np.array([3, 8, 5, 3], dtype=np.int16),
        cable=np.array([0, 1, 2, 1], dtype=np.int16),
        samples=np.zeros((4, 20), dtype=np.uint8),
        code_offsets=np.array([0, 0, 1, 3, 6]),
        codes=np.array([6, 31, 62, 1, 2, 3], dtype=np.uint8),
        side=SIDES[1],
    )
    assert columns["nTdc"].tolist() == [0, 1, 2, 3]
    assert columns["tdc"].tolist() == [-1, 6, 31, 1]
    assert columns["tdc2"].tolist() == [-1, -1, 62, 2]
    assert columns["channel"].tolist() == [20, 39, -1, 21]
    assert columns["side"].tolist() == [-1] * 4
