"""Files of figures say what they were made from, hold their fonts, and are the same twice."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.errors import SelectionError
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.plotting.compose import ALL_FIGURES, luminosity_text
from bhm_columnar.plotting.cutflow import count_steps
from bhm_columnar.plotting.figures import draw_figure
from bhm_columnar.plotting.regions import find_train, plot_occupancy
from bhm_columnar.plotting.results import Results, View
from bhm_columnar.plotting.shapes import mean_and_quantiles
from bhm_columnar.plotting.style import cms_style
from bhm_columnar.plotting.trends import mean_by_run

from .conftest import PARTS
from .made import make_results


@pytest.fixture(scope="module")
def made() -> Results:
    inputs = ({"path": "dumps/uHTR4.txt", "sha256": "ab12"}, {"path": "dumps/uHTR11.txt", "sha256": "cd34"})
    return replace(make_results(), inputs=inputs)


@pytest.mark.parametrize("ending", [".pdf", ".png", ".svg"])
@pytest.mark.parametrize(("name", "of"), [("charge", "plusZ"), ("tdc", "PN"), ("cutflow", "both")])
def test_provenance_is_in_the_file(made: Results, tmp_path: Path, ending: str, name: str, of: str) -> None:
    for stem in ("a", "b"):
        draw_figure(made, name, of, [tmp_path / f"{stem}{ending}"])
    content = (tmp_path / f"a{ending}").read_bytes()
    assert content == (tmp_path / f"b{ending}").read_bytes()
    if ending == ".png":
        with Image.open(tmp_path / "a.png") as picture:
            said = " ".join(picture.text.values())
    else:
        said = content.decode("latin-1").replace("\0", "")  # titles with dashes are UTF-16
    for part in ("bhm_columnar 0", "calibration v2", "tdc_window 1", "uHTR4.txt sha256 ab12", f"{name} of"):
        assert part in said


def test_many_inputs_have_one_checksum(made: Results) -> None:
    many = [{"path": f"{n}.txt", "sha256": str(n)} for n in range(9)]
    said = replace(made, inputs=many).provenance("x")["keywords"]
    assert said == replace(made, inputs=many[::-1]).provenance("x")["keywords"]
    assert re.fullmatch(r"9 inputs, sha256 of their sorted sha256 [0-9a-f]{64}", said)


@pytest.mark.parametrize(("name", "of"), [("rates", "SR"), ("adc", "PN"), ("lego", "plusZ")])
def test_pdfs_hold_their_fonts(made: Results, tmp_path: Path, name: str, of: str) -> None:
    draw_figure(made, name, of, [tmp_path / "x.pdf"])
    content = (tmp_path / "x.pdf").read_bytes()
    fonts = re.findall(rb"<< /Type /Font\b.*?/Subtype /(\w+)", content, flags=re.DOTALL)
    assert fonts
    assert set(fonts) == {b"Type3"}
    assert content.count(b"/CharProcs") == len(fonts)
    drawn = b"".join(
        zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", content, re.DOTALL)
    )
    assert b"Tj" in drawn or b"TJ" in drawn  # texts are texts


@pytest.mark.parametrize(("name", "of"), [("charge", "plusZ"), ("adc", "PN"), ("azimuth", "both")])
def test_dark_figures_are_dark(made: Results, tmp_path: Path, name: str, of: str) -> None:
    draw_figure(replace(made, style="dark"), name, of, [tmp_path / "dark.png"])
    draw_figure(made, name, of, [tmp_path / "light.png"])
    dark, light = (np.median(imread(tmp_path / f"{one}.png")[..., :3]) for one in ("dark", "light"))
    assert dark < 0.15
    assert light > 0.85


def test_no_such_style() -> None:
    with (
        pytest.raises(SelectionError, match="no style is called 'pink'; styles are light, dark"),
        cms_style(style="pink"),
    ):
        pass


@pytest.mark.parametrize("name", ALL_FIGURES)
def test_every_figure_becomes_a_vector_file(made: Results, tmp_path: Path, name: str) -> None:
    draw_figure(made, name, PARTS.get(name, "plusZ"), [tmp_path / "x.svg"])
    assert "<text" in (tmp_path / "x.svg").read_text() or "<use" in (tmp_path / "x.svg").read_text()


def test_view_chooses_runs_channels_and_crossings(made: Results, tmp_path: Path) -> None:
    for view, name, of, said in (
        (View(runs=(5,)), "tdc_runs", "plusZ", "there is no run 5 in these results; runs are 380000"),
        (View(bx=(9, 4)), "occupancy", "plusZ", "BX 9 to 4 are no range"),
        (View(regions=("SR", "BR")), "azimuth", "both", "this figure shows one region, not SR, BR"),
        (View(orientation="up"), "azimuth", "both", "no orientation is called 'up'"),
        (View(channels=(39,)), "adc", "PN", "none of the channels that were chosen is in PN"),
    ):
        with pytest.raises(SelectionError, match=said):
            draw_figure(replace(made, view=view), name, of, [tmp_path / "x.png"])
    plain = {name: h for name, h in made.histograms.items() if name != "shapes"}
    with pytest.raises(SelectionError, match="there are no pulse shapes in these results; fill them"):
        draw_figure(replace(made, histograms=plain), "pulse_shape", "PN03", [tmp_path / "x.png"])


def test_numbers_behind_the_figures(made: Results) -> None:
    h = made.histograms["quality"]
    steps = count_steps(h, SIDES[0])
    assert next(iter(steps.values())) == 20 * 3 * (500 + 11 * 10)
    assert list(steps.values())[-1] == 20 * 3 * 500
    assert list(count_steps(h, SIDES[0], link_words=False).values())[-1] == 20 * 3 * 520
    assert list(count_steps(h, SIDES[0], channels=[0, 25]).values())[-1] == 3 * 500
    mean, error = mean_by_run(np.array([[0, 2, 2], [0, 0, 1], [0, 0, 0]]), np.array([0.0, 1.0, 2.0]))
    assert mean[:2] == pytest.approx([1.5, 2.0])
    assert error[0] == pytest.approx(np.sqrt(1 / 3 / 4))
    assert np.isnan([mean[2], error[1], error[2]]).all()
    assert luminosity_text(made) == "10.7 pb$^{-1}$"


def test_quantiles_of_samples() -> None:
    counts = np.zeros((2, 256), dtype=int)
    counts[0, [10, 20, 30]] = [1, 8, 1]
    mean, low, high = mean_and_quantiles(counts)
    assert low[0] == high[0] == pytest.approx(79.5)
    assert mean[0] == pytest.approx((33.1 + 8 * 79.5 + 144) / 10, rel=1e-5)
    assert np.isnan([mean[1], low[1], high[1]]).all()


def test_train_is_where_the_halo_is(made: Results) -> None:
    h = make_counts(*made.histograms["occupancy"].axes[1:])
    assert find_train(h) == (0, 119)
    h.view()[0, 2000:2048] = 5
    first, last = find_train(h)
    assert first <= 2000
    assert last >= 2047
    ax = plot_occupancy(h, zoom=(1990, 2060))
    assert ax.get_xlim() == pytest.approx((1989.5, 2060.5))
    assert len(CHANNELS) == 40
