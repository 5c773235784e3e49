"""Figures of where the halo peak stands in time, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..detector.channels import CHANNELS, Side
from ..histograms.counts import Histogram
from .style import COLORS, accent, ink, make_figure, say_no_data

__all__ = ["mode_and_spread", "plot_tdc_stability", "plot_tdc_violins"]

#: points per TDC code, and width in codes, of the smooth outline of a violin
_FINE: Final = 10
_BANDWIDTH: Final = 0.35
#: part of the figure that tilted names of channels need more than numbers do
_NAMES_HEIGHT: Final = 0.03


def mode_and_spread(counts: npt.NDArray[np.number], codes: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Most probable code (the smallest, where several are) and sample standard deviation.

    Parameters
    ----------
    counts, codes
        Shape (n,).

    Returns
    -------
    mode and standard deviation (with n - 1); both nan without counts, the second also with a single one
    """
    total = counts.sum()
    if total == 0:
        return np.nan, np.nan
    mean = (counts * codes).sum() / total
    squares = (counts * (codes - mean) ** 2).sum()
    return float(codes[np.argmax(counts)]), float(np.sqrt(squares / (total - 1))) if total > 1 else np.nan


def plot_tdc_stability(
    h: Histogram, *, side: Side, channels: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the most probable TDC code of each channel, with the spread as error bar; a band for all channels.

    Parameters
    ----------
    h
        Counts of halo-peak pulses with axes ``channel`` and ``tdc``.
    side
        Which end.
    channels
        Indices of units; all of them if `None`.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(14, 8)[1]
    spectra, codes, names = _spectra(h, side, channels)
    points = np.array([mode_and_spread(counts, codes) for counts in spectra])
    mode, spread = mode_and_spread(spectra.sum(axis=0), codes)
    places = np.arange(len(names))
    if np.isfinite(mode):
        ax.axhline(mode, color=accent(), linestyle="-.", linewidth=2, label=f"All channels: {mode:.0f}")
    if np.isfinite(spread):
        label = f"$\\pm$ {spread:.2f} (std. dev.)"
        ax.axhspan(mode - spread, mode + spread, color=COLORS["AR"], alpha=0.3, linewidth=0, label=label)
    ax.errorbar(
        places,
        points[:, 0],
        yerr=np.nan_to_num(points[:, 1]),
        fmt="o",
        color=ink(),
        markersize=8,
        linewidth=2,
        label="Most probable code $\\pm$ std. dev.",
    )
    _finish(ax, names, spectra, codes)
    ax.legend(loc="upper right", ncols=3)
    return ax


def plot_tdc_violins(
    h: Histogram, *, side: Side, channels: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the TDC distribution of each channel as a violin, as wide as its highest bin has pulses.

    Arguments are those of `plot_tdc_stability`; the outlines are histograms smoothed by a Gaussian of 0.35 codes.
    """
    ax = ax or make_figure(14, 8)[1]
    spectra, codes, names = _spectra(h, side, channels)
    largest = max(1, spectra.max(initial=0))
    fine = np.linspace(codes[0] - 0.5, codes[-1] + 0.5, len(codes) * _FINE, endpoint=False) + 0.5 / _FINE
    for place, counts in enumerate(spectra):
        if counts.any():
            outline = _smooth(np.repeat(counts / largest, _FINE), _BANDWIDTH * _FINE) * 0.45
            inside = outline > 1e-3
            color = COLORS["CP"] if names[place][1] == "N" else COLORS["AR"]
            ax.fill_betweenx(
                fine,
                place - outline,
                place + outline,
                where=inside.tolist(),
                color=color,
                alpha=0.8,
                linewidth=0,
            )
            mode, _ = mode_and_spread(counts, codes)
            ax.plot([place], [mode], marker="o", markersize=5, color=ink(), linestyle="none")
    ax.plot([], [], marker="o", markersize=5, color=ink(), linestyle="none", label="Most probable code")
    for color, label in ((COLORS["CP"], "near"), (COLORS["AR"], "far")):
        ax.fill_betweenx([np.nan], [np.nan], [np.nan], color=color, alpha=0.8, label=label)
    _finish(ax, names, spectra, codes)
    ax.legend(loc="upper right", ncols=3)
    return ax


def _smooth(values: npt.NDArray[np.floating], width: float) -> npt.NDArray[np.floating]:
    """Smooth by a Gaussian whose width is in bins, cut off at four widths; values are mirrored at the ends."""
    reach = round(4 * width)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    return np.convolve(np.pad(values, reach, mode="symmetric"), weights / weights.sum(), mode="valid")


def _spectra(
    h: Histogram, side: Side, chosen: Sequence[int] | None
) -> tuple[npt.NDArray[np.number], npt.NDArray[np.floating], list[str]]:
    """Counts of shape (channels, n) of a side, the codes, and the channels' names."""
    channels = [one for one in CHANNELS if one.side == side and (chosen is None or one.index in chosen)]
    plane = h.project("channel", "tdc").values()
    return (
        plane[[channel.index for channel in channels]],
        np.rint(h.axes["tdc"].centers),
        [channel.name for channel in channels],
    )


def _finish(
    ax: Axes, names: list[str], spectra: npt.NDArray[np.number], codes: npt.NDArray[np.floating]
) -> None:
    filled = codes[spectra.sum(axis=0) > 0]
    low, high = (filled[0], filled[-1]) if len(filled) else (0, 15)
    ax.set_ylim(min(0, low - 1), max(15, high + 0.35 * (high - low) + 1))
    ax.set_xlim(-0.7, len(names) - 0.3)
    ax.set_xticks(range(len(names)), names, rotation=60, fontsize="x-small")
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)
    ax.set_xlabel("Channel")
    box = ax.get_position()
    ax.set_position((box.x0, box.y0 + _NAMES_HEIGHT, box.width, box.height - _NAMES_HEIGHT))
    ax.set_ylabel("TDC code [0.5 ns]")
    if not len(filled):
        say_no_data(ax)
