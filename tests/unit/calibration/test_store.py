from __future__ import annotations

import json
from pathlib import Path

import pytest

from bhm_columnar import load_calibration
from bhm_columnar.calibration.store import save_calibration, save_cuts
from bhm_columnar.detector.channels import CHANNEL_NAMES
from bhm_columnar.errors import CalibrationError

V2 = load_calibration("v2")


def test_round_trip(tmp_path: Path) -> None:
    save_calibration(V2, tmp_path / "c.json")
    assert load_calibration(tmp_path / "c.json") == V2


def test_cuts_of_the_earlier_program(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "cuts.json"
    save_cuts(V2, path)
    content = json.loads(path.read_text())
    assert list(content) == list(CHANNEL_NAMES)
    assert content["PN01"] == {"TDC Peak": 6, "ADC Cut": 140}
    loaded = load_calibration(path)
    assert (loaded.tdc_peak, loaded.adc_cut) == (V2.tdc_peak, V2.adc_cut)
    assert (loaded.name, loaded.method) == ("custom", "file")


def write(folder: Path, **changes: object) -> Path:
    save_cuts(V2, folder / "cuts.json")
    content = json.loads((folder / "cuts.json").read_text())
    for name, value in changes.items():
        if value is None:
            del content[name]
        else:
            content[name] = value
    (folder / "cuts.json").write_text(json.dumps(content))
    return folder / "cuts.json"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PN01": None}, "has no 'PN01'; give all 40 channels"),
        ({"PN01": {"TDC Peak": 6}}, "has no 'ADC Cut'"),
        ({"PN01": {"TDC Peak": 6.5, "ADC Cut": 140}}, "6.5 of PN01 is no whole number"),
        ({"PN01": {"TDC Peak": True, "ADC Cut": 140}}, "True of PN01 is no whole number"),
        ({"MF10": {"TDC Peak": 50, "ADC Cut": 140}}, "TDC peak 50 of MF10 is out of range"),
        ({"MF10": {"TDC Peak": 5, "ADC Cut": 256}}, "ADC cut 256 of MF10 is out of range"),
        ({"MF10": 5}, "is no calibration"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        load_calibration(write(tmp_path, **changes))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"cannot be read .*; give auto, v1, v2 or a JSON file"):
        load_calibration(tmp_path / "nowhere.json")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(CalibrationError, match="is not JSON"):
        load_calibration(tmp_path / "x.json")
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(CalibrationError, match="is no calibration"):
        load_calibration(tmp_path / "x.json")
