from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import uproot
from hist import Hist

from bhm_columnar import load_histograms
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import InputError
from bhm_columnar.histograms.axes import (
    adc_axis,
    channel_axis,
    charge_axis,
    region_axis,
    run_axis,
    side_axis,
    tdc_axis,
)
from bhm_columnar.histograms.counts import make_counts, pick, pick_side
from bhm_columnar.histograms.output import save_histograms


@pytest.fixture
def histograms() -> dict[str, Hist]:
    rng = np.random.default_rng(3)
    channel, tdc, adc = rng.integers(0, 40, 500), rng.integers(0, 50, 500), rng.integers(0, 256, 500)
    adc_tdc = make_counts(channel_axis(), tdc_axis(), adc_axis()).fill(channel=channel, tdc=tdc, adc=adc)
    charge = make_counts(side_axis(), region_axis(), charge_axis())
    charge.fill(side="-Z", region="SR", charge=[1.0, 100.0, 1e7])
    channels = make_counts(side_axis(), region_axis(), channel_axis()).fill(
        side="+Z", region="CP", channel=[3, 3, 19]
    )
    runs = make_counts(side_axis(), run_axis()).fill(side="+Z", run=[7, 5, 7])
    wide = (
        Hist.new.Reg(2, 0, 1, name="a")
        .Reg(2, 0, 1, name="b")
        .Reg(2, 0, 1, name="c")
        .Reg(2, 0, 1, name="d")
        .Weight()
    )
    weighted = Hist.new.Reg(2, 0, 1, name="x").Weight().fill([0.1, 0.6], weight=[2.0, 3.0])
    return {
        "adc_tdc": adc_tdc,
        "charge": charge,
        "channels": channels,
        "runs": runs,
        "wide": wide,
        "weighted": weighted,
        "empty_runs": make_counts(side_axis(), run_axis()),
    }


def test_uhi_round_trip(histograms: dict[str, Hist], tmp_path: Path) -> None:
    save_histograms(histograms, tmp_path, {"why": "test"})
    loaded, about = load_histograms(tmp_path)
    assert loaded == histograms
    assert about == {"why": "test"}


def test_root_layout(histograms: dict[str, Hist], tmp_path: Path) -> None:
    save_histograms(histograms, tmp_path, {})
    with uproot.open(tmp_path / "histograms.root") as file:
        spectrum = file["minusZ/SR/charge"]
        assert spectrum.values().sum() == 1
        assert (spectrum.values(flow=True)[0], spectrum.values(flow=True)[-1]) == (1, 1)
        assert spectrum.member("fXaxis").member("fTitle") == "Charge [fC]"
        assert spectrum.title == "SR charge, -Z side (uHTR11)"
        names = file["plusZ/CP/channels"].axis().labels()
        assert dict(zip(names, file["plusZ/CP/channels"].values(), strict=True))["PN04"] == 2
        adc_tdc = histograms["adc_tdc"].values()
        assert (file["plusZ/tdc_adc"].values() == adc_tdc[:20].sum(axis=0)).all()
        assert (file["minusZ/MN03/adc"].values() == adc_tdc[22].sum(axis=0)).all()
        assert (file["minusZ/MN03/tdc"].values() == adc_tdc[22].sum(axis=1)).all()
        assert (file["minusZ/MN03/tdc"].axis().edges()[[0, -1]] == [-0.5, 49.5]).all()
        assert file["weighted"].variances().tolist() == [4.0, 9.0]
        assert dict(zip(file["plusZ/runs"].axis().labels(), file["plusZ/runs"].values(), strict=True)) == {
            "7": 2,
            "5": 1,
        }
        assert "wide" not in file


def test_parts(histograms: dict[str, Hist]) -> None:
    assert pick(histograms["charge"], side="-Z", region="SR").sum(flow=True) == 3
    adc_tdc = histograms["adc_tdc"]
    assert (pick_side(adc_tdc, SIDES[1]).values() == adc_tdc.values()[20:].sum(axis=0)).all()
    with pytest.raises(TypeError, match="nothing is left"):
        pick(histograms["runs"], side="+Z", run=0)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no histograms can be read"):
        load_histograms(tmp_path)
    (tmp_path / "histograms.uhi.zip").write_text("x")
    with pytest.raises(InputError, match="no histograms can be read"):
        load_histograms(tmp_path)
