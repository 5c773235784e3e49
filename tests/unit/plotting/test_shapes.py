"""Pulse shapes count the samples of the pulses that a slow loop would count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bhm_columnar.calibration.store import load_calibration
from bhm_columnar.cli import main
from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.execution.job import fill_processor, open_job
from bhm_columnar.histograms.output import load_histograms
from bhm_columnar.io.convert import read_events
from bhm_columnar.selection.cuts import DEFAULT_CUTS


@pytest.fixture(scope="module")
def shapes(analysed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shapes") / "out"
    job = open_job(analysed / "events", chunksize=700)
    fill_processor(job, "shapes", out, calibration=analysed / "calibration.json")
    return out


def test_a_loop_counts_the_same(analysed: Path, shapes: Path) -> None:
    calibration = load_calibration(analysed / "calibration.json")
    window = DEFAULT_CUTS.tdc_window
    expected = np.zeros((40, 20, 256), dtype=int)
    for side in ("plusZ", "minusZ"):
        for event in read_events(analysed / "events" / f"{side}.root").to_list():
            for pulse in event["Pulse"]:
                channel = pulse["channel"]
                codes = [pulse["tdc"], pulse["peak"]]
                if (
                    channel >= 0
                    and pulse["nTdc"] in (1, 2)
                    and pulse["tdc"] < 50
                    and pulse["tdc2"] != 62
                    and codes not in ([25, 188], [0, 124])
                    and abs(pulse["tdc"] - calibration.tdc_peak[channel]) <= window
                    and pulse["peak"] >= calibration.adc_cut[channel]
                ):
                    for place, code in enumerate(pulse["samples"]):
                        expected[channel, place, code] += 1
    found = load_histograms(shapes)[0]["shapes"].values()
    assert expected.sum() > 20_000
    assert (found == expected).all()


def test_halo_pulses_are_all_there(analysed: Path, shapes: Path) -> None:
    counts = load_histograms(shapes)[0]["shapes"].values()
    halo = load_histograms(analysed)[0]["channels"]
    for channel in CHANNELS:
        expected = halo[{"side": channel.side.name, "region": "SR", "channel": channel.index}]
        assert (counts[channel.index].sum(axis=1) == expected).all()


def test_plot_takes_them(analysed: Path, shapes: Path, tmp_path: Path) -> None:
    words = ["plot", str(analysed), "--also", str(shapes), "--figure", "pulse_shape"]
    assert main([*words, "--channels", "PN0[1-3]", "-o", str(tmp_path / "x.pdf")]) == 0
    assert (tmp_path / "x.pdf").read_bytes().count(b"/Type /Page /") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--figure occupancy --runs 380001", "analyse these runs alone: `bhm analyse DATA --runs RUNS`"),
        ("--figure charge --from 1", "--from is for --figure rates, rate_luminosity"),
        ("--figure occupancy --from-bx 3", "--from-bx and --to-bx belong together"),
        ("--figure charge --region SR,XX", "'XX' is no region"),
        ("--figure tdc_runs --runs 5", "there is no run 5 in these results; runs are 380000"),
        ("--figure azimuth --channels PN01", "--channels is for --figure rates"),
    ],
)
def test_what_histograms_do_not_keep_is_said(
    analysed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert main(["plot", str(analysed), *words.split(), "-o", str(tmp_path / "x.png")]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        "--figure train --region BR,SR",
        "--figure occupancy --from-bx 400 --to-bx 500 --style dark",
        "--figure tdc_violins --runs 380001 --channels PN*",
        "--figure cutflow --runs 380001-380002 --channels M*",
        "--figure azimuth --orientation facing --region CP",
        "--figure lego --of PN03",
        "--figure tdc_adc --of MF10",
        "--figure charge --label Internal",
    ],
)
def test_what_can_be_chosen_is_drawn(analysed: Path, tmp_path: Path, words: str) -> None:
    assert main(["plot", str(analysed), *words.split(), "-o", str(tmp_path / "x.svg")]) == 0
    assert "</svg>" in (tmp_path / "x.svg").read_text()
