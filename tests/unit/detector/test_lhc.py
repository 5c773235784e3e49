from __future__ import annotations

import pytest

from bhm_columnar.detector import lhc


def test_clock() -> None:
    assert pytest.approx(88.9244, abs=1e-4) == lhc.ORBIT_S * 1e6
    assert pytest.approx(24.9507, abs=5e-5) == lhc.BX_NS
    assert pytest.approx(23.3110, abs=5e-5) == lhc.LUMISECTION_ORBITS * lhc.ORBIT_S
    assert pytest.approx(106.09, abs=0.01) == lhc.ORBIT_COUNTER * lhc.ORBIT_S / 3600


def test_collision_products_follow_halo_by_5_bx_and_25_tdc_counts() -> None:
    assert pytest.approx(137.43, abs=0.01) == lhc.COLLISION_DELAY_NS
    assert lhc.COLLISION_DELAY_BX == 5
    assert lhc.COLLISION_DELAY_TDC == 25
