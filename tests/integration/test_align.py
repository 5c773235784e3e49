"""`bhm align` from events to calibration files and phases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bhm_columnar import load_calibration
from bhm_columnar.calibration.phase_file import read_phases
from bhm_columnar.cli import main
from bhm_columnar.detector.channels import CHANNELS

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "docs" / "examples" / "phases.txt"


def test_interval_and_fit_agree(toy_events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", str(toy_events), "-o", str(tmp_path / "interval.json")]) == 0
    assert "fitted" not in capsys.readouterr().out
    assert main(["align", str(toy_events), "--method", "fit", "-o", str(tmp_path / "fit.json")]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("fitted TDC", "fitted ADC", "SR purity [%]"))
    interval, fit = (load_calibration(tmp_path / f"{name}.json") for name in ("interval", "fit"))
    assert interval.fits is None
    assert fit.fits is not None
    assert (fit.method, len(fit.flags)) == ("fit", 0)
    assert np.abs(fit.tdc_peaks - interval.tdc_peaks).max() <= 1
    # two widths below the peak is less than what leaves out a third of the pulses
    assert fit.adc_cuts.mean() < interval.adc_cuts.mean() - 1
    assert np.abs(fit.adc_cuts - interval.adc_cuts).max() < 15
    assert all(one.purity is not None and one.purity > 0.9 for one in fit.fits)


def test_shifts_without_phases(toy_events: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", str(toy_events), "--target", "6"]) == 0
    out = capsys.readouterr().out
    assert "steps" in out
    assert "put" not in out


def test_proposed_phases(toy_events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, calibration = tmp_path / "new.txt", tmp_path / "c.json"
    options = ["--method", "fit", "--target", "16", "--phases", str(EXAMPLE)]
    assert main(["align", str(toy_events), *options, "-o", str(calibration), "--write-phases", str(new)]) == 0
    assert f"written to {new}" in capsys.readouterr().out
    before, after, made = read_phases(EXAMPLE), read_phases(new), load_calibration(calibration)
    assert made.fits is not None
    for channel in CHANNELS:
        old, proposed = (phases[channel.side][channel.qie - 1] for phases in (before, after))
        position = made.fits[channel.index].tdc.position
        assert position is not None
        # half a nanosecond a step, and 50..63 do not exist
        steps = proposed - old + 14 * (old >= 64 > proposed)
        assert abs(position - steps - 16) <= 0.5
    assert main(["align", str(toy_events), *options]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("put ")]
    assert lines == [line for line in new.read_text().splitlines() if line.startswith("put ")]


def test_phases_that_cannot_move_are_said(
    toy_events: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phases = tmp_path / "low.txt"
    phases.write_text("+Z " + " ".join(["3"] * 24), encoding="utf-8")
    assert main(["align", str(toy_events), "--target", "40", "--phases", str(phases)]) == 0
    out = capsys.readouterr().out
    assert "PN01: phase unchanged, -3" in out
    assert "would leave the range 0..113" in out
    assert f"put BHM-3-QIE[1-24]_PhaseDelay {' '.join(['3'] * 24)}" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--phases", str(EXAMPLE)], "--phases needs --target; say at which"),
        (["--target", "6", "--write-phases", "x"], "--write-phases needs --phases; say what"),
        (["--target", "50"], "--target 50 is no TDC code; give 0..49"),
        (["--target", "6", "--phases", "nowhere"], "nowhere: cannot be read"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], message: str, toy_events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["align", str(toy_events), *options]) == 1
    assert message in capsys.readouterr().err


def test_the_document_names_the_options() -> None:
    text = (REPOSITORY / "docs" / "calibration.md").read_text()
    for name in ("--method fit", "--target", "--phases", "--write-phases", "examples/phases.txt"):
        assert name in text


def test_files_hold_no_number_that_is_none(toy_events: Path, tmp_path: Path) -> None:
    path = tmp_path / "fit.json"
    assert main(["align", str(toy_events), "--method", "fit", "-o", str(path)]) == 0
    text = path.read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["channels"]["PN01"]["fit"]["tdc"]["position_error"] > 0
