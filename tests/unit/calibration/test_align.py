from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.errors import CalibrationError
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import Histogram, make_counts

from .toys import draw_plane, expected_plane, fill_planes

V2 = load_calibration("v2")


def fill(hits: list[tuple[int, int]], channel: int = 3) -> Histogram:
    h = make_counts(channel_axis(), tdc_axis(), adc_axis())
    # one more pulse, so that the side is there even if the channel is empty
    tdc, adc = np.array([*hits, (40, 10)]).T
    h.fill(channel=np.full(len(tdc), channel), tdc=tdc, adc=adc)
    return h


def align(hits: list[tuple[int, int]]) -> tuple[int, int]:
    made = align_channels(fill(hits))
    return made.tdc_peak[3], made.adc_cut[3]


def test_vectors() -> None:
    v2_cut = V2.adc_cut[3]
    assert align([(6, 150)] * 10) == (6, 149)
    assert align([(6, 128)] * 10) == (6, 127)
    assert align([(6, 178)] * 10) == (6, v2_cut)
    assert align([]) == (0, v2_cut)
    assert align([(6, 177)] * 10 + [(6, 178)] * 20) == (6, 176)
    normal = np.random.default_rng(1).normal(150, 4, size=20000).astype(int)
    assert align([(6, int(adc)) for adc in normal]) == (6, 145)


def test_what_lies_outside_is_not_looked_at() -> None:
    assert align([(6, 150)] * 10 + [(15, 150)] * 99 + [(6, 127)] * 99 + [(6, 180)] * 99) == (6, 149)


def test_code_179_counts_with_178() -> None:
    assert align([(6, 170)] * 3 + [(5, 178)] * 2 + [(5, 179)] * 2)[0] == 5


def test_ties_go_to_the_lowest_tdc_and_adc() -> None:
    assert align([(7, 140), (5, 160), (5, 150)]) == (5, 149)


def test_empty_channels_are_flagged() -> None:
    made = align_channels(fill([(6, 150)] * 10))
    assert "PN04" not in made.flags
    assert made.flags["PN05"] == "no pulses to cut in: ADC cut from v2"


def test_a_side_without_data_keeps_the_table() -> None:
    made = align_channels(fill([(6, 150)]))
    assert made.tdc_peak[20:] == V2.tdc_peak[20:]
    assert made.adc_cut[20:] == V2.adc_cut[20:]
    assert made.flags["MN01"] == "no data of this side: from v2"


def test_shipped_tables_do_not_change() -> None:
    align_channels(fill([(9, 170)] * 10))
    assert load_calibration("v2") == V2


@pytest.mark.parametrize(("name", "peak", "cut"), [("v1", 18, 142), ("v2", 6, 140)])
def test_shipped_tables(name: str, peak: int, cut: int) -> None:
    table = load_calibration(name)
    assert (table.tdc_peak[0], table.adc_cut[0]) == (peak, cut)
    assert table.name == name


def test_the_interval_is_the_default_and_fits_nothing() -> None:
    h = fill_planes({3: draw_plane(1, 1_000, 500)})
    assert align_channels(h) == align_channels(h, method="interval")
    assert align_channels(h).fits is None


def test_fitted_peaks_and_cuts() -> None:
    plane = np.rint(expected_plane(1e6, 1e5, tdc=6.6, charge=11_500, spread=0.15)).astype(np.int64)
    made = align_channels(fill_planes({3: plane, 23: plane}), method="fit", runs=(1, 2))
    assert (made.method, made.runs) == ("fit", (1, 2))
    assert made.tdc_peak[3] == 7
    # 11500 fC * exp(-0.3) = 8519 fC, code 144; no more than 2.3 % of the halo lies below
    assert made.adc_cut[3] == 144
    assert made.fits is not None
    assert made.fits[3].tdc.position == pytest.approx(6.6, abs=0.01)
    in_region = plane[6:9, 144:].sum()
    assert made.fits[3].sr_pulses == in_region
    assert plane[6:9, :144].sum() - np.rint(expected_plane(0, 1e5))[6:9, :144].sum() < 0.0228 * in_region


def test_channels_without_a_fit_take_the_interval_and_say_so() -> None:
    one_bin = np.zeros((50, 256), dtype=np.int64)
    one_bin[6, 150] = 100
    h = fill_planes({3: draw_plane(1, 1_000, 500), 4: one_bin})
    made, interval = align_channels(h, method="fit"), align_channels(h)
    assert "PN04" not in made.flags
    assert (made.tdc_peak[4], made.adc_cut[4]) == (interval.tdc_peak[4], interval.adc_cut[4]) == (6, 149)
    assert made.flags["PN05"].startswith("TDC peak by interval: width at the end")
    assert "ADC cut by interval: logarithmic width" in made.flags["PN05"]
    assert made.flags["PN06"] == interval.flags["PN06"]
    assert made.flags["MN01"] == "no data of this side: from v2"


def test_a_late_peak_is_found_by_the_fit() -> None:
    made = align_channels(fill_planes({3: draw_plane(1, 1_000, 500, tdc=18.4)}), method="fit")
    assert made.tdc_peak[3] == 18


def test_methods_that_do_not_exist() -> None:
    with pytest.raises(CalibrationError, match="no method is called 'magic'; choose one of interval, fit"):
        align_channels(fill([]), method="magic")
