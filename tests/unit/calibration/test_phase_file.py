from __future__ import annotations

from pathlib import Path

import pytest

from bhm_columnar.calibration.phase import PhaseProposal
from bhm_columnar.calibration.phase_file import format_put, read_phases, write_phases
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.errors import CalibrationError

PLUS, MINUS = SIDES
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "phases.txt"
NUMBERS = " ".join(["75"] * 24)


def write(folder: Path, text: str) -> Path:
    (folder / "phases.txt").write_text(text, encoding="utf-8")
    return folder / "phases.txt"


def test_the_example_is_read() -> None:
    phases = read_phases(EXAMPLE)
    assert list(phases) == [PLUS, MINUS]
    assert phases[PLUS][:3] == (75, 75, 76)
    assert phases[MINUS][-4:] == (64, 69, 0, 0)
    assert all(values[place] == 0 for values in phases.values() for place in (10, 11, 22, 23))


@pytest.mark.parametrize(
    ("line", "side"),
    [
        ("+Z", PLUS),
        ("-Z:", MINUS),
        ("uHTR11", MINUS),
        ("put BHM-3-QIE[1-24]_PhaseDelay", PLUS),
        ("put BHM-10-QIE[1-24]_PhaseDelay", MINUS),
    ],
)
def test_ways_to_name_a_side(tmp_path: Path, line: str, side: object) -> None:
    assert read_phases(write(tmp_path, f"# a\n\n  {line}\t{NUMBERS} # b\n")) == {side: (75,) * 24}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    proposed = (*range(40, 50), 0, 0, *range(64, 74), 0, 0)
    one = PhaseProposal(MINUS, (75,) * 24, proposed, {"MN03": "not measured: no pulses"})
    write_phases([one], 6, tmp_path / "new.txt")
    text = (tmp_path / "new.txt").read_text()
    assert text.startswith("# phases for halo at TDC 6")
    assert "# MN03 is unchanged: not measured: no pulses" in text
    assert format_put(one) in text.splitlines()
    assert format_put(one).startswith("put BHM-10-QIE[1-24]_PhaseDelay 40 41 ")
    assert read_phases(tmp_path / "new.txt") == {MINUS: proposed}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"phases\.txt: has no phases; write a side"),
        ("# only words\n", "has no phases"),
        ("\n+Z 1 2 3\n", r"phases\.txt, line 2: 3 phases; give 24"),
        (f"+Z {NUMBERS} 75\n", "line 1: 25 phases"),
        ("+Z\n", "line 1: 0 phases"),
        (f"+Y {NUMBERS}\n", r"line 1: no side is called '\+Y'; write a side \(\+Z or -Z\) and 24 phases"),
        (f"put BHM-4-QIE[1-24]_PhaseDelay {NUMBERS}\n", "no register is called 'BHM-4-.*; there are BHM-3-"),
        (f"put {NUMBERS}\n", "no register is called '75'"),
        ("put\n", "no side is called 'put'"),
        (f"+Z {NUMBERS}\n+Z {NUMBERS}\n", r"line 2: \+Z is there twice; leave one"),
        *(
            (
                f"+Z 75 {bad} {' '.join(['75'] * 22)}\n",
                f"line 1: phase {bad} of QIE 2 does not exist; phases are",
            )
            for bad in ("50", "63", "114", "-1", "7.5", "x", "1e1", "9" * 5000)
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        read_phases(write(tmp_path, text))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"nowhere.txt: cannot be read \(No such file"):
        read_phases(tmp_path / "nowhere.txt")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe+Z")
    with pytest.raises(CalibrationError, match=r"cannot be read \(no text\)"):
        read_phases(tmp_path / "bytes")
