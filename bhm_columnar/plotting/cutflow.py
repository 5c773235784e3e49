"""The figure of what cleaning leaves of the pulses, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..detector.channels import CHANNELS, SIDES, Side
from ..histograms.counts import Histogram
from .style import COLORS, make_figure, say_no_data

__all__ = ["count_steps", "plot_cutflow"]

#: steps of cleaning in order: how figures call what is left, and the fates of the pulses that the step drops
_STEPS: Final = {
    "Of connected units": (),
    "One or two TDC codes": ("no_tdc", "many_tdc"),
    "No DLL unlocked": ("dll_59", "dll_60", "dll_61"),
    "TDC is a time": ("tdc_62", "tdc_63", "tdc_invalid", "second_62"),
    "No link words": ("link_k28_5", "link_k28_3"),
}
#: from here on the axis counts in powers of a thousand
_LARGE: Final = 1e5
_COLORS: Final = {"+Z": COLORS["SR"], "-Z": COLORS["CP"]}


def count_steps(
    h: Histogram, side: Side, *, link_words: bool = True, channels: Sequence[int] | None = None
) -> dict[str, int]:
    """Pulses of a side that each step of cleaning leaves, by the name of the step.

    Parameters
    ----------
    h
        Counts of all pulses with axes ``channel`` and ``fate``.
    link_words
        Whether link words are dropped.
    channels
        Indices of units; all if `None`.
    """
    units = [
        one.index for one in CHANNELS if one.side == side and (channels is None or one.index in channels)
    ]
    counts = h.project("channel", "fate").values()[units].sum(axis=0)
    fates = list(h.axes["fate"])
    left, steps = int(counts.sum()), {}
    for name, dropped in _STEPS.items():
        if link_words or name != "No link words":
            left -= int(sum(counts[fates.index(fate)] for fate in dropped))
            steps[name] = left
    return steps


def plot_cutflow(
    h: Histogram,
    *,
    halo: Mapping[str, float] | None = None,
    sides: Sequence[Side] = SIDES,
    link_words: bool = True,
    channels: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many pulses of each side every step of cleaning leaves, and which part of the first.

    Parameters
    ----------
    h
        Counts of all pulses with axes ``channel`` and ``fate``.
    halo
        Pulses in SR, by the side's name, as the last step.
    sides
        Which ends.
    link_words, channels
        As for `count_steps`.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(14, 9)[1]
    top, names = 1.0, [*_STEPS]
    for place, side in enumerate(sides):
        steps: dict[str, float] = dict(count_steps(h, side, link_words=link_words, channels=channels))
        if halo is not None:
            steps["Beam halo (SR)"] = halo[side.name]
        names, counts = list(steps), np.array(list(steps.values()), dtype=np.float64)
        _draw_bars(ax, counts, place, len(sides), side)
        top = max(top, counts.max())
    ax.set_xlim(0, 1.42 * top)
    ax.set_ylim(len(names) - 0.5, -0.5 - 0.35 * len(sides))
    ax.set_yticks(range(len(names)), names, fontsize="small")
    ax.tick_params(axis="y", which="both", left=False, right=False)
    power = 3 * int(np.log10(top) // 3) if top >= _LARGE else 0
    ax.set_xlabel(f"Pulses [$10^{{{power}}}$]" if power else "Pulses")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / 10**power:g}")
    box = ax.get_position()
    ax.set_position((box.x0 + 0.16, box.y0, box.width - 0.16, box.height))
    ax.legend(loc="upper right", ncols=2)
    if top == 1.0:
        say_no_data(ax)
    return ax


def _draw_bars(ax: Axes, counts: npt.NDArray[Any], place: int, n: int, side: Side) -> None:
    """Draw the bars of a side with their counts behind them."""
    height = 0.8 / n
    rows = np.arange(len(counts)) + (place - (n - 1) / 2) * height
    label = f"{side.name} side".replace("-", "−")
    ax.barh(rows, counts, height=height, color=_COLORS[side.name], alpha=0.8, label=label)
    for row, count in zip(rows, counts, strict=True):
        part = f" ({100 * count / counts[0]:.1f}%)" if counts[0] else ""
        ax.annotate(
            f"{count:,.0f}{part}".replace(",", "\u2009"),
            xy=(count, row),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize="x-small" if n > 1 else "small",
            va="center",
        )
