"""The figure of where the halo peak stands in time, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..detector.channels import CHANNELS, Side
from ..histograms.counts import Histogram
from .style import COLORS, PALETTE, ink, make_figure, say_no_data

__all__ = ["mean_by_run", "plot_tdc_runs"]

Floats = npt.NDArray[np.float64]
#: as many runs have their numbers at the axis, and as many channels a colour of their own
_MOST_NAMES, _MOST_COLORS = 24, 6
_LEAST: Final = 2


def mean_by_run(counts: npt.NDArray[np.number], codes: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Mean TDC code, and the standard error of that mean.

    Parameters
    ----------
    counts
        Last axis is that of the codes.
    codes
        Shape (n,).

    Returns
    -------
    both with the last axis summed; nan without counts, the error also with a single one
    """
    total = counts.sum(axis=-1)
    mean = np.divide(counts @ codes, total, out=np.full(total.shape, np.nan), where=total > 0)
    squares = (counts * (codes - np.nan_to_num(mean)[..., np.newaxis]) ** 2).sum(axis=-1)
    many = total >= _LEAST
    variance = np.divide(squares, total - 1, out=np.full(total.shape, np.nan), where=many)
    return mean, np.sqrt(np.divide(variance, total, out=np.full(total.shape, np.nan), where=many))


def plot_tdc_runs(
    h: Histogram, *, side: Side, channels: Sequence[int] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the mean TDC code of the halo peak in each run: of all channels together, and of each.

    Parameters
    ----------
    h
        Counts of halo-peak pulses with axes ``run``, ``channel`` and ``tdc``.
    side
        Which end.
    channels
        Indices of units; all if `None`. Up to six have colours and names.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(14, 8)[1]
    units = [one for one in CHANNELS if one.side == side and (channels is None or one.index in channels)]
    runs = list(h.axes["run"])
    codes = np.rint(h.axes["tdc"].centers)
    planes = h.project("run", "channel", "tdc").values()[:, [unit.index for unit in units]]
    places = np.arange(len(runs))
    few = len(units) <= _MOST_COLORS
    means, errors = mean_by_run(planes, codes)
    _draw_channels(ax, places, means, errors, [unit.name for unit in units] if few else [])
    mean, error = mean_by_run(planes.sum(axis=1), codes)
    label = "All channels, mean $\\pm$ error" if channels is None else "All of these"
    ax.errorbar(
        places, mean, yerr=np.nan_to_num(error), fmt="o", color=ink(), markersize=9, linewidth=2, label=label
    )
    seen = np.concatenate([means[np.isfinite(means)], mean[np.isfinite(mean)]])
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 10.0)
    pad = max(0.5, 0.15 * (high - low))
    ax.set_ylim(low - pad, low - pad + (high - low + 2 * pad) / 0.8)
    _name_runs(ax, runs)
    ax.set_ylabel("Mean TDC code [0.5 ns]")
    if not len(seen):
        say_no_data(ax)
    ax.legend(loc="upper right", ncols=4 if few else 2, fontsize="x-small")
    return ax


def _draw_channels(ax: Axes, places: Any, means: Floats, errors: Floats, names: Sequence[str]) -> None:
    """Draw few channels with their names, or many as small points that nobody needs to tell apart."""
    if not names:
        n = means.shape[1]
        shifts = np.linspace(-0.25, 0.25, n) if n > 1 else np.zeros(1)
        x = (np.asarray(places)[:, np.newaxis] + shifts).ravel()
        ax.plot(x, means.ravel(), "o", color=COLORS["CP"], markersize=4, label="Each channel")
        return
    for place, name in enumerate(names):
        shift = 0.3 * (place + 1) / len(names) - 0.15
        ax.errorbar(
            np.asarray(places) + shift,
            means[:, place],
            yerr=np.nan_to_num(errors[:, place]),
            fmt="s",
            color=PALETTE[place],
            markersize=6,
            linewidth=1.5,
            label=name,
        )


def _name_runs(ax: Axes, runs: Sequence[int]) -> None:
    """Put numbers of runs at the axis, of many only some."""
    step = -(-len(runs) // _MOST_NAMES) or 1
    shown = list(range(0, len(runs), step))
    ax.set_xticks(shown, [str(runs[place]) for place in shown], fontsize="x-small")
    if len(shown) > _MOST_NAMES // 3:
        ax.tick_params(axis="x", labelrotation=60, labelsize="xx-small")
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)
    ax.set_xlim(-0.6, max(1, len(runs)) - 0.4)
    ax.set_xlabel("Run")
