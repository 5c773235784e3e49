"""One figure of the results as matplotlib has it, with the label above its frame."""

from __future__ import annotations

from typing import Final, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..detector.channels import CHANNELS, SIDES, Channel, Side
from ..errors import SelectionError
from ..histograms.axes import REGIONS
from .extra import EXTRA_FIGURES, EXTRA_PER_CHANNEL, EXTRA_PER_SIDE, EXTRA_WHOLE, PER_PLANE
from .results import Results
from .standard import FIGURES, PER_CHANNEL, PER_REGION, PER_SIDE, PER_SIDE_AND_REGION, WHOLE
from .style import add_label, make_figure

__all__ = [
    "ALL_FIGURES",
    "ALL_PER_CHANNEL",
    "ALL_PER_SIDE",
    "ALL_WHOLE",
    "WHOLE_PART",
    "compose",
    "find_channels",
    "luminosity_text",
    "name_part",
]

#: standard figures and those on demand, by kind
ALL_FIGURES: Final = {**FIGURES, **EXTRA_FIGURES}
ALL_PER_SIDE: Final = {**PER_SIDE, **EXTRA_PER_SIDE}
ALL_PER_CHANNEL: Final = {**PER_CHANNEL, **EXTRA_PER_CHANNEL}
ALL_WHOLE: Final = {**WHOLE, **EXTRA_WHOLE}
#: part that figures of both sides are drawn of
WHOLE_PART: Final = "both"
#: inches that a figure must be wide to have the luminosity above its frame
_WIDE: Final = 12.0
#: luminosity in 1/ub and how its unit is written, from the largest
_UNITS: Final = ((1e9, "fb"), (1e6, "pb"), (1e3, "nb"), (1.0, "$\\mu$b"))


def compose(results: Results, name: str, of: str) -> Figure:
    """Draw one figure, with its label; arguments are those of `figures.draw_figure`, a figure of channels has one.

    Raises
    ------
    SelectionError
        If there is no such figure, side, region or channel.
    """
    ax, what = _draw(results, name, of)
    figure = cast(Figure, ax.figure)
    runs = results.run_text if results.view.runs is None else results.name_runs(results.view.runs)
    said = [runs, what]
    if figure.get_size_inches()[0] >= _WIDE:
        said.append(luminosity_text(results))
    label_axes = ax if ax.name == "rectilinear" else figure.add_axes((0.06, 0.05, 0.88, 0.88), frameon=False)
    if label_axes is not ax:
        label_axes.set_axis_off()
    add_label(label_axes, results.label, ", ".join(filter(None, said)).replace("-Z", "−Z"))
    return figure


def _draw(results: Results, name: str, of: str) -> tuple[Axes, str]:
    """Draw the panel, and say which side it is of, if that is not said inside."""
    if name in ALL_PER_CHANNEL:
        return ALL_PER_CHANNEL[name](results, find_channels(results, of)[0], make_figure()[1]), ""
    if name in ALL_WHOLE:
        return ALL_WHOLE[name](results), ""
    if name in PER_REGION:
        return PER_REGION[name](results, find_region(of)), ""
    if name in PER_SIDE_AND_REGION:
        where, _, what = of.partition("_")
        side, region = find_side(where), find_region(what or "SR")
        return PER_SIDE_AND_REGION[name](results, side, region), f"{side.name} side"
    if name in PER_PLANE and any(of == channel.name for channel in CHANNELS):
        return PER_PLANE[name](results, find_channels(results, of)[0]), of
    if name in ALL_PER_SIDE:
        side = find_side(of)
        return ALL_PER_SIDE[name](results, side), f"{side.name} side"
    raise SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(ALL_FIGURES)}")


def luminosity_text(results: Results) -> str:
    """Luminosity that was delivered in all time bins, such as ``12.3 pb^-1``; empty if it is not known."""
    if results.exposure is None or not results.exposure.has_luminosity:
        return ""
    total = float(np.nansum(results.exposure.delivered))
    size, unit = next((one for one in _UNITS if total >= one[0]), _UNITS[-1])
    return f"{total / size:.3g} {unit}$^{{-1}}$"


def name_part(of: str) -> str:
    """Write a part for people."""
    names = {side.directory: f"{side.name} side" for side in SIDES}
    where, _, region = of.partition("_")
    return " ".join(filter(None, (names.get(where, where), region)))


def find_channels(results: Results, of: str) -> list[Channel]:
    """Channels whose names begin like this, of those that are looked at.

    Raises
    ------
    SelectionError
        If there are none.
    """
    channels = [channel for channel in CHANNELS if channel.name.startswith(of)]
    if not channels:
        raise SelectionError(f"{of!r} is no channel and no group", hint="groups are PN, PF, MN, MF")
    chosen = results.view.channels
    kept = [channel for channel in channels if chosen is None or channel.index in chosen]
    if not kept:
        raise SelectionError(
            f"none of the channels that were chosen is in {of}", hint="leave one of them out"
        )
    return kept


def find_side(of: str) -> Side:
    """Side of this name or directory."""
    for side in SIDES:
        if of in (side.directory, side.name):
            return side
    raise SelectionError(f"{of!r} is no side", hint="sides are plusZ and minusZ")


def find_region(of: str) -> str:
    """Region of this name."""
    if of not in REGIONS:
        raise SelectionError(f"{of!r} is no region", hint=f"regions are {', '.join(REGIONS)}")
    return of
