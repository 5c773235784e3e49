from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bhm_columnar.report.images import describe_figure, load_gallery


def _write(path: Path, *, noise: bool = False, mode: str = "RGBA") -> None:
    values = (
        np.random.default_rng(1).integers(0, 255, (600, 1200, len(mode)))
        if noise
        else np.zeros((600, 1200, len(mode)))
    )
    Image.fromarray(values.astype(np.uint8), mode).save(path)


@pytest.fixture
def figures(tmp_path: Path) -> Path:
    for name in ("rates_CP", "rates_SR", "occupancy_minusZ", "occupancy_plusZ", "adc_PN", "something"):
        _write(tmp_path / f"{name}.png")
    return tmp_path


def test_figures_stand_in_the_order_of_tables(figures: Path) -> None:
    gallery = load_gallery(figures)
    names = [one.name for one in gallery.pictures]
    assert names == ["occupancy_plusZ", "occupancy_minusZ", "rates_SR", "rates_CP", "something"]
    assert gallery.drawn_here == ("adc_PN",)
    assert gallery.omitted == ()


def test_what_fits_stays_as_it_is(figures: Path) -> None:
    for picture in load_gallery(figures).pictures:
        data = base64.b64decode(picture.uri.partition(";base64,")[2])
        assert data == (figures / f"{picture.name}.png").read_bytes()
        assert (picture.width, picture.height) == (1200, 600)


def test_pictures_are_made_smaller_where_they_do_not_fit(figures: Path) -> None:
    whole = sum(len(one.uri) for one in load_gallery(figures).pictures)
    picture = load_gallery(figures, budget=whole - 1).pictures[0]
    kind, _, data = picture.uri.partition(";base64,")
    assert kind == "data:image/png"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.size == (picture.width, picture.height) == (1000, 500)
    assert image.convert("RGB").getpixel((1, 1)) == (255, 255, 255)  # what was transparent is white


def test_no_more_than_fits(tmp_path: Path) -> None:
    for k in range(3):
        _write(tmp_path / f"noise{k}.png", noise=True)
    whole = load_gallery(tmp_path)
    budget = 300_000
    part = load_gallery(tmp_path, budget=budget)
    assert [one.width for one in whole.pictures] == [1000] * 3
    assert {one.width for one in part.pictures} == {480}
    assert sum(len(one.uri) for one in part.pictures) <= budget
    assert len(part.pictures) + len(part.omitted) == 3
    assert part.omitted[-1] == ("noise2", "the page would be too large")


def test_a_damaged_figure_is_named(tmp_path: Path) -> None:
    (tmp_path / "charge_plusZ.png").write_bytes(b"no picture")
    gallery = load_gallery(tmp_path)
    assert gallery.pictures == ()
    name, why = gallery.omitted[0]
    assert name == "charge_plusZ"
    assert "cannot identify" in why


def test_a_truncated_figure_is_named(figures: Path) -> None:
    path = figures / "rates_SR.png"
    path.write_bytes(path.read_bytes()[:-40])
    gallery = load_gallery(figures)
    assert [name for name, _ in gallery.omitted] == ["rates_SR"]


def test_no_folder_no_figures(tmp_path: Path) -> None:
    assert load_gallery(tmp_path / "figures").pictures == ()


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("occupancy_plusZ", "(+Z side)"),
        ("rate_luminosity_minusZ_SR", "(-Z side, beam halo (signal region))"),
        ("my_own", "Figure (my, own)"),
    ],
)
def test_figures_are_described(stem: str, words: str) -> None:
    assert describe_figure(stem).endswith(words)
