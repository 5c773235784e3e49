from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.histograms.axes import channel_axis, tdc_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.histograms.profiles import make_profile


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 49)), max_size=50))
def test_means_are_those_of_the_pulses(pulses: list[tuple[int, int]]) -> None:
    h = make_counts(channel_axis(), tdc_axis())
    channels, codes = np.array(pulses, dtype=int).reshape(-1, 2).T
    h.fill(channel=channels, tdc=codes)
    view = make_profile(h, "tdc").view()
    for channel in range(4):
        chosen = codes[channels == channel]
        assert view["count"][channel] == len(chosen)
        if len(chosen):
            assert view["value"][channel] == pytest.approx(chosen.mean())
        if len(chosen) > 1:
            spread = view["_sum_of_deltas_squared"][channel] / (len(chosen) - 1)
            assert spread == pytest.approx(chosen.var(ddof=1), abs=1e-9)
