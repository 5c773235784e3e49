"""Figures of the shape of pulses: the twenty samples of a channel, and of all channels of a side."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import MultipleLocator

from ..detector.channels import CHANNELS, Channel, Side
from ..detector.qie import ADC_CHARGE_FC
from ..histograms.counts import Histogram
from .panel import add_stairs
from .style import COLORS, ink, make_figure, note, say_no_data

__all__ = ["mean_and_quantiles", "plot_pulse_shape", "plot_pulse_shapes"]

Floats = npt.NDArray[np.float64]
#: quantiles of the band, which hold 68 % of the pulses
_BAND: Final = (0.16, 0.84)
_CHARGE: Final = np.asarray(ADC_CHARGE_FC, dtype=np.float64)
_RISING: Final = np.argsort(_CHARGE, kind="stable")


def mean_and_quantiles(counts: npt.NDArray[np.number]) -> tuple[Floats, Floats, Floats]:
    """Mean charge of each sample, and the charges that 16 % and 84 % of the pulses stay below or reach.

    Parameters
    ----------
    counts
        Pulses by sample and ADC code, shape (n, 256).

    Returns
    -------
    mean, lower and upper quantile in fC (nominal QIE10), shape (n,) each; nan without pulses
    """
    total = counts.sum(axis=1)
    known = total > 0
    mean = np.divide(counts @ _CHARGE, total, out=np.full(len(total), np.nan), where=known)
    # codes at the ends of the ranges overlap in charge
    part = np.cumsum(counts[:, _RISING], axis=1) / np.maximum(total, 1)[:, np.newaxis]
    low, high = (
        np.where(known, _CHARGE[_RISING][np.argmax(part >= level - 1e-9, axis=1)], np.nan) for level in _BAND
    )
    return mean, low, high


def plot_pulse_shape(h: Histogram, *, channel: Channel, ax: Axes | None = None) -> Axes:
    """Draw the mean charge of each sample of beam-halo pulses of one channel, with a band that holds 68 % of them.

    Parameters
    ----------
    h
        Counts of SR pulses of the channel with axes ``time_sample`` and ``adc``.
    channel
        Which channel, to be named in the figure.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure()[1]
    counts = np.asarray(h.project("time_sample", "adc").values())
    mean, low, high = mean_and_quantiles(counts)
    edges = h.axes["time_sample"].edges
    n = int(counts[0].sum())
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(1, 10 * max(100.0, np.nanmax(high, initial=0.0), np.nanmax(mean, initial=0.0)))
    ax.set_yscale("log")
    _set_samples(ax)
    ax.set_ylabel("Charge / BX, nominal QIE10 [fC]")
    if n:
        add_stairs(
            ax, high, edges, baseline=low, fill=True, color=COLORS["SR"], alpha=0.3, label="68% of the pulses"
        )
        ax.plot(h.axes["time_sample"].centers, mean, "o", color=ink(), markersize=7, label="Mean")
        ax.legend(loc="upper right")
    else:
        say_no_data(ax)
    note(ax, f"{channel.name}\n{n} SR pulses")
    return ax


def plot_pulse_shapes(h: Histogram, *, side: Side, ax: Axes | None = None) -> Axes:
    """Draw the mean charge of each sample of beam-halo pulses, for all channels of a side as a map.

    Parameters
    ----------
    h
        Counts of SR pulses with axes ``channel``, ``time_sample`` and ``adc``.
    side
        Which end.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(14, 9)[1]
    channels = [channel for channel in CHANNELS if channel.side == side]
    counts = h.project("channel", "time_sample", "adc").values()[[channel.index for channel in channels]]
    mean = np.stack([mean_and_quantiles(one)[0] for one in counts])
    rows = np.arange(len(channels) + 1) - 0.5
    norm = LogNorm(1, max(10.0, np.nanmax(mean, initial=0.0)))
    shown = np.ma.masked_invalid(mean)
    mesh = ax.pcolormesh(h.axes["time_sample"].edges, rows, shown, norm=norm, cmap="viridis", rasterized=True)
    ax.figure.colorbar(mesh, ax=ax, pad=0.02).set_label("Mean charge / BX, nominal QIE10 [fC]")
    if not counts.any():
        say_no_data(ax)
    ax.set_yticks(range(len(channels)), [channel.name for channel in channels], fontsize="x-small")
    ax.tick_params(axis="y", which="minor", left=False, right=False)
    ax.set_ylim(len(channels) - 0.5, -0.5)
    _set_samples(ax)
    ax.set_ylabel("Channel")
    return ax


def _set_samples(ax: Axes) -> None:
    ax.set_xlabel("Sample [BX]")
    ax.xaxis.set_major_locator(MultipleLocator(5))
    ax.xaxis.set_minor_locator(MultipleLocator(1))
