"""The figure of occupancy by what a slot of the LHC holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..detector.lhc import BUNCH_CLASSES, COLLISION_DELAY_BX, N_BX
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from ..histograms.rates import poisson_interval
from .style import COLORS, LEGENDS, make_figure, say_no_data

__all__ = ["count_by_class", "plot_class_occupancy"]

Floats = npt.NDArray[np.float64]
#: crossings that the pulses of a region come after the halo of the same bunch
_DELAY: Final = {"CP": COLLISION_DELAY_BX}


def count_by_class(counts: npt.NDArray[Any], classes: npt.NDArray[Any], offset: int) -> tuple[Floats, Floats]:
    """Pulses in the slots of each class, and how many slots it has.

    Parameters
    ----------
    counts
        Pulses per BX of the board, shape (3564,).
    classes
        Index into `bhm_columnar.detector.lhc.BUNCH_CLASSES` of each slot, shape (3564,).
    offset
        The pulses of slot s stand at BX s + `offset`.

    Returns
    -------
    pulses and slots, shape (5,) each
    """
    if np.shape(classes) != (N_BX,):
        raise SelectionError(
            f"bunch classes have shape {np.shape(classes)}", hint=f"give one for each of the {N_BX} slots"
        )
    n = len(BUNCH_CLASSES)
    by_slot = np.roll(counts, -offset)
    pulses = np.bincount(classes, by_slot, minlength=n).astype(np.float64)
    return pulses, np.bincount(classes, minlength=n).astype(np.float64)


def plot_class_occupancy(
    h: Histogram,
    *,
    classes: npt.NDArray[Any],
    offset: int,
    regions: Sequence[str] = ("SR", "CP", "AR"),
    ax: Axes | None = None,
) -> Axes:
    """Draw pulses per slot of each bunch class by region, with Poisson intervals (68.3 %).

    Collision products are counted for the slot five crossings before, whose bunch they come from.

    Parameters
    ----------
    h
        Counts of one side with axes ``region`` and ``bx``.
    classes, offset
        As for `count_by_class`; a class without slots is left out.
    regions
        Which regions.
    ax
        Where to draw; a new figure by default.
    """
    ax = ax or make_figure(12, 9)[1]
    kept = np.flatnonzero(np.bincount(np.asarray(classes), minlength=len(BUNCH_CLASSES)))
    ends: list[float] = []
    for place, region in enumerate(regions):
        counts = pick(h, region=region).values()
        pulses, slots = count_by_class(counts, classes, offset + _DELAY.get(region, 0))
        pulses, slots = pulses[kept], slots[kept]
        low, high = (end / slots for end in poisson_interval(pulses))
        value, x = pulses / slots, np.arange(len(kept)) + 0.16 * (place - (len(regions) - 1) / 2)
        has = pulses > 0
        style: dict[str, Any] = {"color": COLORS[region], "markersize": 9, "linewidth": 2}
        bars = np.stack([value - low, high - value])[:, has]
        ax.errorbar(x[has], value[has], yerr=bars, fmt="o", label=LEGENDS[region], **style)
        ax.plot(x[~has], high[~has], "v", **style)  # upper end of the interval of none
        ends += [*low[has], *high]
    bottom, top = 0.5 * min(ends), max(ends)
    ax.set_ylim(bottom, bottom * (top / bottom) ** (1 / 0.75))
    ax.set_yscale("log")
    ax.set_xlim(-0.5, len(kept) - 0.5)
    names = [f"{BUNCH_CLASSES[index]}\n{int(slots[k])} slots" for k, index in enumerate(kept)]
    ax.set_xticks(range(len(kept)), names, fontsize="x-small")
    ax.tick_params(axis="x", which="minor", bottom=False, top=False)
    ax.set_ylabel("Pulses / slot")
    if not pick(h, region="SR").values().any() and not pick(h, region="BR").values().any():
        say_no_data(ax)
    ax.plot([], [], "v", color=COLORS["BR"], markersize=9, label="None: upper end of 68%")
    ax.legend(loc="upper right", ncols=2, fontsize="x-small")
    return ax
