from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar import Calibration, Cuts, classify_regions, region_table
from bhm_columnar.errors import ProcessorError
from bhm_columnar.histograms.axes import (
    REGIONS,
    channel_axis,
    charge_axis,
    region_axis,
    run_axis,
    side_axis,
    tdc_axis,
)
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.regions import fill_regions, is_in

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


@given(
    st.lists(
        st.tuples(st.integers(0, 15), st.integers(0, 39), st.floats(0, 1e7, width=32)),
        min_size=0,
        max_size=30,
    ),
    st.sampled_from(["+Z", "-Z"]),
)
def test_regions_are_filled_as_one_by_one(rows: list[tuple[int, int, float]], side: str) -> None:
    bits = np.array([row[0] for row in rows], dtype=np.uint8)
    channel = np.array([row[1] for row in rows], dtype=np.int16)
    charge = np.array([row[2] for row in rows], dtype=np.float32)
    at_once, one_by_one = (
        make_counts(side_axis(), region_axis(), channel_axis(), charge_axis()) for _ in range(2)
    )
    for _ in range(2):  # the second time adds to the first
        fill_regions(at_once, bits, side=side, channel=channel, charge=charge)
        for region in REGIONS:
            inside = is_in(bits, region)
            one_by_one.fill(side=side, region=region, channel=channel[inside], charge=charge[inside])
    assert at_once == one_by_one
    np.testing.assert_array_equal(at_once.view(flow=True), one_by_one.view(flow=True))
    assert at_once.sum(flow=True) == 2 * sum(int(one).bit_count() for one in bits)


@pytest.mark.parametrize(
    "axes", [(side_axis(), tdc_axis()), (side_axis(), region_axis(), run_axis())], ids=["no region", "grows"]
)
def test_what_cannot_be_filled_by_region(axes: tuple[object, ...]) -> None:
    name = axes[-1].name
    with pytest.raises(ProcessorError, match=f"along side.*{name} cannot be filled by region"):
        fill_regions(make_counts(*axes), np.ones(1, np.uint8), side="+Z", **{name: np.ones(1)})
