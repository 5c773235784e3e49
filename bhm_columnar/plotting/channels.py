"""Figures of channels: the TDC-ADC map; those around the beam and of peaks come from their own modules."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle

from ..histograms.counts import Histogram
from .azimuth import plot_channel_events
from .peaks import plot_adc_peak, plot_tdc_peak
from .style import COLORS, make_figure, say_no_data

__all__ = ["plot_adc_peak", "plot_channel_events", "plot_tdc_adc", "plot_tdc_peak"]


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
    if not counts.any():
        say_no_data(ax)
    ax.set_xlabel(h.axes["tdc"].label)
    ax.set_ylabel(h.axes["adc"].label)
    return ax
