"""Every figure keeps to what CMS asks of figures, whatever is in it and in whichever style."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.plotting.compose import ALL_FIGURES, compose
from bhm_columnar.plotting.results import Results
from bhm_columnar.plotting.style import cms_style, make_figure

from .conftest import PARTS, SPOILT, spoil
from .walk import draw, find_faults


@pytest.mark.parametrize("style", ["light", "dark"])
@pytest.mark.parametrize("name", ALL_FIGURES)
def test_every_figure_keeps_the_conventions(everything: Results, name: str, style: str) -> None:
    with cms_style(style=style):
        figure = compose(replace(everything, label="Preliminary"), name, PARTS.get(name, "plusZ"))
        assert find_faults(figure) == []


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("name", ALL_FIGURES)
def test_every_figure_bears_every_input(everything: Results, name: str, how: str) -> None:
    spoilt = spoil(replace(everything, label="Preliminary"), how)
    with cms_style():
        figure = compose(spoilt, name, PARTS.get(name, "plusZ"))
        assert find_faults(figure) == []
        _, texts = draw(figure)
    if how == "empty":
        assert any("No data" in one.text for one in texts)


@pytest.mark.parametrize("name", ["charge", "rates", "cutflow", "azimuth"])
@pytest.mark.parametrize("label", ["", "Internal", "Simulation Preliminary", "Private work (CMS simulation)"])
def test_every_label_fits(everything: Results, name: str, label: str) -> None:
    one_side = replace(everything, label=label, sides=SIDES[:1])
    with cms_style():
        assert find_faults(compose(one_side, name, PARTS.get(name, "plusZ")), label) == []


def title(ax: Axes) -> None:
    ax.set_title("Occupancy")


def no_unit(ax: Axes) -> None:
    ax.set_ylabel("Charge")


def cut(ax: Axes) -> None:
    ax.text(0.99, 0.5, "cut at the edge", transform=ax.figure.transFigure)


def over(ax: Axes) -> None:
    ax.text(0, 1.01, "over CMS", transform=ax.transAxes)


def colour(ax: Axes) -> None:
    ax.plot([0, 1], [0, 0.1], color="green")


def covered(ax: Axes) -> None:
    ax.plot([0, 1], [0, 1], color="black", label="x")
    ax.legend(loc="upper right")


def outwards(ax: Axes) -> None:
    ax.tick_params(direction="out")


def pale(ax: Axes) -> None:
    ax.text(0.5, 0.5, "pale", color="0.8", transform=ax.transAxes)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (title, "a panel has a title"),
        (no_unit, "axis title 'Charge' says no unit"),
        (cut, "'cut at the edge' is cut at the edge of the figure"),
        (over, "'over CMS' is drawn over 'CMS'"),
        (colour, "which is not of the palette"),
        (covered, "a legend stands on data"),
        (outwards, "ticks point outwards"),
        (pale, "'pale' cannot be read"),
    ],
)
def test_the_walk_sees_what_is_wrong(harm: object, said: str) -> None:
    from bhm_columnar.plotting.style import add_label

    with cms_style():
        figure, ax = make_figure()
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x [m]", ylabel="y [m]")
        add_label(ax, "Preliminary", "Run 5")
        assert find_faults(figure) == []
        harm(ax)  # type: ignore[operator]
        assert any(said in fault for fault in find_faults(figure)), find_faults(figure)
    assert mpl.rcParams["xtick.direction"] != "in"
