"""Figures of rates: along time, with luminosity and beam status, and against luminosity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ..detector.channels import CHANNELS, find_side
from ..histograms.counts import Histogram
from ..histograms.exposure import Exposure
from ..histograms.linefit import fit_line
from ..histograms.rates import Rate, count_pulses, make_rate, normalise
from .profiles import RATE_NAMES, describe_fit, draw_profile, instant_luminosity, map_edges
from .style import COLORS, accent, ink, make_figure, make_room, note
from .timeaxis import axis_times, draw_status, explain_status, set_times

__all__ = ["plot_rate_luminosity", "plot_rates"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

_TITLES: Final = {
    "Hz": "{} rate [{}Hz]",
    "/min": "{} pulses / min",
    "/h": "{} pulses / h",
    "/LS": "{} pulses / lumisection",
    "/nb": "{} pulses / nb$^{{-1}}$",
    "Hz/1e11p": "{} rate [{}Hz / $10^{{11}}$ p]",
}
#: more time bins than the first are merged to the second; more than the third are drawn as a line with a band
_MOST_BINS, _MERGED_BINS, _MOST_POINTS = 400, 200, 150
#: bins that were live for less than this part of the typical time do not set the range by their error bars
_SHORT: Final = 0.1
#: part of the frame below the legends
_DATA_HEIGHT: Final = 0.72
#: units that get a prefix, and the largest rate that is drawn in thousandths of them
_HERTZ: Final = ("Hz", "Hz/1e11p")
_MILLI_BELOW: Final = 0.02
_NO_FIT: Final = "No fit: fewer than 3 time bins\nor a single luminosity"


def plot_rates(
    h: Histogram,
    exposure: Exposure,
    *,
    region: str = "SR",
    sides: Sequence[str] = ("+Z", "-Z"),
    channels: Sequence[int] | None = None,
    unit: str = "Hz",
    show_luminosity: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the rate of each side along time with its Poisson errors, luminosity, and beam status behind.

    Bins in which a side was not live are gaps; more than 400 bins are merged to about 200, and the axis says so.

    Parameters
    ----------
    h
        Counts with axes ``side``, ``region``, ``channel`` and ``time``.
    exposure
        The time bins of the axis ``time``.
    region, sides, channels
        Which pulses: one region, names of sides (those without live time are left out), and indices of units, all of
        them if `None`.
    unit
        One of `bhm_columnar.histograms.rates.UNITS`.
    show_luminosity
        Whether to draw luminosity, if it is known, on a second axis at the right.
    ax
        Where to draw, with room at its right for the second axis; a new figure by default.

    Raises
    ------
    SelectionError
        If there is no such unit, or what it needs is not known.
    """
    shows_luminosity = show_luminosity and exposure.has_luminosity
    ax = ax or _make_wide(room=1.0 if shows_luminosity else 0.0)
    starts = _group(exposure)
    times = axis_times(exposure)
    edges = times[np.append(starts, len(exposure))]
    names = [side for side in sides if _has_data(exposure, side, channels)]
    rates = [
        _merge(
            count_pulses(h, side=side, region=region, channels=channels),
            normalise(exposure, side, unit),
            unit,
            starts,
        )
        for side in names
    ]
    prefix = ""
    if unit in _HERTZ and _top(rates) < _MILLI_BELOW:
        prefix, rates = "m", [make_rate(rate.counts, rate.exposure / 1e3, unit) for rate in rates]
    handles: list[Any] = []
    for side, rate in zip(names, rates, strict=True):
        handles.append(_draw_rate(ax, edges, rate, side))
    _set_range(ax, _top(rates))
    bands = draw_status(ax, times, exposure.status)
    if shows_luminosity:
        handles.append(_draw_luminosity(ax, exposure, edges, starts))
    size = np.diff(np.append(starts, len(exposure))).max()
    ax.set_ylabel(_title(region, unit, prefix) + (f", mean of {size} bins" if size > 1 else ""))
    set_times(ax, exposure, times)
    if handles:
        curves = ax.legend(handles=handles, loc="upper left", fontsize="x-small")
    if bands:
        explain_status(ax, bands)  # replaces the legend of the axes
        if handles:
            ax.add_artist(curves)
    said = [_name_channels(channels)] if channels is not None else []
    if not any(rate.counts.any() for rate in rates):
        said.append("No data")
    if said:
        note(ax, "\n".join(said), x=0.42, align="center")
    return ax


def plot_rate_luminosity(
    h: Histogram,
    exposure: Exposure,
    *,
    side: str,
    region: str = "SR",
    channels: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the rate of time bins against their luminosity as a map, with profile and fitted line.

    The profile is pulses over live time of all bins in a column, with its Poisson error, at their mean luminosity.

    Parameters
    ----------
    h, exposure
        As for `plot_rates`. Bins that are live and have luminosity count, empty ones too.
    side
        Name of the side.
    region, channels, ax
        As for `plot_rates`.
    """
    ax = ax or make_figure(11.5, 10)[1]
    luminosity, unit, size = instant_luminosity(exposure, np.arange(len(exposure)))
    live = exposure.live.get(side, np.zeros(len(exposure)))
    usable = (live > 0) & np.isfinite(luminosity)
    x, live = luminosity[usable], live[usable]
    ax.set_xlabel(f"Luminosity [{unit}]")
    ax.set_ylabel(_title(region, "Hz"))
    said = [] if channels is None else [_name_channels(channels)]
    if not len(x):
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        note(ax, "\n".join([*said, "No data: no luminosity"]))
        return ax
    counts = count_pulses(h, side=side, region=region, channels=channels)[usable]
    across, up = map_edges(x, counts, live)
    cells, _, _ = np.histogram2d(x, counts / live, bins=(across, up))
    mesh = ax.pcolormesh(across, up, np.ma.masked_equal(cells.T, 0), cmap="GnBu", vmin=0, rasterized=True)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02, ticks=MaxNLocator(integer=True))
    bar.set_label("Time bins")
    low, high = draw_profile(ax, across, x, counts, live)
    fit = fit_line(counts, live, x * size)
    if fit is None:
        said.append(_NO_FIT if counts.any() else "No data")
    else:
        line = np.linspace(across[0], across[-1], 50)
        rate, error = fit.predict(line * size)
        ax.plot(line, rate, color=accent(), linewidth=2.5, label="Fitted line")
        ax.fill_between(line, rate - error, rate + error, color=accent(), alpha=0.25, linewidth=0)
        said += describe_fit(fit, size, unit)
    ax.set_xlim(across[0], across[-1])
    bottom, top = min(up[0], low), max(up[-1], high)
    ax.set_ylim(bottom, bottom + (top - bottom) / _DATA_HEIGHT)
    note(ax, "\n".join(said))
    ax.legend(loc="upper right", fontsize="x-small")
    return ax


def _make_wide(*, room: float) -> Axes:
    """Panel along time with some inches kept free at its right."""
    ax = make_figure(14, 8)[1]
    box = ax.get_position()
    ax.set_position((box.x0, box.y0, box.width - room / 14, box.height))
    return ax


def _has_data(exposure: Exposure, side: str, channels: Sequence[int] | None) -> bool:
    is_asked = channels is None or any(CHANNELS[index].side.name == side for index in channels)
    return is_asked and side in exposure.live and bool(np.any(exposure.live[side] > 0))


def _set_range(ax: Axes, top: float) -> None:
    """From just below zero, so that points at zero are seen, to a height that leaves room for legends."""
    ax.set_ylim(-0.03 * top, top / _DATA_HEIGHT)


def _title(region: str, unit: str, prefix: str = "") -> str:
    return _TITLES[unit].format(RATE_NAMES[region], prefix)


def _name_channels(channels: Sequence[int]) -> str:
    names = [CHANNELS[index].name for index in channels]
    return ", ".join(names) if len(names) <= 4 else f"{len(names)} channels"


def _group(exposure: Exposure) -> Longs:
    """First bin of each group that is drawn as one; a long gap is a group by itself."""
    n = len(exposure)
    if n <= _MOST_BINS:
        return np.arange(n)
    size = -(-n // _MERGED_BINS)
    is_live = np.any([seconds > 0 for seconds in exposure.live.values()], axis=0)
    gaps = np.flatnonzero(~is_live & (exposure.widths > size * np.median(exposure.widths)))
    starts: Longs = np.unique(np.concatenate([np.arange(0, n, size), gaps, gaps + 1]))
    return starts[starts < n]


def _merge(counts: Floats, of: Floats, unit: str, starts: Longs) -> Rate:
    """Add up bins of a group; pulses of bins whose exposure is missing do not enter."""
    seen = np.where(np.isfinite(of), counts, 0.0)
    return make_rate(np.add.reduceat(seen, starts), np.add.reduceat(np.nan_to_num(of), starts), unit)


def _draw_rate(ax: Axes, edges: Floats, rate: Rate, side: str) -> Any:
    """Points or a line with a band; returns what a legend takes: an artist, or a container of error bars."""
    label = f"{side} (beam {find_side(side).beam})".replace("-", "−")
    color = COLORS["SR"] if side == "+Z" else ink()
    if len(rate.value) > _MOST_POINTS:
        ax.stairs(rate.high, edges, baseline=rate.low, fill=True, color=color, alpha=0.2, linewidth=0)
        return ax.stairs(rate.value, edges, baseline=None, color=color, linewidth=1.5, label=label)
    return ax.errorbar(
        (edges[:-1] + edges[1:]) / 2,
        rate.value,
        xerr=np.diff(edges) / 2,
        yerr=rate.errors,
        fmt="o",
        color=color,
        markersize=7 if len(rate.value) < 60 else 4,
        elinewidth=1.5,
        label=label,
    )


def _top(rates: Sequence[Rate]) -> float:
    """Largest rate, or end of an error bar of a bin that was live for long enough."""
    tops = [0.0]
    for rate in rates:
        is_live = rate.exposure > 0
        if is_live.any():
            typical = rate.exposure > _SHORT * np.median(rate.exposure[is_live])
            tops += [rate.value[is_live].max(), rate.high[typical].max()]
    return max(tops) or 1.0


def _draw_luminosity(ax: Axes, exposure: Exposure, edges: Floats, starts: Longs) -> Artist:
    right = ax.twinx()
    make_room(ax)
    luminosity, unit, _ = instant_luminosity(exposure, starts)
    line = right.stairs(luminosity, edges, baseline=None, color=accent(), linewidth=2, label="Luminosity")
    _set_range(right, np.nanmax(luminosity) or 1.0)
    right.set_ylabel(f"Luminosity [{unit}]", color=accent())
    right.tick_params(axis="y", which="both", labelcolor=accent(), color=accent())
    right.set_zorder(ax.get_zorder() - 1)
    ax.patch.set_visible(False)
    return line
