from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bhm_columnar.conditions.oms_files import read_lumisections, read_runs
from bhm_columnar.conditions.oms_rows import filling_from_bunches
from bhm_columnar.errors import ConditionsError

from .fake_oms import Rows, bunch, document, lumi_row, run_row

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"run_number": None}, "row 1 has no run_number"),
        ({"run_number": 9068}, "row 1 has run_number '9068', which cannot be read"),
        ({"run_number": "297050; x"}, "row 1 has run_number '297050; x', which cannot be read"),
        ({"run_number": True}, "row 1 has run_number 'True', which cannot be read"),
        ({"run_number": [1]}, "row 1 has run_number '[1]', which cannot be read"),
        ({"start_time": "yesterday"}, "row 1 has start_time 'yesterday', which cannot be read"),
        ({"start_time": "2017-06-16"}, "row 1 has start_time '2017-06-16', which cannot be read"),
        ({"start_time": 1497628953}, "row 1 has start_time '1497628953', which cannot be read"),
        ({"fill_number": 5839.5}, "row 1 has fill_number '5839.5', which cannot be read"),
        ({"fill_number": math.inf}, "row 1 has fill_number 'inf', which cannot be read"),
        ({"fill_number": 1e300}, "row 1 has fill_number '1e+300', which cannot be read"),
        ({"fill_number": True}, "row 1 has fill_number 'True', which cannot be read"),
        ({"fill_number": -1}, "row 1 has fill_number '-1', which cannot be read"),
    ],
)
def test_rows_that_make_no_sense(row: dict[str, Any], said: str, tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(document([run_row(297_050, **row)])))
    assert refused(read_runs, path) == f"{path}: {said}; save the answer of OMS again"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([lumi_row(297_050, 1), lumi_row(297_050, 1)], "row 2 has lumisection 1 of run 297050 again"),
        ([{"run_number": 297_050}], "row 1 has no lumisection_number"),
        ([lumi_row(297_050, 1, lumisection_number=None)], "row 1 has no run_number or no lumisection_number"),
        ([lumi_row(297_050, 1, start_time="x")], "row 1 has start_time 'x', which cannot be read"),
        (
            [lumi_row(297_050, 1, beam1_stable="maybe")],
            "row 1 has beam1_stable 'maybe', which cannot be read",
        ),
    ],
)
def test_lumisections_that_make_no_sense(rows: Rows, said: str, tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "lumi.json"
    path.write_text(json.dumps(document(rows)))
    assert refused(read_lumisections, path) == f"{path}: {said}; save the answer of OMS again"


@pytest.mark.parametrize("intensity", [None, 0.0, 11.5])
def test_intensities_that_are_no_protons_are_left_out(intensity: float | None) -> None:
    rows = [bunch(1, True, True, intensity_beam_1=intensity)]
    filling = filling_from_bunches(rows, "x")
    assert filling.intensity1 is None
    assert filling.intensity2 is not None


def test_bunches_without_intensities() -> None:
    rows = [{"bunch_number": 5, "beam_1_configured": "true", "beam_2_configured": "false"}]
    filling = filling_from_bunches(rows, "x")
    assert (filling.beam1.tolist(), filling.beam2.tolist()) == ([4], [])
    assert (filling.intensity1, filling.intensity2) == (None, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (bunch(0, True, True), "row 2 has bunch_number 0, which is not in 1..3564"),
        (bunch(3565, True, True), "row 2 has bunch_number 3565, which is not in 1..3564"),
        (bunch(1, True, True, bunch_number=None), "row 2 has bunch_number None, which is not in 1..3564"),
        (bunch(1, True, True, bunch_number="x"), "row 2 has bunch_number 'x', which cannot be read"),
        (bunch(7, True, True), "row 2 has bunch_number 7 again"),
        ({"bunch_number": 1, "beam_1_configured": True}, "row 2 has no beam_2_configured"),
        (bunch(1, "yes", True), "row 2 has beam_1_configured 'yes', which cannot be read"),
        (
            bunch(1, True, True, intensity_beam_2=-1.0),
            "row 2 has intensity_beam_2 '-1.0', which cannot be read",
        ),
        (
            bunch(1, True, True, intensity_beam_2=math.inf),
            "row 2 has intensity_beam_2 'inf', which cannot be",
        ),
    ],
)
def test_bunches_that_make_no_sense(row: dict[str, Any], said: str, refused: Refused) -> None:
    assert refused(filling_from_bunches, [bunch(7, True, True), row], "x").startswith(said)
    with pytest.raises(ConditionsError, match=r"^bunches\.json: row 2 has "):
        filling_from_bunches([bunch(7, True, True), row], "x", where="bunches.json")
