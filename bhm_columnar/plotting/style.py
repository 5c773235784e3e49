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

from .panel import Panel

__all__ = [
    "COLORS",
    "DEFAULT_LABEL",
    "LEGENDS",
    "LINE_COLOR",
    "add_label",
    "cms_style",
    "make_figure",
    "note",
]

#: colours that people with colour-blindness can tell apart (M. Petroff, arXiv:2107.02270), as CMS recommends
COLORS: Final = {"SR": "#e42536", "BR": "#9c9ca1", "CP": "#5790fc", "AR": "#f89c20"}
LINE_COLOR: Final = "#7a21dd"
LEGENDS: Final = {
    "SR": "Beam halo (SR)",
    "BR": "All other (BR)",
    "CP": "Collision products (CP)",
    "AR": "Activation (AR)",
}
DEFAULT_LABEL: Final = "Preliminary"

_OVERRIDES: Final[dict[str, Any]] = {
    "savefig.bbox": None,  # the same page for every channel
    "figure.constrained_layout.use": False,
    "axes.unicode_minus": True,
    "svg.hashsalt": "bhm_columnar",  # the same figure gives the same file
}


@contextmanager
def cms_style(*, scale: float = 1.0) -> Iterator[None]:
    """Draw in CMS style inside of this block; `scale` below 1 is for small panels: smaller texts, no minor ticks."""
    sizes = {
        name: value * scale
        for name, value in mplhep.style.CMS.items()
        if name.endswith(
            ("fontsize", "labelsize", "font.size", "major.size", "minor.size", "pad", "linewidth")
        )
        and isinstance(value, int | float)
    }
    minor = {"xtick.minor.visible": scale >= 1, "ytick.minor.visible": scale >= 1}
    with plt.style.context([mplhep.style.CMS, _OVERRIDES, sizes, minor]):
        yield


def make_figure(width: float = 10.0, height: float = 10.0) -> tuple[Figure, Axes]:
    """Make a figure with one panel whose margins leave room for the label and the axis titles."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((1.35 / width, 1.1 / height, 1 - 1.85 / width, 1 - 1.8 / height), axes_class=Panel)
    return figure, axes


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
