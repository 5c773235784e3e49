"""The look of every figure: CMS style by mplhep, one label, the colours of the regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib.pyplot as plt
import mplhep
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from ..errors import SelectionError
from .panel import Panel

__all__ = [
    "COLORS",
    "DEFAULT_LABEL",
    "LEGENDS",
    "PALETTE",
    "STYLES",
    "accent",
    "add_label",
    "background",
    "cms_style",
    "ink",
    "make_figure",
    "make_room",
    "note",
    "say_no_data",
]

#: colours that people with colour-blindness can tell apart (M. Petroff, arXiv:2107.02270), as CMS recommends
COLORS: Final = {"SR": "#e42536", "BR": "#9c9ca1", "CP": "#5790fc", "AR": "#f89c20"}
#: all colours of data: the six of that palette, and from its larger sister what six are too few for
PALETTE: Final = (
    "#5790fc",
    "#f89c20",
    "#e42536",
    "#964a8b",
    "#9c9ca1",
    "#7a21dd",
    "#92dadd",
    "#b9ac70",
    "#717581",
)
#: for paper, and for screens in a dark room
STYLES: Final = ("light", "dark")
_ACCENTS: Final = {"light": "#7a21dd", "dark": "#92dadd"}
_PAPER: Final = {"light": "white", "dark": "#14161a"}
_INK: Final = {"light": "black", "dark": "#f2f2f2"}
LEGENDS: Final = {
    "SR": "Beam halo (SR)",
    "BR": "All other (BR)",
    "CP": "Collision products (CP)",
    "AR": "Activation (AR)",
}
DEFAULT_LABEL: Final = "Preliminary"

_OVERRIDES: Final[dict[str, Any]] = {
    # one family that mplhep brings along: of a list, matplotlib looks for each again for every text that it measures
    "font.family": "TeX Gyre Heros",
    "savefig.bbox": None,  # the same page for every channel
    "figure.constrained_layout.use": False,
    "axes.unicode_minus": True,
    "svg.hashsalt": "bhm_columnar",  # the same figure gives the same file
    # the fonts are OpenType with cubic outlines, which matplotlib's type 42 puts where only TrueType may stand
    "pdf.fonttype": 3,
}
#: settings that paper, and those that ink has its colour by
_PAPER_SETTINGS: Final = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
_INK_SETTINGS: Final = (
    "text.color",
    "axes.edgecolor",
    "axes.labelcolor",
    "xtick.color",
    "ytick.color",
    "xtick.labelcolor",
    "ytick.labelcolor",
    "patch.edgecolor",
    "lines.color",
)


@contextmanager
def cms_style(*, scale: float = 1.0, style: str = STYLES[0]) -> Iterator[None]:
    """Draw in CMS style inside of this block.

    Parameters
    ----------
    scale
        Below 1 for small panels: smaller texts, no minor ticks.
    style
        ``light``, or ``dark`` for screens in a dark room.

    Raises
    ------
    SelectionError
        If there is no such style.
    """
    if style not in STYLES:
        raise SelectionError(f"no style is called {style!r}", hint=f"styles are {', '.join(STYLES)}")
    sizes = {
        name: value * scale
        for name, value in mplhep.style.CMS.items()
        if name.endswith(
            ("fontsize", "labelsize", "font.size", "major.size", "minor.size", "pad", "linewidth")
        )
        and isinstance(value, int | float)
    }
    minor = {"xtick.minor.visible": scale >= 1, "ytick.minor.visible": scale >= 1}
    colors = dict.fromkeys(_PAPER_SETTINGS, _PAPER[style]) | dict.fromkeys(_INK_SETTINGS, _INK[style])
    with plt.style.context([mplhep.style.CMS, _OVERRIDES, sizes, minor, colors]):
        yield


def ink() -> str:
    """Colour of texts, and of data that are drawn like a text, in the style of the block."""
    return str(plt.rcParams["text.color"])


def background() -> str:
    """Colour of what is drawn upon, in the style of the block."""
    return str(plt.rcParams["axes.facecolor"])


def accent() -> str:
    """Colour of lines that stand out from the data: cuts, fits, luminosity."""
    return _ACCENTS["dark" if background() == _PAPER["dark"] else "light"]


def make_figure(width: float = 10.0, height: float = 10.0) -> tuple[Figure, Axes]:
    """Make a figure with one panel whose margins leave room for the label and the axis titles."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((1.35 / width, 1.1 / height, 1 - 1.85 / width, 1 - 1.8 / height), axes_class=Panel)
    make_room(axes)
    return figure, axes


def make_room(ax: Axes) -> None:
    """Put the common factor of the vertical axis left of the frame, where the label does not stand."""
    ax.yaxis.get_offset_text().set_horizontalalignment("right")


def add_label(ax: Axes, text: str = DEFAULT_LABEL, right: str = "") -> None:
    """Write the CMS label above the frame: **CMS** *text* on the left, what was measured on the right.

    The sizes are those of mplhep's label, which measures its own text by drawing the whole figure; on pages with many
    panels that takes longer than everything else. Texts that begin with "Private work" stand without CMS, as CMS asks.
    """
    size = plt.rcParams["font.size"]
    is_private = text.startswith("Private work")
    if not is_private:
        cms = ax.text(
            0, 1.01, "CMS", fontsize=size, fontweight="bold", transform=ax.transAxes, ha="left", va="bottom"
        )
        ax.annotate(
            text,
            xy=(1, 0),
            xycoords=cms,
            xytext=(0.3 * size, 0),
            textcoords="offset points",
            fontsize=0.75 * size,
            fontstyle="italic",
            ha="left",
            va="bottom",
            annotation_clip=False,
        )
    else:
        ax.text(
            0,
            1.01,
            text,
            fontsize=0.75 * size,
            fontstyle="italic",
            transform=ax.transAxes,
            ha="left",
            va="bottom",
        )
    ax.text(1, 1.01, right, fontsize=0.75 * size, transform=ax.transAxes, ha="right", va="bottom")


def note(ax: Axes, text: str, *, x: float = 0.04, y: float = 0.96, align: str = "left") -> Text:
    """Write a text inside of the frame."""
    return ax.text(
        x,
        y,
        text,
        transform=ax.transAxes,
        fontsize=0.72 * plt.rcParams["font.size"],
        ha=align,
        va="top",
        linespacing=1.4,
    )


def say_no_data(ax: Axes, what: str = "No data") -> Text:
    """Say in the middle of the frame that there is nothing to be seen."""
    return ax.text(0.5, 0.5, what, transform=ax.transAxes, fontsize="large", ha="center", va="center")
