from __future__ import annotations

import json
from pathlib import Path

import pytest

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.calibration.store import save_calibration, save_cuts
from bhm_columnar.detector.channels import CHANNEL_NAMES
from bhm_columnar.errors import CalibrationError

from .toys import draw_plane, fill_planes

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


def fitted_file(folder: Path) -> Path:
    made = align_channels(fill_planes({3: draw_plane(1, 1_000, 500)}), method="fit")
    save_calibration(made, folder / "fit.json")
    assert load_calibration(folder / "fit.json") == made
    return folder / "fit.json"


def test_fits_are_kept(tmp_path: Path) -> None:
    content = json.loads(fitted_file(tmp_path).read_text())
    fit = content["channels"]["PN04"]["fit"]
    assert 6 < fit["tdc"]["position"] < 7
    assert fit["adc"]["flag"] == ""
    assert content["channels"]["PN05"]["fit"]["tdc"]["flag"] == "no pulses"
    assert content["channels"]["PN05"]["fit"]["tdc"]["position"] is None


def test_files_without_fits_are_fine(tmp_path: Path) -> None:
    path = fitted_file(tmp_path)
    content = json.loads(path.read_text())
    for channel in content["channels"].values():
        del channel["fit"]
    path.write_text(json.dumps(content))
    assert load_calibration(path).fits is None


@pytest.mark.parametrize("broken", [{}, [], 5, {"tdc": {}, "adc": {}}])
def test_broken_fits(tmp_path: Path, broken: object) -> None:
    path = fitted_file(tmp_path)
    content = json.loads(path.read_text())
    content["channels"]["PN04"]["fit"] = broken
    path.write_text(json.dumps(content))
    with pytest.raises(CalibrationError, match=r"has fits that cannot be read .*; `bhm align --method fit`"):
        load_calibration(path)
    del content["channels"]["PN04"]["fit"]
    path.write_text(json.dumps(content))
    with pytest.raises(CalibrationError, match=r"has fits that cannot be read .*PN04"):
        load_calibration(path)
