"""The gallery shows every figure, as the program that writes it would write it today."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.gallery import DOCS, IMAGES, WIDTH, command_of, write_page
from bhm_columnar.cli.plot import _EXTRA, _NAMES
from bhm_columnar.plotting.compose import ALL_FIGURES


def test_page_is_up_to_date() -> None:
    assert (DOCS / "gallery.md").read_text() == write_page()


def test_every_figure_has_its_picture() -> None:
    shown = re.findall(r"\]\((\S+\.png)\)", write_page())
    assert [Path(one).stem for one in shown] == list(ALL_FIGURES)
    for one in shown:
        with Image.open(DOCS / one) as picture:
            assert picture.width == WIDTH
            assert len(picture.convert("RGB").getcolors(1 << 20) or ()) > 3
    pictures = list((DOCS / IMAGES).iterdir())
    assert {path.stem for path in pictures} == set(ALL_FIGURES)
    assert sum(path.stat().st_size for path in pictures) < 1_000_000


def test_command_line_knows_every_figure() -> None:
    assert [*_NAMES, *_EXTRA] == list(ALL_FIGURES)


@pytest.mark.parametrize("name", ["cutflow", "adc", "train", "tdc_runs", "azimuth", "lego"])
def test_commands_do_what_the_page_says(
    name: str, analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bhm_columnar.cli import main

    monkeypatch.chdir(tmp_path)
    words = shlex.split(command_of(name).replace("OUT", str(analysed)))[1:]
    assert main(words) == 0
    assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")
