"""The calibration agrees with a loop over hits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import make_counts
from tests.reference.calibration import calibrate

near = st.tuples(st.integers(4, 8), st.integers(120, 185))
anywhere = st.tuples(st.integers(0, 49), st.integers(0, 255))
hits = st.lists(st.one_of(near, near, anywhere), max_size=60)


@given(st.lists(hits, min_size=1, max_size=4))
@settings(max_examples=200)
def test_agrees_with_a_loop(channels: list[list[tuple[int, int]]]) -> None:
    h = make_counts(channel_axis(), tdc_axis(), adc_axis())
    h.fill(channel=[19], tdc=[40], adc=[10])
    for channel, rows in enumerate(channels):
        if rows:
            tdc, adc = np.array(rows).T
            h.fill(channel=np.full(len(rows), channel), tdc=tdc, adc=adc)
    made = align_channels(h)
    fallback = load_calibration("v2").adc_cut
    for channel, rows in enumerate(channels):
        assert (made.tdc_peak[channel], made.adc_cut[channel]) == calibrate(rows, fallback[channel])
