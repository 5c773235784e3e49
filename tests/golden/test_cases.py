"""The numbers of the earlier program, for dumps of every kind that it reads.

`cases/NAME/` holds the dumps, `cases/NAME.json` what that program (bhm_analyser, 2024-08-09) gives for them with its
automatic calibration and all runs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hist import Hist

from bhm_columnar import analyse, load_histograms
from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.histograms.axes import REGIONS
from bhm_columnar.histograms.counts import pick

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.stem for path in CASES.glob("*.json"))


@pytest.fixture(scope="module", params=NAMES)
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Hist]]:
    """What is expected, and the summary and histograms of the analysis."""
    expected = json.loads((CASES / f"{request.param}.json").read_text())
    out = tmp_path_factory.mktemp("golden") / request.param
    summary = analyse(
        CASES / request.param, out, side="+Z" if expected["unknown_side"] else None, figures=False
    )
    return expected, summary, load_histograms(out)[0]


def test_all_nine_cases_are_there() -> None:
    assert len(NAMES) == 9


def test_runs_and_reference(case: Any) -> None:
    expected, summary, _ = case
    assert summary["runs"] == expected["runs"]
    assert summary["reference"]["run"] == expected["ref_run"]


def test_calibration(case: Any) -> None:
    expected, summary, _ = case
    of_channel = {
        name: values for side in summary["sides"].values() for name, values in side["channels"].items()
    }
    assert {name: values["tdc_peak"] for name, values in of_channel.items()} == {
        name: expected["tdc_peaks"][name] for name in of_channel
    }
    assert {name: values["adc_cut"] for name, values in of_channel.items()} == {
        name: expected["adc_cuts"][name] for name in of_channel
    }


def test_sides_and_counts(case: Any) -> None:
    expected, summary, _ = case
    assert set(summary["sides"]) == {side.name for side in SIDES if str(side.uhtr) in expected}
    for side in SIDES:
        if side.name not in summary["sides"]:
            continue
        mine, theirs = summary["sides"][side.name], expected[str(side.uhtr)]
        assert mine["assumed"] == expected["unknown_side"]
        assert mine["clean"] == mine["cutflow"][-1][1] == theirs["clean"]
        assert mine["regions"] == {region: theirs[region] for region in REGIONS}
        for region in REGIONS:
            per_channel = {
                str(channel.number): mine["channels"][channel.name][region]
                for channel in CHANNELS
                if channel.side == side and mine["channels"][channel.name][region]
            }
            assert per_channel == {number: n for number, n in theirs[f"{region}_per_ch"].items() if n}


def test_sums_come_out_of_the_histograms(case: Any) -> None:
    expected, summary, histograms = case
    for side in SIDES:
        if side.name not in summary["sides"]:
            continue
        for region in REGIONS:
            for name, axis, key in (("occupancy", "bx", "bx"), ("adc", "adc", "adc"), ("tdc", "tdc", "tdc")):
                counts = pick(histograms[name], side=side.name, region=region)
                total = (counts.values() * np.arange(counts.axes[axis].size)).sum()
                assert total == expected[str(side.uhtr)][f"{region}_{key}_sum"]
