"""Figures of all channels of a side: the TDC-ADC map, and events around the beam; those of one are in `peaks`."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Ellipse, Polygon, Rectangle

from ..detector.channels import CHANNELS, Side
from ..histograms.counts import Histogram
from .peaks import plot_adc_peak, plot_tdc_peak
from .style import COLORS, make_figure

__all__ = ["ORIENTATIONS", "plot_adc_peak", "plot_channel_events", "plot_tdc_adc", "plot_tdc_peak"]

#: axis ratio of the ellipse that the units are drawn on
_AXIS_RATIO: Final = 0.95
_BAR_LENGTH: Final = 0.75
#: how the azimuth is drawn, since its sense at each end is not documented: as it stands, or mirrored left to right
ORIENTATIONS: Final = {"as-mapped": 1.0, "mirrored": -1.0}


def plot_tdc_adc(
    h: Histogram, *, cp_box: tuple[tuple[int, int], tuple[int, int]] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the TDC-ADC map of a side or a channel.

    Parameters
    ----------
    h
        Counts of clean pulses with axes ``tdc`` and ``adc``.
    cp_box
        First and last TDC, and first and last ADC code of the collision-product box, to be drawn.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(11.5, 10)[1]
    counts = h.values()
    tdc, adc = h.axes["tdc"].edges, h.axes["adc"].edges
    shown = np.ma.masked_equal(counts.T, 0)
    mesh = ax.pcolormesh(
        tdc, adc, shown, norm=LogNorm(1, max(2, counts.max())), cmap="viridis", rasterized=True
    )
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    bar.set_label("Pulses / (ADC code × 0.5 ns)")
    if cp_box is not None:
        (first, last), (low, high) = cp_box
        ax.add_patch(
            Rectangle(
                (first - 0.5, low - 0.5),
                last - first + 1,
                high - low + 1,
                fill=False,
                edgecolor=COLORS["SR"],
                linewidth=2,
                linestyle="--",
                label="CP box",
            )
        )
        ax.legend(loc="upper right")
    ax.set_xlim(tdc[0], tdc[-1])
    filled = np.flatnonzero(counts.sum(axis=0))
    ax.set_ylim(0, max(200, 10 * (filled[-1] // 10 + 4) if len(filled) else 0))
    ax.set_xlabel(h.axes["tdc"].label)
    ax.set_ylabel(h.axes["adc"].label)
    return ax


def plot_channel_events(
    h: Histogram,
    *,
    side: Side,
    orientation: str = "as-mapped",
    ax: Axes | None = None,
    color: str = COLORS["SR"],
) -> Axes:
    """Draw how many pulses each unit of a side saw, as bars that stand where the unit does.

    Parameters
    ----------
    h
        Counts with the axis ``channel`` (all 40).
    side
        Which end.
    orientation
        ``as-mapped`` or ``mirrored``; which of them is the view from the interaction point is not documented.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure()[1]
    counts = h.values()
    units = [channel for channel in CHANNELS if channel.side == side]
    largest = max(1.0, *(counts[unit.index] for unit in units))
    flip = ORIENTATIONS[orientation]
    ax.add_patch(Ellipse((0, 0), 2, 2 * _AXIS_RATIO, fill=False, edgecolor="black", linewidth=1.5))
    for unit in units:
        along = np.array([flip * np.cos(np.radians(unit.phi)), np.sin(np.radians(unit.phi))])
        foot = along * [1.0, _AXIS_RATIO]
        across = np.array([-along[1], along[0]]) * 0.055
        length = _BAR_LENGTH * counts[unit.index] / largest
        corners = [
            foot - across,
            foot + across,
            foot + across + along * length,
            foot - across + along * length,
        ]
        is_near = unit.position == "N"
        ax.add_patch(
            Polygon(corners, facecolor=color, alpha=1.0 if is_near else 0.6, edgecolor="black", linewidth=0.8)
        )
        tilt = np.degrees(np.arctan(along[1] / along[0]))
        ax.text(
            foot[0] * 0.87,
            foot[1] * 0.87,
            unit.name,
            fontsize=11,
            ha="center",
            va="center",
            rotation=tilt,
            rotation_mode="anchor",
        )
        tip = foot + along * (length + 0.1)
        ax.text(tip[0], tip[1], f"{counts[unit.index]:.0f}", fontsize=11, ha="center", va="center")
    reach = 1.0 + _BAR_LENGTH + 0.25
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.text(0, 0.12, side.title, fontsize=20, ha="center")
    ax.text(0, -0.05, f"{sum(counts[unit.index] for unit in units):.0f} SR pulses", fontsize=17, ha="center")
    ax.text(0, -0.2, f"azimuth {orientation}", fontsize=13, ha="center", color="0.35")
    return ax
