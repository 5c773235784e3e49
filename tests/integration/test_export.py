"""Tables for HEPData, from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from bhm_columnar.cli import main
from bhm_columnar.errors import OutputError, SelectionError
from bhm_columnar.plotting.results import load_results
from bhm_columnar.report.figuredata import EXPORTABLE, figure_data
from bhm_columnar.report.hepdata import write_hepdata

PARTS = {"adc": "PN03", "tdc": "MF10", "rates": "CP"}


def read_table(folder: Path, name: str) -> dict:
    (path,) = folder.glob(f"{name}*.yaml")
    return yaml.safe_load(path.read_text())


def test_every_table_is_a_valid_submission(analysed: Path, summary: dict, tmp_path: Path) -> None:
    tables = [f"{name}:{PARTS.get(name, 'plusZ')}" for name in EXPORTABLE]
    assert main(["export", str(analysed), *tables, "-o", str(tmp_path / "hepdata")]) == 0
    assert (tmp_path / "hepdata" / "submission.tar.gz").stat().st_size > 1000
    occupancy = read_table(tmp_path / "hepdata", "occupancy")
    assert occupancy["independent_variables"][0]["values"][0] == {"low": -0.5, "high": 0.5}
    for one in occupancy["dependent_variables"]:
        region = one["qualifiers"][0]["value"][:2]
        assert sum(row["value"] for row in one["values"]) == summary["sides"]["+Z"]["regions"][region]


def test_errors_are_poisson_intervals(analysed: Path) -> None:
    data = figure_data(load_results(analysed), "channel_events", "-Z")
    assert data.bins[0] == "MN01"
    for series in data.series:
        assert np.all(series.low <= series.value)
        assert np.all(series.high > series.value)
    assert data.series[0].value.sum() > 100


@pytest.mark.parametrize(
    ("figure", "of", "why"),
    [
        ("tdc_violins", "plusZ", "cannot be exported"),
        ("occupancy", "PN01", "is no side"),
        ("adc", "plusZ", "is no channel"),
        ("rates", "XX", "is no region"),
    ],
)
def test_what_there_is_not(analysed: Path, figure: str, of: str, why: str) -> None:
    with pytest.raises(SelectionError, match=why):
        figure_data(load_results(analysed), figure, of)


def test_a_figure_without_its_part(
    analysed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(analysed), "occupancy", "-o", str(tmp_path / "x")]) == 1
    assert "names no part" in capsys.readouterr().err


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "hepdata_lib", None)
    with pytest.raises(OutputError, match=r"bhm-columnar\[hepdata\]"):
        write_hepdata([], tmp_path / "x")
    assert not (tmp_path / "x").exists()
