from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.plotting.stability import mode_and_spread


def test_mode_and_spread() -> None:
    codes = np.arange(10.0)
    hits = np.array([3, 5, 5, 6, 7, 7])
    counts = np.bincount(hits, minlength=10)
    mode, spread = mode_and_spread(counts, codes)
    assert mode == 5
    assert spread == pytest.approx(np.std(hits, ddof=1))


def test_few_counts() -> None:
    codes = np.arange(3.0)
    assert np.isnan(mode_and_spread(np.zeros(3), codes)).all()
    mode, spread = mode_and_spread(np.array([0, 1, 0]), codes)
    assert mode == 1
    assert np.isnan(spread)
