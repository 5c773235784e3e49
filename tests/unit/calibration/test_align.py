from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import Histogram, make_counts

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
