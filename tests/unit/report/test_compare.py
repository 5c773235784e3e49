from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bhm_columnar import analyse, simulate_dumps
from bhm_columnar.cli import main
from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.errors import InputError
from bhm_columnar.report.compare import compare_results
from bhm_columnar.report.differences import tabulate_channel_shifts, tabulate_pulls, tabulate_side_shifts
from bhm_columnar.report.finished import Finished, load_finished
from bhm_columnar.report.notices import find_notices
from bhm_columnar.report.shifts import QUANTITIES, Comparison, Shift


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return what is made of six seeds of the same simulation."""
    folder = tmp_path_factory.mktemp("seeds")
    for seed in range(6):
        simulate_dumps(folder / f"dumps{seed}", events=3000, seed=500 + seed)
        analyse(folder / f"dumps{seed}", folder / f"out{seed}", figures=False)
    return [folder / f"out{seed}" for seed in range(6)]


@pytest.fixture
def finished(folders: list[Path]) -> Finished:
    """Return an analysis without fits."""
    found = load_finished(folders[0])
    channels = {
        name: {key: value for key, value in numbers.items() if key != "fit"}
        for name, numbers in found.calibration["channels"].items()
    }
    return replace(found, calibration={**found.calibration, "channels": channels})


def _with_channel(finished: Finished, name: str, change: Any) -> Finished:
    """Change the (TDC, ADC) plane of a channel."""
    index = next(unit.index for unit in CHANNELS if unit.name == name)
    plane = finished.histograms["adc_tdc"].copy()
    plane.view()[index] = change(plane.view()[index])
    return replace(finished, histograms={**finished.histograms, "adc_tdc": plane})


def _with_calibration(finished: Finished, name: str, **numbers: Any) -> Finished:
    channels = {**finished.calibration["channels"]}
    channels[name] = {**channels[name], **numbers}
    return replace(finished, calibration={**finished.calibration, "channels": channels})


def _channel(comparison: Comparison, name: str) -> dict[str, Shift]:
    return dict(next(one.shifts for one in comparison.channels if one.channel == name))


def test_nothing_differs_from_itself(folders: list[Path]) -> None:
    comparison = compare_results(folders[0], folders[0])
    rows = [one.shifts for one in comparison.channels]
    assert all(set(QUANTITIES) <= set(row) for row in rows)
    shifts = [shift for row in rows for shift in row.values()]
    shifts += [shift for one in comparison.sides for shift in (*one.shares.values(), *one.rates.values())]
    assert len(shifts) >= 40 * 5 + 2 * 8
    assert {shift.difference for shift in shifts} == {0.0}
    assert all(not pulls.any() for pulls in comparison.pulls().values())
    assert comparison.notes == ()


def test_pulls_between_seeds_are_one_wide(folders: list[Path]) -> None:
    pairs = [compare_results(folders[k], folders[k + 1]).pulls() for k in (0, 2, 4)]
    for name in ("tdc_mean", "adc_mean", "sr_share"):
        pulls = np.concatenate([pair[name] for pair in pairs])
        assert len(pulls) == 120
        assert abs(pulls.mean()) < 0.3  # three standard errors
        assert 0.8 < pulls.std() < 1.25
    rates = np.concatenate(
        [pulls for pair in pairs for name, pulls in pair.items() if name.startswith("rate_")]
    )
    assert len(rates) == 24
    assert 0.5 < rates.std() < 1.6


def test_the_other_way_round_everything_changes_sign(folders: list[Path]) -> None:
    there, back = compare_results(folders[0], folders[1]), compare_results(folders[1], folders[0])
    for name, pulls in there.pulls().items():
        np.testing.assert_allclose(pulls, -back.pulls()[name], atol=1e-9)


def test_a_late_channel_stands_out(finished: Finished) -> None:
    peak = int(finished.tdc_peaks[CHANNELS[2].index])
    late = _with_channel(finished, "PN03", lambda plane: np.roll(plane, 2, axis=0))
    late = _with_calibration(late, "PN03", tdc_peak=peak + 2)
    comparison = compare_results(late, finished)
    assert comparison.largest(1)[0].channel == "PN03"
    shifts = _channel(comparison, "PN03")
    assert shifts["tdc_peak"].difference == 2
    assert shifts["tdc_mean"].difference == pytest.approx(2, abs=0.3)
    assert shifts["tdc_mean"].pull > 5
    assert _channel(comparison, "PN04")["tdc_mean"].pull == 0
    told = [notice.text for notice in find_notices(late, comparison)]
    assert f"1 of 40 channels differ from {finished.folder} by more than 3 standard errors: PN03" in told


def test_a_channel_without_halo_stands_out(finished: Finished) -> None:
    comparison = compare_results(_with_channel(finished, "MF02", lambda plane: 0 * plane), finished)
    assert comparison.largest(1)[0].channel == "MF02"
    shifts = _channel(comparison, "MF02")
    assert shifts["sr_share"].a == 0
    assert shifts["sr_share"].pull < -5
    assert shifts["tdc_mean"].a is None
    assert shifts["tdc_mean"].pull is None


def test_few_pulses_have_no_pull_of_the_mean(finished: Finished) -> None:
    comparison = compare_results(_with_channel(finished, "PN01", lambda plane: (plane > 3) * 1), finished)
    assert _channel(comparison, "PN01")["adc_mean"].pull is None


def test_fits_are_compared_where_both_have_them(finished: Finished) -> None:
    one = _with_calibration(
        finished,
        "PN01",
        fit={"tdc": {"position": 6.4, "position_error": 0.3, "yield": 900.0, "yield_error": 30.0}},
    )
    other = _with_calibration(
        finished,
        "PN01",
        fit={"tdc": {"position": 5.9, "position_error": 0.4, "yield": 10.0, "yield_error": 3.0}},
    )
    shifts = _channel(compare_results(one, other), "PN01")
    assert shifts["fit.tdc.position"].pull == pytest.approx(1.0)
    assert "fit.tdc.yield" not in shifts  # depends on how long data were taken
    assert "fit.tdc.position" not in _channel(compare_results(one, finished), "PN01")


def test_what_makes_a_comparison_hard_is_said(finished: Finished) -> None:
    summary = json.loads(json.dumps(finished.summary))
    del summary["sides"]["-Z"]
    summary["cuts"]["tdc_window"] = 2
    comparison = compare_results(finished, replace(finished, summary=summary), names=("A", "B"))
    assert comparison.notes == ("-Z is only in A", "the cut tdc_window is 1 in A and 2 in B")
    assert {one.side for one in comparison.channels} == {"+Z"}


def test_tables_show_what_moved(finished: Finished) -> None:
    moved = _with_calibration(finished, "PF05", adc_cut=int(finished.adc_cuts[14]) + 3)
    comparison = compare_results(moved, finished)
    table = tabulate_channel_shifts(comparison, 3)
    assert len(table.rows) == 3
    row = next(row for row in table.rows if row[0].text == "PF05")
    assert row[2].text == f"{finished.adc_cuts[14]} → {finished.adc_cuts[14] + 3}"
    assert [row[0].text for row in tabulate_side_shifts(comparison).rows][:2] == ["+Z SR", "+Z BR"]
    assert {row[2].text for row in tabulate_pulls(comparison).rows} == {"0.00"}


@pytest.mark.parametrize(
    ("shift", "pull"),
    [
        (Shift(3.0, 1.0, 0.5), 4.0),
        (Shift(1.0, 1.0, 0.0), 0.0),
        (Shift(2.0, 1.0, 0.0), None),
        (Shift(2.0, None, 1.0), None),
        (Shift(2.0, 1.0), None),
    ],
)
def test_pull(shift: Shift, pull: float | None) -> None:
    assert shift.pull == pull


def test_a_folder_without_analysis(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no histograms can be read"):
        compare_results(tmp_path, tmp_path)


def test_bhm_compare(folders: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "differences.html"
    assert main(["compare", str(folders[0]), str(folders[1]), "--rows", "4", "-o", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "Channels, the most different first" in shown
    assert shown.count("│ P") + shown.count("│ M") == 4
    assert page.read_text().count('class="panel"') == 40
    assert main(["compare", str(folders[0]), str(folders[0]), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["channels"]["PN01"]["sr_share"]["pull"] == 0
