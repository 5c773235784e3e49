from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar import Calibration, Cuts, classify_regions, region_table
from bhm_columnar.histograms.axes import REGIONS
from bhm_columnar.selection.regions import is_in

calibrations = st.builds(
    Calibration,
    name=st.just("random"),
    tdc_peak=st.lists(st.integers(0, 49), min_size=40, max_size=40).map(tuple),
    adc_cut=st.lists(st.integers(0, 255), min_size=40, max_size=40).map(tuple),
)
pulses = st.tuples(st.integers(0, 39), st.integers(0, 49), st.integers(0, 255))


def slow_regions(calibration: Calibration, pulse: tuple[int, int, int]) -> set[str]:
    """The definitions, as the earlier program has them."""
    channel, tdc, peak = pulse
    at, cut = calibration.tdc_peak[channel], calibration.adc_cut[channel]
    found = {"SR"} if at - 1 <= tdc <= at + 1 and peak >= cut else {"BR"}
    is_box = 28 < tdc < 34 and 80 < peak < 140
    if is_box:
        found.add("CP")
    if "BR" in found and not is_box:
        found.add("AR")
    return found


@given(calibrations, st.lists(pulses, min_size=1, max_size=20))
def test_regions_are_as_defined(calibration: Calibration, rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows).T
    table = ak.zip(dict(zip(("channel", "tdc", "peak"), columns, strict=True)))
    bits = classify_regions(table, region_table(calibration))
    inside = {region: is_in(bits, region) for region in REGIONS}
    for place, row in enumerate(rows):
        assert {region for region in REGIONS if inside[region][place]} == slow_regions(calibration, row)


@pytest.mark.parametrize(("centre", "inside"), [("fixed", 31), ("halo+25", 44)])
def test_box_moves_with_the_halo_if_it_is_told(centre: str, inside: int) -> None:
    late = Calibration("late", (19,) * 40, (140,) * 40)
    box = is_in(region_table(late, Cuts(cp_centre=centre)), "CP")[0]
    assert np.flatnonzero(box[:, 100]).tolist() == list(range(inside - 2, inside + 3))


def test_window_can_be_widened() -> None:
    calibration = Calibration("x", (6,) * 40, (140,) * 40)
    wide = is_in(region_table(calibration, Cuts(tdc_window=3)), "SR")[5]
    assert np.flatnonzero(wide[:, 200]).tolist() == list(range(3, 10))
    assert not wide[6, 139]
