"""A panel looks as matplotlib's own axes do, and says what it is asked as they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bhm_columnar.plotting.panel import Key, Panel, add_stairs
from bhm_columnar.plotting.style import cms_style


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with cms_style():
        yield


def plain(ax: Axes) -> None:
    ax.set(xlim=(-0.5, 49.5), ylim=(0, 73.2), xlabel="TDC code [0.5 ns]", ylabel="Pulses")


def huge(ax: Axes) -> None:
    ax.set(xlim=(1.0, 1.0001), ylim=(0, 1.35e9), xlabel="x", ylabel="Pulses")


def logarithmic(ax: Axes) -> None:
    ax.set(xlim=(3.0, 2e5), ylim=(0.5, 3e9), xscale="log", yscale="log", xlabel="Charge", ylabel="Pulses")


def less_than_a_decade(ax: Axes) -> None:
    ax.set(xlim=(20, 70), ylim=(0.2, 0.9), xscale="log", yscale="log")


def named(ax: Axes) -> None:
    ax.set(xlim=(-0.7, 3.7), ylim=(5, -1), ylabel="upside down")
    ax.set_xticks(range(4), ["PN01", "", "PN03", "g"], rotation=60, fontsize="x-small")
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)


def right(ax: Axes) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x", ylabel="right")
    ax.yaxis.tick_right()
    ax.yaxis.set_label_position("right")
    ax.xaxis.set_visible(False)


def with_grid(ax: Axes) -> None:
    plain(ax)
    ax.grid(visible=True)


def paint(kind: type[Axes], prepare: Callable[[Axes], None]) -> tuple[np.ndarray, Axes]:
    figure = Figure(figsize=(6, 5))
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_axes((0.2, 0.2, 0.6, 0.6), axes_class=kind)
    prepare(ax)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy(), ax


@pytest.mark.parametrize("prepare", [plain, huge, logarithmic, less_than_a_decade, named, right, with_grid])
def test_looks_as_axes_do(prepare: Callable[[Axes], None]) -> None:
    expected, axes = paint(Axes, prepare)
    drawn, panel = paint(Panel, prepare)
    assert np.unique(drawn).size > 2
    assert (drawn == expected).all()
    for ours, theirs in ((panel.xaxis, axes.xaxis), (panel.yaxis, axes.yaxis)):
        assert [text.get_text() for text in ours.get_ticklabels()] == [
            text.get_text() for text in theirs.get_ticklabels()
        ]
        assert ours.get_ticklocs(minor=True).tolist() == theirs.get_ticklocs(minor=True).tolist()


def test_stairs_look_as_those_of_axes() -> None:
    edges, values = np.arange(51) - 0.5, np.arange(50) % 7

    def ours(ax: Axes) -> None:
        plain(ax)
        add_stairs(ax, values, edges, color="red", fill=True, alpha=0.5)
        add_stairs(ax, values, edges, color="blue", linewidth=1.5)

    def theirs(ax: Axes) -> None:
        plain(ax)
        ax.stairs(values, edges, color="red", fill=True, alpha=0.5)
        ax.stairs(values, edges, color="blue", linewidth=1.5)

    assert (paint(Panel, ours)[0] == paint(Axes, theirs)[0]).all()
    assert (paint(Panel, ours)[0] != paint(Panel, plain)[0]).any()


def paint_keys(*labels: str) -> tuple[np.ndarray, list[float]]:
    """Pixels of a panel whose legend had these labels one after the other, and where its last text begins and ends."""
    figure = Figure(figsize=(6, 5))
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_axes((0.2, 0.2, 0.6, 0.6), axes_class=Panel)
    key = Key(ax, ax.plot([], [], color="red"), ["?"], loc="upper right")
    ax.add_artist(key)
    for label in labels:
        key.get_texts()[0].set_text(label)
        canvas.draw()
    box = key.get_texts()[0].get_window_extent()
    return np.asarray(canvas.buffer_rgba()).copy(), [box.x0, box.x1]


def test_key_is_laid_out_anew_for_a_longer_text() -> None:
    kept, _ = paint_keys("TDC = 6", "ADC cut = 145")
    fresh, _ = paint_keys("ADC cut = 145")
    np.testing.assert_array_equal(kept, fresh)


def test_key_shows_other_digits_where_it_stands() -> None:
    kept, place = paint_keys("TDC = 26", "TDC = 11")
    _, expected = paint_keys("TDC = 11")
    assert place == pytest.approx(expected, abs=2.0)
    before, _ = paint_keys("TDC = 26")
    assert (kept != before).any()


def test_key_that_is_hidden_is_not_drawn() -> None:
    figure = Figure(figsize=(6, 5))
    canvas = FigureCanvasAgg(figure)
    ax = figure.add_axes((0.2, 0.2, 0.6, 0.6), axes_class=Panel)
    lines = ax.plot([], [], color="red")
    canvas.draw()
    empty = np.asarray(canvas.buffer_rgba()).copy()
    key = Key(ax, lines, ["TDC = 6"], loc="upper right")
    ax.add_artist(key)
    canvas.draw()
    assert (np.asarray(canvas.buffer_rgba()) != empty).any()
    key.set_visible(False)
    canvas.draw()
    np.testing.assert_array_equal(np.asarray(canvas.buffer_rgba()), empty)
