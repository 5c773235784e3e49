from __future__ import annotations

from pathlib import Path

import pytest

from bhm_columnar import Cuts
from bhm_columnar.errors import SelectionError
from bhm_columnar.selection.cuts import DEFAULT_CUTS, load_cuts, make_cuts


def test_defaults_are_those_of_the_earlier_program() -> None:
    assert DEFAULT_CUTS.tdc_window == 1
    assert (DEFAULT_CUTS.cp_tdc, DEFAULT_CUTS.cp_adc) == ((29, 33), (81, 139))


def test_a_file_overrides(tmp_path: Path) -> None:
    path = tmp_path / "cuts.toml"
    path.write_text('cp_centre = "halo+25"\ncp_adc = [70, 139]\n')
    assert load_cuts(path) == Cuts(cp_centre="halo+25", cp_adc=(70, 139))


def test_dictionaries_come_back() -> None:
    cuts = Cuts(tdc_window=2, link_words=False)
    assert make_cuts(cuts.as_dict()) == cuts


def test_box_behind_the_halo() -> None:
    assert Cuts(cp_centre="halo+25").cp_tdc_range(6) == (29, 33)
    assert Cuts(cp_centre="halo+25").cp_tdc_range(19) == (42, 46)
    assert DEFAULT_CUTS.cp_tdc_range(19) == (29, 33)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tdc_windw = 1", "no cut is called 'tdc_windw'; cuts are tdc_window"),
        ("tdc_window = 1.5", "tdc_window = 1.5 is of the wrong kind"),
        ("cp_tdc = [1, 2, 3]", "is of the wrong kind"),
        ('cp_tdc = ["a", "b"]', "is of the wrong kind"),
        ("link_words = 1", "is of the wrong kind"),
        ("cp_tdc = [33, 29]", r"cp_tdc is 33\.\.29"),
        ("cp_adc = [0, 256]", r"cp_adc is 0\.\.256"),
        ("tdc_window = -1", "tdc_window is -1"),
        ('cp_centre = "late"', "choose one of fixed, halo"),
        ("x", "is not TOML"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cuts.toml"
    path.write_text(text)
    with pytest.raises(SelectionError, match=message) as caught:
        load_cuts(path)
    assert caught.value.where == str(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="cannot be read"):
        load_cuts(tmp_path / "nowhere.toml")
