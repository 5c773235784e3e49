"""What a colleague with ROOT sees; skipped where ROOT is not installed (`pip install root`)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import read_dump
from bhm_columnar.events.columns import COLUMNS
from bhm_columnar.io.convert import convert_dump

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ROOT = pytest.importorskip("ROOT")


@pytest.fixture(scope="module", params=["ttree", "rntuple"])
def converted(request: pytest.FixtureRequest, toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("root") / f"{request.param}.root"
    convert_dump(toy / "uHTR4.txt", target, format=request.param, chunk_bytes=100_000)
    return target


@pytest.fixture(scope="module")
def expected(toy: Path) -> dict[str, np.ndarray]:
    """Every branch, flat."""
    events, _ = read_dump(toy / "uHTR4.txt")
    flat = {}
    for column in COLUMNS:
        values = events[column.name] if column.level == "event" else events.Pulse[column.name]
        flat[column.branch] = ak.to_numpy(ak.flatten(values, axis=None))
    return flat


def test_data_frame_sees_every_branch(converted: Path, expected: dict[str, np.ndarray]) -> None:
    frame = ROOT.RDataFrame("Events", str(converted))
    for column in COLUMNS:
        values = frame.Take[frame.GetColumnType(column.branch)](column.branch)
        rows = [np.atleast_1d(np.asarray(row)) for row in values.GetValue()]
        assert np.array_equal(np.concatenate(rows), expected[column.branch]), column.branch
    counts = np.array([int(n) for n in frame.Take["int"]("nPulse").GetValue()])
    assert counts.sum() == len(expected["Pulse_tdc"])


def test_provenance_is_a_string(converted: Path) -> None:
    file = ROOT.TFile.Open(str(converted))
    text = str(file.Get("provenance").GetString())
    file.Close()
    assert json.loads(text)["entries"] == 3000


def test_draw_sees_every_branch(converted: Path, expected: dict[str, np.ndarray]) -> None:
    if converted.stem == "rntuple":
        pytest.skip("an RNTuple has no TTree::Draw")
    file = ROOT.TFile.Open(str(converted))
    tree = file.Get("Events")
    tree.SetEstimate(10_000_000)
    for column in COLUMNS:
        n = tree.Draw(column.branch, "", "goff")
        assert n == len(expected[column.branch]), column.branch
        drawn = np.array(np.frombuffer(tree.GetV1(), dtype=np.float64, count=n))
        assert np.array_equal(drawn, expected[column.branch].astype(np.float64)), column.branch
    high = tree.Draw("Pulse_tdc", "Pulse_peak > 140 && Pulse_tdc >= 0", "goff")
    assert high == np.sum((expected["Pulse_peak"] > 140) & (expected["Pulse_tdc"] >= 0))
    file.Close()


def test_histograms_open(analysed: Path, summary: dict[str, Any]) -> None:
    file = ROOT.TFile.Open(str(analysed / "histograms.root"))
    for name, folder in (("+Z", "plusZ"), ("-Z", "minusZ")):
        side = summary["sides"][name]
        for region, total in side["regions"].items():
            occupancy = file.Get(f"{folder}/{region}/occupancy")
            assert (occupancy.GetNbinsX(), occupancy.Integral()) == (3564, total)
            assert occupancy.GetXaxis().GetTitle() == "BX of the board"
            charge = file.Get(f"{folder}/{region}/charge")
            assert charge.Integral(0, charge.GetNbinsX() + 1) == total
            channels = file.Get(f"{folder}/{region}/channels")
            for channel, values in side["channels"].items():
                place = channels.GetXaxis().FindBin(channel)
                assert channels.GetBinContent(place) == values[region]
        assert file.Get(f"{folder}/tdc_adc").Integral() == side["clean"]
        for channel, values in side["channels"].items():
            assert file.Get(f"{folder}/{channel}/tdc").Integral() == values["SR"] + values["BR"]
            assert file.Get(f"{folder}/{channel}/adc").GetXaxis().GetTitle() == "Peak ADC code"
    file.Close()


def test_trees_merge(toy: Path, tmp_path: Path) -> None:
    merger = ROOT.TFileMerger(False)
    merger.OutputFile(str(tmp_path / "all.root"))
    for name in ("uHTR4", "uHTR11"):
        convert_dump(toy / f"{name}.txt", tmp_path / f"{name}.root")
        merger.AddFile(str(tmp_path / f"{name}.root"))
    assert merger.Merge()
    assert ROOT.RDataFrame("Events", str(tmp_path / "all.root")).Count().GetValue() == 6000
