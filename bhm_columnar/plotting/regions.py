"""Figures by region: occupancy along the orbit, or of a train, and charge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from ..histograms.rates import poisson_interval
from .panel import add_stairs
from .style import COLORS, LEGENDS, ink, make_figure, say_no_data

__all__ = ["find_train", "plot_charge", "plot_occupancy"]

#: a train and the collision products that follow it: 80 bunches, and as many BX around them
_TRAIN_BX: Final = 120
#: part of a zoomed frame below the legend
_DATA_HEIGHT: Final = 0.74
#: ranges of fewer BX are drawn with error bars
_FEW_BX: Final = 400


def find_train(h: Histogram, *, width: int = _TRAIN_BX) -> tuple[int, int]:
    """Find the part of the orbit with most beam halo.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``bx``.
    width
        How many BX.

    Returns
    -------
    first and last BX; the first part of the orbit, if there is no halo
    """
    total = np.concatenate([[0], np.cumsum(pick(h, region="SR").values())])
    inside = total[width:] - total[:-width]
    best = np.flatnonzero(inside == inside.max())
    first = int(best[len(best) // 2]) if inside.max() else 0
    return first, first + width - 1


def plot_occupancy(
    h: Histogram,
    *,
    ax: Axes | None = None,
    regions: Sequence[str] = ("BR", "SR"),
    zoom: tuple[int, int] | None = None,
) -> Axes:
    """Draw pulses per bunch crossing, each region in front of the one before.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``bx``.
    ax
        Where to draw; a new figure by default.
    regions
        Which regions, from the back to the front.
    zoom
        First and last BX; all by default. Below 400 BX, counts have their Poisson intervals (68.3 %).

    Raises
    ------
    SelectionError
        If `zoom` is no range of the axis.
    """
    axis = h.axes["bx"]
    first, last = zoom or (0, axis.size - 1)
    if not 0 <= first <= last < axis.size:
        raise SelectionError(f"BX {first} to {last} are no range", hint=f"BX are 0 to {axis.size - 1}")
    ax = ax or make_figure(14, 8)[1]
    edges = axis.edges[first : last + 2]
    is_zoomed = last - first < _FEW_BX
    top, total = 1.0, 0.0
    for place, region in enumerate(regions):
        counts = pick(h, region=region).values()[first : last + 1]
        add_stairs(ax, counts, edges, fill=True, color=COLORS[region], label=LEGENDS[region], linewidth=0)
        if is_zoomed and place == len(regions) - 1:
            _draw_intervals(ax, counts, edges)
        top, total = max(top, counts.max()), total + counts.sum()
    ax.set_ylim(0.5, 0.5 * (2 * max(5.0, 1.5 * top)) ** (1 / _DATA_HEIGHT))
    ax.set_yscale("log")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(axis.label)
    ax.set_ylabel("Pulses / BX")
    if total == 0:
        say_no_data(ax)
    ax.legend(loc="upper right", ncols=min(3, len(regions)))
    return ax


def _draw_intervals(
    ax: Axes, counts: npt.NDArray[Any], edges: npt.NDArray[Any], color: str | None = None
) -> None:
    """Draw the Poisson interval of each bin that has counts."""
    (seen,) = np.nonzero(counts)
    low, high = poisson_interval(counts[seen])
    middle = (edges[seen] + edges[seen + 1]) / 2
    ax.vlines(middle, low, high, color=color or ink(), linewidth=1.2 if color is None else 1.8)


def plot_charge(
    h: Histogram, *, ax: Axes | None = None, regions: Sequence[str] = ("BR", "CP", "AR", "SR")
) -> Axes:
    """Draw the charge spectrum of each region with Poisson intervals (68.3 %); what lies outside of the axis is said.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``charge`` (fC).
    ax
        Where to draw; a new figure by default.
    regions
        Which regions; the first is filled.
    """
    ax = ax or make_figure(10, 10)[1]
    axis = h.axes["charge"]
    per_decade = round((axis.size - 1) / np.log10(axis.edges[-1] / axis.edges[0]))
    top, inside, outside = 1.0, 0, 0
    for place, region in enumerate(regions):
        spectrum = pick(h, region=region)
        counts = spectrum.values()
        if place == 0:
            style: dict[str, Any] = {"fill": True, "alpha": 0.5}
        else:
            style = {"linewidth": 2.5}
        add_stairs(ax, counts, axis.edges, color=COLORS[region], label=LEGENDS[region], **style)
        _draw_intervals(ax, counts, axis.edges, COLORS[region])
        top, inside = max(top, counts.max()), inside + int(counts.sum())
        outside = max(outside, int(spectrum.sum(flow=True) - spectrum.sum()))
    filled = np.flatnonzero(h.project("charge").values())
    low, high = (filled[0], filled[-1] + 1) if len(filled) else (0, axis.size)
    pad = max(1, 12 - (high - low) // 2)  # a narrow spectrum still has a decade to stand in
    ax.set_xlim(axis.edges[max(0, low - pad)], axis.edges[min(axis.size, high + pad)])
    ax.set_xscale("log")
    ax.set_ylim(0.5, 0.5 * (2 * max(5.0, 1.5 * top)) ** (1 / 0.7))
    ax.set_yscale("log")
    ax.set_xlabel("Charge, nominal QIE10 [fC]")
    ax.set_ylabel(f"Pulses / (1/{per_decade} decade)")
    if inside == 0:
        say_no_data(ax)
    title = f"{outside} pulses outside" if outside else None
    ax.legend(loc="upper right", title=title, title_fontsize="x-small", alignment="right")
    return ax
