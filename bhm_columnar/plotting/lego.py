"""The TDC-ADC map as bars in three dimensions, for those who want it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ..histograms.counts import Histogram
from .style import ink

__all__ = ["plot_tdc_adc_lego"]

#: codes of the ADC that one bar stands for: more bars than this makes are not told apart
_ADC_PER_BAR: Final = 4
_ELEVATION, _AZIMUTH = 30.0, 50.0


def plot_tdc_adc_lego(h: Histogram, *, ax: Axes | None = None, adc_per_bar: int = _ADC_PER_BAR) -> Axes:
    """Draw the TDC-ADC map of a side or a channel as bars; bins without pulses have none.

    Parameters
    ----------
    h
        Counts of clean pulses with axes ``tdc`` and ``adc``.
    ax
        Three-dimensional axes to draw in; a new figure by default.
    adc_per_bar
        How many ADC codes are one bar.
    """
    if ax is None:
        ax = Figure(figsize=(12, 11)).add_axes((0.0, 0.03, 0.93, 0.9), projection="3d")
    space: Any = ax
    counts = np.asarray(h.values(), dtype=np.float64)
    n = counts.shape[1] // adc_per_bar * adc_per_bar
    bars = counts[:, :n].reshape(counts.shape[0], -1, adc_per_bar).sum(axis=2)
    tdc, adc = np.nonzero(bars)
    heights = bars[tdc, adc]
    top = max(1.0, bars.max(initial=0.0))
    if len(heights):
        colors = colormaps["viridis"](LogNorm(1, max(2.0, top))(heights))
        low = adc * adc_per_bar - 0.5
        # edges of bars are not drawn: in the distance they would be all that is seen
        space.bar3d(tdc - 0.5, low, 0, 1, adc_per_bar, heights, color=colors, shade=True, rasterized=True)
    else:
        space.text2D(0.5, 0.5, "No data", transform=ax.transAxes, ha="center", fontsize="large")
    last = adc_per_bar * (adc.max() + 2) if len(adc) else 0
    space.set_xlim(0, counts.shape[0])
    space.set_ylim(0, max(200, last))
    space.set_zlim(0, 1.05 * top)
    _finish(ax, h, adc_per_bar)
    return ax


def _finish(ax: Axes, h: Histogram, adc_per_bar: int) -> None:
    """Name the axes away from their ticks, and take the grey off the walls."""
    space: Any = ax
    space.set_xlabel(h.axes["tdc"].label, labelpad=18, fontsize="small")
    space.set_ylabel(h.axes["adc"].label, labelpad=18, fontsize="small")
    space.set_zlabel(f"Pulses / ({adc_per_bar} ADC codes × 0.5 ns)", labelpad=22, fontsize="small")
    for axis in (space.xaxis, space.yaxis, space.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.line.set_color(ink())
    for axis, step in ((space.xaxis, 10), (space.yaxis, 50)):
        end = axis.get_view_interval()[1]
        axis.set_ticks(np.arange(0, end - step / 4, step))  # the last ones would meet in the corner
    space.tick_params(labelsize="x-small")
    space.zaxis.get_major_formatter().set_powerlimits((-3, 5))
    space.view_init(elev=_ELEVATION, azim=_AZIMUTH)
    space.set_box_aspect((1, 1, 0.75), zoom=0.92)
