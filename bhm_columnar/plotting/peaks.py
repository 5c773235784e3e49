"""Figures of one channel: ADC and TDC peaks with the cuts, on panels that show one channel after the other."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from ..calibration.peaks import ChannelFit, PeakFit
from ..detector.channels import Channel
from ..histograms.counts import Histogram
from .panel import Key, add_stairs
from .profiles import with_error
from .style import COLORS, accent, ink, make_figure, note

__all__ = ["AdcPeak", "TdcPeak", "plot_adc_peak", "plot_tdc_peak"]

#: ADC codes that the ADC figures show; what lies outside is said in the figure
_ADC_SHOWN: Final = (100, 200)
#: room above the highest bin, as a part of it, for legend and texts
_ROOM: Final = 1.5
#: characters of a line of text in a panel
_LINE: Final = 28
_FIT_COLOR: Final = COLORS["CP"]


class AdcPeak:
    """The artists of `plot_adc_peak` in a panel, made once; `show` gives them the counts of another channel."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        edges = np.arange(_ADC_SHOWN[0], _ADC_SHOWN[1] + 1) - 0.5
        nothing = np.zeros(len(edges) - 1)
        self._window = add_stairs(ax, nothing, edges, color=ink(), linewidth=1.5)
        self._at_peak = add_stairs(ax, nothing, edges, fill=True, color=COLORS["SR"], alpha=0.75)
        self._cut = ax.axvline(edges[0], color=accent(), linestyle="--", linewidth=2)
        self._fit = ax.plot([], [], color=_FIT_COLOR, linewidth=1.5)[0]
        ax.set_xlim(edges[0] - 2, edges[-1])  # the first tick label is not that of the other axis
        ax.set_xlabel("Peak ADC code")
        ax.set_ylabel("Pulses / ADC code")
        self._note = note(ax, "")
        self._named = [self._window, self._at_peak, self._cut, self._fit]
        self._legend = _make_legend(ax, self._named)

    def show(
        self,
        h: Histogram,
        *,
        channel: Channel,
        tdc_peak: int,
        adc_cut: int,
        tdc_window: int = 1,
        fit: ChannelFit | None = None,
    ) -> None:
        """Show a channel; arguments are those of `plot_adc_peak`."""
        counts = h.values()
        low, high = _ADC_SHOWN
        window = counts[max(0, tdc_peak - tdc_window) : tdc_peak + tdc_window + 1].sum(axis=0)
        self._window.set_data(window[low:high])
        self._at_peak.set_data(counts[tdc_peak][low:high])
        self._cut.set_xdata([adc_cut - 0.5] * 2)
        self.ax.set_ylim(0, _ROOM * max(1, window[low:high].max()))
        outside = int(window.sum() - window[low:high].sum())
        said = [channel.name] if window.any() else [channel.name, "No data"]
        said += [f"{outside} outside {low}–{high - 1}"] if outside else []
        labels = [f"|TDC − {tdc_peak}| ≤ {tdc_window}", f"TDC = {tdc_peak}", f"ADC cut ≥ {adc_cut}", ""]
        if fit is not None:
            said += _describe(fit.adc)
            first, last = fit.adc.across
            labels[-1] = "Fit" if last - first == 2 * tdc_window else f"Fit of TDC {first}–{last}"
            _draw_curve(self._fit, fit.adc.expected()[0][low:high], low)
        self._note.set_text("\n".join(said))
        _name(self._legend, self._named, labels)


class TdcPeak:
    """The artists of `plot_tdc_peak` in a panel, made once; `show` gives them the counts of another channel."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        self._window = ax.axvspan(0, 1, color=COLORS["SR"], alpha=0.2, linewidth=0)
        self._counts = add_stairs(ax, [0.0], [0.0, 1.0], color=ink(), linewidth=2)
        self._peak = ax.axvline(0, color=accent(), linestyle="--", linewidth=2)
        self._fitted = add_stairs(ax, [0.0], [0.0, 1.0], color=_FIT_COLOR, linewidth=1)
        self._fit = ax.plot([], [], color=_FIT_COLOR, linewidth=1.5)[0]
        ax.set_xlabel("TDC code [0.5 ns]")
        ax.set_ylabel("Pulses / 0.5 ns")
        self._note = note(ax, "", x=0.5, y=0.55)
        self._named = [self._window, self._counts, self._peak, self._fitted, self._fit]
        self._legend = _make_legend(ax, self._named)

    def show(
        self,
        h: Histogram,
        *,
        channel: Channel,
        tdc_peak: int,
        adc_cut: int,
        tdc_window: int = 1,
        fit: ChannelFit | None = None,
    ) -> None:
        """Show a channel; arguments are those of `plot_tdc_peak`."""
        counts, edges = h.values()[:, adc_cut:].sum(axis=1), h.axes["tdc"].edges
        self._window.set(x=tdc_peak - tdc_window - 0.5, width=2 * tdc_window + 1)
        self._counts.set_data(counts, edges)
        self._peak.set_xdata([tdc_peak] * 2)
        self.ax.set_xlim(edges[0], edges[-1])
        said = [channel.name] if counts.any() else [channel.name, "No data"]
        labels = [
            f"SR window {tdc_peak} ± {tdc_window}",
            f"ADC ≥ {adc_cut}",
            f"TDC peak {tdc_peak}",
            "",
            "",
        ]
        highest = counts.max()
        if fit is not None:
            said += _describe(fit.tdc)
            first, last = fit.tdc.across
            fitted = h.values()[:, first : last + 1].sum(axis=1)
            highest = max(highest, fitted.max())
            self._fitted.set_data(fitted, edges)
            _draw_curve(self._fit, fit.tdc.expected()[0][: len(fitted)], 0)
            labels[3:] = f"ADC ≥ {first}", "Its fit"
        self.ax.set_ylim(0, _ROOM * max(1, highest))
        self._note.set_text("\n".join(said))
        _name(self._legend, self._named, labels)


def _draw_curve(line: Line2D, expected: npt.NDArray[np.float64], first: int) -> None:
    """Draw what is expected in each code from the first on; nothing where the fit does not reach."""
    line.set_data(first + np.arange(len(expected)), np.where(expected > 0, expected, np.nan))


def _describe(fit: PeakFit) -> list[str]:
    """Write the numbers of a fit, and why it is not to be trusted."""
    said = []
    for name, value, error in (
        ("Peak", fit.position, fit.position_error),
        ("Width", fit.width, fit.width_error),
    ):
        if value is not None and error is not None:
            said.append(f"{name} {with_error(value, error)}")
    return [*said, *wrap(f"Fit: {fit.flag}", _LINE)] if fit.flag else said


def _make_legend(ax: Axes, artists: Sequence[Artist]) -> Legend:
    ax.legend_ = Key(ax, artists, ["?"] * len(artists), loc="upper right")
    return ax.legend_


def _name(legend: Legend, artists: Sequence[Artist], labels: Sequence[str]) -> None:
    """Say in the legend, and in the artists themselves, what they show; hide those that show nothing."""
    for artist, handle, text, label in zip(
        artists, legend.legend_handles, legend.get_texts(), labels, strict=True
    ):
        artist.set_label(label)
        text.set_text(label)
        for one in (artist, handle):
            if one is not None:
                one.set_visible(bool(label))


def plot_adc_peak(
    h: Histogram,
    *,
    channel: Channel,
    tdc_peak: int,
    adc_cut: int,
    tdc_window: int = 1,
    fit: ChannelFit | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the peak ADC codes of pulses at the halo time of one channel, with its ADC cut.

    Parameters
    ----------
    h
        Counts of clean pulses of the channel with axes ``tdc`` and ``adc``.
    tdc_peak, adc_cut, tdc_window
        From the calibration and the cuts: filled are pulses at the TDC peak, which the cut is derived from; the line
        is all pulses within the TDC window.
    fit
        Fits of the channel from `calibration.fit_peaks`; its curve is that of the line, if its TDC codes are those.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure()[1]
    AdcPeak(ax).show(h, channel=channel, tdc_peak=tdc_peak, adc_cut=adc_cut, tdc_window=tdc_window, fit=fit)
    return ax


def plot_tdc_peak(
    h: Histogram,
    *,
    channel: Channel,
    tdc_peak: int,
    adc_cut: int,
    tdc_window: int = 1,
    fit: ChannelFit | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the TDC codes of large pulses of one channel, with the halo window.

    Parameters
    ----------
    h
        Counts of clean pulses of the channel with axes ``tdc`` and ``adc``.
    tdc_peak, adc_cut, tdc_window
        From the calibration and the cuts: pulses at or above the ADC cut, as in SR.
    fit
        Fits of the channel from `calibration.fit_peaks`; drawn with the pulses that it is of.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure()[1]
    TdcPeak(ax).show(h, channel=channel, tdc_peak=tdc_peak, adc_cut=adc_cut, tdc_window=tdc_window, fit=fit)
    return ax
