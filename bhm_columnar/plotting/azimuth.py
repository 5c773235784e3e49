"""Figures of the units where they stand: pulses around the beam, of one end or of both."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, Polygon

from ..detector.channels import CHANNELS, SIDES, Side
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from .style import COLORS, ink, make_figure

__all__ = ["ORIENTATIONS", "plot_azimuth", "plot_channel_events"]

Floats = npt.NDArray[np.float64]
#: radius of the units in metres (IBIC2013, MOCL2)
_RADIUS_M: Final = 1.8
#: axis ratio of the ellipse that the units of one end are drawn on
_AXIS_RATIO: Final = 0.95
#: of the longest bar, to the radius
_BAR_LENGTH: Final = 0.75
#: how the azimuth of +Z and of -Z is drawn, since its sense at the ends is not documented: as the map of the channels has
#: it, mirrored left to right, or with the ends facing each other
ORIENTATIONS: Final = {"as-mapped": (1.0, 1.0), "mirrored": (-1.0, -1.0), "facing": (1.0, -1.0)}


def plot_channel_events(
    h: Histogram,
    *,
    side: Side,
    region: str = "SR",
    orientation: str = "as-mapped",
    ax: Axes | None = None,
    color: str | None = None,
) -> Axes:
    """Draw how many pulses each unit of a side saw, as bars that stand where the unit does.

    Parameters
    ----------
    h
        Counts with the axis ``channel`` (all 40).
    side
        Which end.
    region
        What was counted, to be said in the figure.
    orientation
        One of `ORIENTATIONS`; which of them is the view from the interaction point is not documented.
    ax
        Where to draw; a new figure by default.

    Raises
    ------
    SelectionError
        If there is no such orientation.
    """
    ax = ax or make_figure()[1]
    flip = _flip_of(orientation, side)
    counts = np.asarray(h.values(), dtype=np.float64)
    ax.add_patch(Ellipse((0, 0), 2, 2 * _AXIS_RATIO, fill=False, edgecolor=ink(), linewidth=1.5))
    shape = np.array([1.0, _AXIS_RATIO])
    largest = max(1.0, _of_side(counts, side).max())
    _draw_units(ax, counts, side, flip=flip, shape=shape, largest=largest, color=color or COLORS[region])
    reach = 1.0 + _BAR_LENGTH + 0.25
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_axis_off()
    total = _of_side(counts, side).sum()
    ax.text(0, 0.12, side.title.replace("-", "−"), fontsize="medium", ha="center")
    ax.text(0, -0.05, f"{total:.0f} {region} pulses" if total else "No data", fontsize="small", ha="center")
    ax.text(0, -0.2, f"azimuth {orientation}", fontsize="x-small", ha="center")
    return ax


def plot_azimuth(
    h: Histogram,
    *,
    region: str = "SR",
    sides: tuple[Side, ...] = SIDES,
    orientation: str = "as-mapped",
    ax: Axes | None = None,
) -> Axes:
    """Draw how many pulses each unit of both ends saw, on circles of the radius of the units, with one scale of bars.

    Parameters
    ----------
    h
        Counts with axes ``side``, ``region`` and ``channel``.
    region, sides
        What is drawn; a side without data is an empty circle.
    orientation
        One of `ORIENTATIONS`; which of them is the view from the interaction point is not documented.
    ax
        Where to draw; a new figure by default.

    Raises
    ------
    SelectionError
        If there is no such orientation.
    """
    ax = ax or make_figure(17, 8.6)[1]
    reach = _RADIUS_M * (1.25 + _BAR_LENGTH)
    counts = {side: np.asarray(pick(h, side=side.name, region=region).values(), float) for side in SIDES}
    largest = max(1.0, *(_of_side(values, side).max() for side, values in counts.items()))
    for side, x in zip(SIDES, (-reach, reach), strict=True):
        flip = _flip_of(orientation, side)
        ax.add_patch(Circle((x, 0), _RADIUS_M, fill=False, edgecolor=ink(), linewidth=1.5))
        if side in sides:
            shape = np.array([_RADIUS_M, _RADIUS_M])
            _draw_units(
                ax, counts[side], side, flip=flip, shape=shape, largest=largest, color=COLORS[region], x=x
            )
        total = _of_side(counts[side], side).sum()
        said = f"{total:.0f} {region} pulses" if total else "No data"
        sense = "mirrored" if flip < 0 else "as mapped"
        title = f"{side.name} side".replace("-", "−")
        ax.text(x, 0.3, title, fontsize="medium", ha="center", va="center")
        ax.text(x, -0.05, said, fontsize="small", ha="center", va="center")
        ax.text(x, -0.35, f"azimuth {sense}", fontsize="x-small", ha="center", va="center")
    ax.set_xlim(-2 * reach, 2 * reach)
    ax.set_ylim(-0.8 * reach, reach)
    ax.set_aspect("equal", adjustable="box")
    ax.set_axis_off()
    _draw_scale(ax, reach)
    return ax


def _draw_scale(ax: Axes, reach: float) -> None:
    """Draw a metre between the circles."""
    y = -0.72 * reach
    ax.plot([-0.5, 0.5], [y, y], color=ink(), linewidth=2, marker="|", markersize=10)
    ax.text(0, y + 0.08, "1 m", fontsize="x-small", ha="center", va="bottom")


def _flip_of(orientation: str, side: Side) -> float:
    if orientation not in ORIENTATIONS:
        raise SelectionError(
            f"no orientation is called {orientation!r}", hint=f"orientations are {', '.join(ORIENTATIONS)}"
        )
    return ORIENTATIONS[orientation][side.sign < 0]


def _of_side(counts: Floats, side: Side) -> Floats:
    return counts[[channel.index for channel in CHANNELS if channel.side == side]]


def _draw_units(
    ax: Axes,
    counts: Floats,
    side: Side,
    *,
    flip: float,
    shape: Floats,
    largest: float,
    color: str,
    x: float = 0.0,
) -> None:
    """Draw the bars of a side with names and counts around a centre; `shape` is half the width and height."""
    size = float(shape[0])
    for unit in (channel for channel in CHANNELS if channel.side == side):
        along = np.array([flip * np.cos(np.radians(unit.phi)), np.sin(np.radians(unit.phi))])
        foot = along * shape + [x, 0.0]
        across = np.array([-along[1], along[0]]) * 0.055 * size
        bar = along * _BAR_LENGTH * size * counts[unit.index] / largest
        corners = [foot - across, foot + across, foot + across + bar, foot - across + bar]
        alpha = 1.0 if unit.position == "N" else 0.6
        ax.add_patch(Polygon(corners, facecolor=color, alpha=alpha, edgecolor=ink(), linewidth=0.8))
        name: dict[str, Any] = {"ha": "center", "va": "center", "rotation_mode": "anchor"}
        place = along * shape * 0.87 + [x, 0.0]
        tilt = np.degrees(np.arctan(along[1] / along[0]))
        ax.text(place[0], place[1], unit.name, fontsize=11, rotation=tilt, **name)
        tip = foot + bar + 0.1 * size * along
        ax.text(tip[0], tip[1], _short(counts[unit.index]), fontsize=11, ha="center", va="center")


def _short(count: float) -> str:
    """Write a count so that neighbours do not touch."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if count >= size:
            return f"{count / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{count:.0f}"
