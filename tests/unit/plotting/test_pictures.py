"""Every figure looks as its picture does; ``BHM_NEW_PICTURES=1 pytest tests/unit/plotting/test_pictures.py`` draws them anew.

Figures are drawn small from results made by hand, and compared in cells, whose brightness hardly changes if a letter moves by a
fraction of a pixel. With the matplotlib that drew the pictures, cells are small enough to see a dashed line that moved by a few
pixels; another one sets letters by up to a pixel elsewhere (3.10 does), so cells are larger then, and see a missing legend, label
or axis title, or another range.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.legend import Legend
from PIL import Image

from bhm_columnar.plotting.compose import ALL_FIGURES, compose
from bhm_columnar.plotting.results import Results
from bhm_columnar.plotting.style import cms_style

from .conftest import PARTS
from .made import make_results

PICTURES = Path(__file__).parent / "pictures"
WIDTH = 480
#: version of matplotlib that drew the pictures
DRAWN_WITH = "3.11"
#: pixels of a cell, and the largest difference of its mean brightness, of 255; for that version, and for others
FINE, COARSE = (8, 20.0), (16, 34.0)


@pytest.fixture(scope="module")
def made() -> Results:
    return make_results()


def paint(results: Results, name: str, harm: Callable[[Figure], None] | None = None) -> np.ndarray:
    """Pixels of a figure that is `WIDTH` wide, shape (height, width, 3), 0 to 255."""
    with cms_style():
        figure = compose(results, name, PARTS.get(name, "plusZ"))
        if harm is not None:
            harm(figure)
        figure.set_dpi(WIDTH / figure.get_size_inches()[0])
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(float)


def distance(one: np.ndarray, other: np.ndarray, cell: int) -> float:
    """Largest difference of the mean of a cell in any colour."""
    assert one.shape == other.shape
    high, wide = (size // cell for size in one.shape[:2])
    cells = (one - other)[: high * cell, : wide * cell].reshape(high, cell, wide, cell, 3)
    return float(np.abs(cells.mean(axis=(1, 3))).max())


def load(name: str) -> np.ndarray:
    return imread(PICTURES / f"{name}.png")[..., :3] * 255.0


@pytest.mark.parametrize("name", ALL_FIGURES)
def test_looks_as_its_picture(made: Results, name: str) -> None:
    drawn = paint(made, name)
    if os.environ.get("BHM_NEW_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        Image.fromarray(drawn.astype(np.uint8)).save(PICTURES / f"{name}.png", optimize=True)
    cell, tolerance = FINE if mpl.__version__.startswith(f"{DRAWN_WITH}.") else COARSE
    assert distance(drawn, load(name), cell) < tolerance


def without_legend(figure: Figure) -> None:
    for ax in figure.axes:
        for one in ax.get_children():
            if isinstance(one, Legend):
                one.set_visible(False)


def with_another_cut(figure: Figure) -> None:
    line = figure.axes[0].lines[0]
    line.set_xdata(np.asarray(line.get_xdata()) + 3)


def without_label(figure: Figure) -> None:
    next(text for text in figure.axes[0].texts if text.get_text() == "CMS").set_visible(False)


def with_another_range(figure: Figure) -> None:
    low, high = figure.axes[0].get_ylim()
    figure.axes[0].set_ylim(low, high * 1.1)


def without_axis_title(figure: Figure) -> None:
    figure.axes[0].set_xlabel("")


@pytest.mark.parametrize(
    ("name", "harm", "is_large"),
    [
        ("charge", without_legend, True),
        ("rates", without_legend, True),
        ("occupancy", without_label, True),
        ("tdc", with_another_range, True),
        ("cutflow", without_axis_title, True),
        ("adc", with_another_cut, False),
    ],
)
def test_a_changed_figure_is_seen(
    made: Results, name: str, harm: Callable[[Figure], None], is_large: bool
) -> None:
    plain, harmed = paint(made, name), paint(made, name, harm)
    assert distance(harmed, plain, FINE[0]) > 1.2 * FINE[1]
    assert (distance(harmed, plain, COARSE[0]) > 1.1 * COARSE[1]) == is_large


def test_letters_may_sit_a_little_elsewhere(made: Results) -> None:
    def shift(figure: Figure) -> None:
        for text in figure.axes[0].texts:
            text.set_position((text.get_position()[0] + 0.002, text.get_position()[1]))

    cell, tolerance = COARSE
    assert 0 < distance(paint(made, "charge", shift), paint(made, "charge"), cell) < tolerance


def test_pictures_are_few_and_small() -> None:
    assert {path.stem for path in PICTURES.iterdir()} == set(ALL_FIGURES)
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 1_500_000
