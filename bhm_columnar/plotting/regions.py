"""Figures by region: occupancy along the orbit, and charge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..histograms.counts import Histogram, pick
from .panel import add_stairs
from .style import COLORS, LEGENDS, make_figure

__all__ = ["plot_charge", "plot_occupancy"]


def plot_occupancy(h: Histogram, *, ax: Axes | None = None, regions: Sequence[str] = ("BR", "SR")) -> Axes:
    """Draw pulses per bunch crossing, each region in front of the one before.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``bx``.
    ax
        Where to draw; a new figure by default.
    regions
        Which regions, from the back to the front.
    """
    ax = ax or make_figure(14, 8)[1]
    edges = h.axes["bx"].edges
    top = 1.0
    for region in regions:
        counts = pick(h, region=region).values()
        add_stairs(ax, counts, edges, fill=True, color=COLORS[region], label=LEGENDS[region], linewidth=0)
        top = max(top, counts.max())
    ax.set_ylim(0.5, max(30, 3 * top**1.25))
    ax.set_yscale("log")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_xlabel(h.axes["bx"].label)
    ax.set_ylabel("Pulses / BX")
    ax.legend(loc="upper right", ncols=len(regions))
    return ax


def plot_charge(
    h: Histogram, *, ax: Axes | None = None, regions: Sequence[str] = ("BR", "CP", "AR", "SR")
) -> Axes:
    """Draw the charge spectrum of each region, with what lies outside of the axis said.

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
    top, outside = 1.0, 0
    for place, region in enumerate(regions):
        spectrum = pick(h, region=region)
        counts = spectrum.values()
        if place == 0:
            add_stairs(
                ax, counts, axis.edges, fill=True, color=COLORS[region], alpha=0.5, label=LEGENDS[region]
            )
            outside = int(spectrum.sum(flow=True) - spectrum.sum())
        else:
            add_stairs(ax, counts, axis.edges, color=COLORS[region], linewidth=2.5, label=LEGENDS[region])
        top = max(top, counts.max())
    filled = np.flatnonzero(h.project("charge").values())
    low, high = (filled[0], filled[-1] + 1) if len(filled) else (0, axis.size)
    ax.set_xlim(axis.edges[low], axis.edges[high])
    ax.set_xscale("log")
    ax.set_ylim(0.5, 30 * top)
    ax.set_yscale("log")
    ax.set_xlabel("Charge, nominal QIE10 [fC]")
    ax.set_ylabel(f"Pulses / (1/{per_decade} decade)")
    title = f"{outside} pulses outside" if outside else None
    ax.legend(loc="upper right", title=title, title_fontsize="x-small", alignment="right")
    return ax
