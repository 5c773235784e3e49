"""Figures by LHC bunch slot: occupancy over the filling scheme, and rate per bunch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from ..detector.channels import Side
from ..detector.lhc import ABORT_GAP, BUNCH_CLASSES, N_BX
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from ..selection.bunch_rates import BunchRates, ClassRate
from .panel import add_stairs
from .profiles import RATE_NAMES, with_error
from .style import COLORS, LEGENDS, background, make_figure, say_no_data

__all__ = ["CLASS_COLORS", "plot_bunch_occupancy", "plot_bunch_rates"]

#: colours of the bunch classes, in the order of `BUNCH_CLASSES`
CLASS_COLORS: Final = ("#5790fc", "#e42536", "#964a8b", "#ffffff", "#717581")
#: number of classes that hold a bunch; the rest are empty slots
_N_FILLED: Final = 3
#: part of the frame below the legend
_DATA_HEIGHT: Final = 0.68
#: largest mean rate of a class over the smallest, above which the axis is logarithmic
_LOG_FROM: Final = 30.0
_NO_BUNCH: Final = "0.55"
#: largest part of slots without pulses on a logarithmic axis, which cannot show them
_FEW_ZEROS: Final = 0.1
#: more points than this are drawn small
_MANY: Final = 300
#: fewer counts have errors that differ upwards and downwards
_SYMMETRIC: Final = 10
#: rates below are told in mHz
_MILLI_BELOW: Final = 0.1


def plot_bunch_occupancy(
    h: Histogram,
    *,
    classes: npt.NDArray[Any],
    offset: int,
    delay: int = 0,
    regions: Sequence[str] = ("BR", "SR"),
    zoom: tuple[int, int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw pulses per LHC slot over the filling scheme, each region in front of the one before.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``bx``.
    classes
        What each slot holds: index into `bhm_columnar.detector.lhc.BUNCH_CLASSES`, shape (3564,).
    offset, delay
        The pulses of slot s stand at BX s + `offset` + `delay` of the board: the offset is where the board begins to
        count, the delay how many crossings later these pulses come than those that the offset was measured with.
    regions
        Which regions, from the back to the front.
    zoom
        First and last slot to show; all by default.
    ax
        Where to draw; a new figure by default.

    Raises
    ------
    SelectionError
        If `classes` has not 3564 slots, or `zoom` is no range of slots.
    """
    first, last = _check(classes, zoom)
    ax = ax or make_figure(14, 8)[1]
    shaded = _shade(ax, np.asarray(classes)[first : last + 1], first)
    edges = np.arange(first, last + 2) - 0.5
    drawn: list[Artist] = []
    top = 1.0
    for region in regions:
        counts = np.roll(pick(h, region=region).values(), -(offset + delay))[first : last + 1]
        drawn.append(
            add_stairs(ax, counts, edges, fill=True, color=COLORS[region], label=LEGENDS[region], linewidth=0)
        )
        top = max(top, counts.max())
    ax.set_ylim(0.5, 0.5 * (2 * max(5.0, top)) ** (1 / _DATA_HEIGHT))
    ax.set_yscale("log")
    _finish(ax, first, last)
    ax.set_ylabel("Pulses / slot")
    if top == 1.0 and not any(pick(h, region=region).values().any() for region in regions):
        say_no_data(ax)
    _explain(ax, [*drawn, *shaded])
    return ax


def plot_bunch_rates(rates: BunchRates, *, side: Side, region: str = "SR", ax: Axes | None = None) -> Axes:
    """Draw the rate of each slot that holds a bunch, with the mean of each class, and that of slots without a bunch.

    Parameters
    ----------
    rates
        From `bhm_columnar.selection.bunch_rates.bunch_rates`.
    side, region
        What was counted: the end, and the name of the region.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(14, 8)[1]
    slots = np.arange(N_BX)
    handles: list[Any] = []
    tops = [0.0]
    for index, (name, mean) in enumerate(rates.per_class().items()):
        if not np.isfinite(mean.rate):
            continue
        here = rates.bunch_class == index
        label = f"{name.capitalize()}: {_describe(mean)}"
        if index < _N_FILLED:
            value, low, high = (part[here] for part in (rates.rate, rates.low, rates.high))
            points = ax.errorbar(
                slots[here],
                value,
                yerr=np.stack([value - low, high - value]),
                fmt="o",
                color=CLASS_COLORS[index],
                markersize=4 if len(value) > _MANY else 7,
                elinewidth=0.8 if len(value) > _MANY else 1.5,
                zorder=2 if len(value) > _MANY else 3,  # few points in front of many
                label=label,
            )
            handles.append(points)
            tops.append(float(high.max()))
        else:
            style = "--" if name == "empty" else ":"
            handles.append(
                ax.axhline(mean.rate, color=_NO_BUNCH, linestyle=style, linewidth=2.5, label=label)
            )
            tops.append(mean.rate)
    _scale(ax, rates, max(tops) or 1.0)
    _finish(ax, 0, N_BX - 1)
    ax.set_ylabel(f"{RATE_NAMES[region]} rate per slot [Hz]")
    if not handles or not rates.counts.any():
        say_no_data(ax, "No data" if handles else "No data: no live time")
    if handles:
        ax.legend(
            handles=handles,
            loc="upper left",
            ncols=2,
            fontsize="x-small",
            title=f"{side.name} (beam {side.beam}), mean per slot".replace("-", "−"),
            title_fontsize="x-small",
            alignment="left",
        )
    return ax


def _check(classes: npt.NDArray[Any], zoom: tuple[int, int] | None) -> tuple[int, int]:
    if np.shape(classes) != (N_BX,):
        raise SelectionError(
            f"bunch classes have shape {np.shape(classes)}", hint=f"give one for each of the {N_BX} slots"
        )
    first, last = zoom or (0, N_BX - 1)
    if not 0 <= first <= last < N_BX:
        raise SelectionError(f"slots {first} to {last} are no range", hint=f"slots are 0 to {N_BX - 1}")
    return first, last


def _shade(ax: Axes, classes: npt.NDArray[Any], first: int) -> list[Artist]:
    """Shade what the slots hold, consecutive ones of a class as one span; one artist per class that is there."""
    changes = np.flatnonzero(classes[1:] != classes[:-1]) + 1
    begins, ends = np.append(0, changes), np.append(changes, len(classes))
    shaded: list[Artist] = []
    for index, name in enumerate(BUNCH_CLASSES):
        here = classes[begins] == index
        if here.any():
            spans = np.stack([first - 0.5 + begins[here], (ends - begins)[here]], axis=1)
            shaded.append(
                ax.broken_barh(
                    spans.tolist(),
                    (0, 1),
                    transform=ax.get_xaxis_transform(),
                    facecolor=(background() if name == "empty" else CLASS_COLORS[index], 0.25),
                    edgecolor="none",
                    zorder=0,
                    label=name.capitalize(),
                )
            )
    return shaded


def _explain(ax: Axes, handles: list[Artist]) -> None:
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        ncols=4,
        fontsize="x-small",
        columnspacing=1.2,
        frameon=True,
        facecolor=background(),
        edgecolor="none",
        framealpha=0.85,
    )
    for patch in legend.get_patches():
        patch.set(edgecolor=_NO_BUNCH, linewidth=0.8)  # white is a class too


def _finish(ax: Axes, first: int, last: int) -> None:
    ax.set_xlim(first - 0.5, last + 0.5)
    ax.set_xlabel("LHC bunch slot")
    begin, end = max(first, ABORT_GAP[0]), min(last, ABORT_GAP[1])
    if begin <= end:
        ax.text(
            0.65 * begin + 0.35 * end,  # not on the ticks of the frame
            _DATA_HEIGHT,
            "Abort gap",
            transform=ax.get_xaxis_transform(),
            rotation=90,
            ha="center",
            va="top",
            fontsize="xx-small",
        )


def _describe(mean: ClassRate) -> str:
    """Mean rate of a class with its error, or the upper end of its interval if there was no pulse."""
    unit, name = (1e-3, "mHz") if mean.high < _MILLI_BELOW else (1.0, "Hz")
    if mean.counts == 0:
        return f"< {mean.high / unit:.2g} {name}"
    if mean.counts < _SYMMETRIC:
        value, down, up = (x / unit for x in (mean.rate, mean.rate - mean.low, mean.high - mean.rate))
        return f"${value:.2g}^{{+{up:.2g}}}_{{-{down:.2g}}}$ {name}"
    return f"{with_error(mean.rate / unit, (mean.high - mean.low) / 2 / unit)} {name}"


def _scale(ax: Axes, rates: BunchRates, top: float) -> None:
    """Logarithmic if rates of bunches differ by far and few are zero; those are error bars that rise from the axis."""
    drawn = rates.rate[rates.bunch_class < _N_FILLED]
    positive = [mean.rate for mean in rates.per_class().values() if mean.rate > 0]
    is_wide = len(positive) > 1 and max(positive) > _LOG_FROM * min(positive)
    if is_wide and len(drawn) and np.mean(drawn == 0) < _FEW_ZEROS:
        bottom = 0.3 * min([*positive, float(drawn[drawn > 0].min())])
        ax.set_ylim(bottom, bottom * (top / bottom) ** (1 / _DATA_HEIGHT))
        ax.set_yscale("log", nonpositive="clip")
    else:
        ax.set_ylim(-0.03 * top, top / _DATA_HEIGHT)
