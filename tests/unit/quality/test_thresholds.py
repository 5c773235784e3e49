from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bhm_columnar.errors import SelectionError
from bhm_columnar.quality.thresholds import (
    DEFAULT_THRESHOLDS,
    Thresholds,
    default_text,
    load_thresholds,
    make_thresholds,
)


def test_the_shipped_file_holds_the_defaults_and_all_of_them() -> None:
    content = tomllib.loads(default_text())
    assert set(content) == set(DEFAULT_THRESHOLDS.as_dict())
    assert make_thresholds(content) == DEFAULT_THRESHOLDS


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("dead = [0.5, 0.1]\nsignificance = 3\n")
    changed = load_thresholds(path)
    assert changed == Thresholds(dead=(0.5, 0.1), significance=3)
    assert changed.chance == pytest.approx(1.35e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "gian = [0.8, 0.6]",
            "no threshold is called 'gian'; thresholds are significance, .*--write-thresholds",
        ),
        ("gain = 0.8", r"gain = 0.8 is of the wrong kind; give two numbers, \[WARN, BAD\]"),
        ("gain = [0.8]", "wrong kind"),
        ("gain = [0.8, 'x']", "wrong kind"),
        ("gain = [0.8, nan]", "wrong kind"),
        ("significance = true", "wrong kind; give a number"),
        ("min_halo_pulses = 20.5", "wrong kind; give a whole number"),
        ("missing_side = 3", "wrong kind; give a word"),
        ("gain = [0.6, 0.8]", r"gain = \[0.6, 0.8\] makes no sense; .* WARN above BAD"),
        ("gain = [1.2, 0.8]", "between 0 and 1"),
        ("tdc = [1.5, 0.5]", "WARN below BAD"),
        ("tdc = [-1, 0.5]", "between 0 and inf"),
        ("hot = [0.5, 3]", "between 1 and inf"),
        ("codes_62 = [0.1, 1.0]", "between 0 and 1"),
        ("significance = 0", "makes no sense"),
        ("min_halo_pulses = 1", "makes no sense"),
        ("missing_side = 'bad'", "missing_side is 'bad'; give OK, WARN, BAD"),
        ("dead [", "is not TOML"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    with pytest.raises(SelectionError, match=rf"limits\.toml: .*{what}"):
        load_thresholds(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="cannot be read"):
        load_thresholds(tmp_path / "none.toml")
