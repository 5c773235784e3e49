"""Walks the artists of a figure, and lists where it breaks the conventions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import Bbox

from bhm_columnar.plotting.style import PALETTE, background, ink

#: titles of axes that have no unit
NAMES = {"Channel", "Run", "Pulses", "Time bins", "BX of the board", "LHC bunch slot", "Peak ADC code"}
SMALLEST_PT = 9.0
GREYS = {"#8c8c8c", "#d9d9d9"}


@dataclass(frozen=True)
class Drawn:
    """A text as it was drawn."""

    text: str
    box: Bbox
    size: float
    color: Any
    tilted: bool


def draw(figure: Figure) -> tuple[np.ndarray, list[Drawn]]:
    """Pixels, and all texts that were drawn, those that one artist draws at several places among them."""
    texts: list[Drawn] = []
    plain = Text.draw

    def record(self: Text, renderer: Any, *rest: Any) -> None:
        plain(self, renderer, *rest)
        if self.get_visible() and self.get_text().strip():
            texts.append(
                Drawn(
                    self.get_text(),
                    Bbox(self.get_window_extent(renderer).extents.reshape(2, 2)),
                    float(self.get_fontsize()),
                    self.get_color(),
                    self.get_rotation() % 90 != 0,
                )
            )

    Text.draw = record  # type: ignore[method-assign]
    try:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    finally:
        Text.draw = plain  # type: ignore[method-assign]
    return np.asarray(canvas.buffer_rgba())[..., :3].copy(), texts


def find_faults(figure: Figure, label: str = "Preliminary") -> list[str]:
    """Everything that a person would send back."""
    _, texts = draw(figure)
    faults = [*_label_faults(texts, label), *_text_faults(figure, texts)]
    for ax in figure.axes:
        faults += [*_axis_faults(ax), *_colour_faults(ax)]
    return [*faults, *_legend_faults(figure)]


def _label_faults(texts: list[Drawn], label: str) -> Iterator[str]:
    said = [one.text for one in texts]
    is_private = label.startswith("Private work")
    if said.count("CMS") != (0 if is_private else 1):
        yield f"CMS stands {said.count('CMS')} times"
    if label and label not in said:
        yield f"label {label!r} is missing"
    if not any(re.search(r"^Runs? \d|^No pulses", text) for text in said):
        yield "no run is named"


def _text_faults(figure: Figure, texts: list[Drawn]) -> Iterator[str]:
    canvas = figure.bbox
    if figure.get_suptitle():
        yield "the figure has a title"
    for place, one in enumerate(texts):
        box = one.box
        if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > canvas.x1 + 0.5 or box.y1 > canvas.y1 + 0.5:
            yield f"{one.text!r} is cut at the edge of the figure"
        if one.size < SMALLEST_PT:
            yield f"{one.text!r} has only {one.size:.1f} pt"
        if contrast(one.color) < 4.5:
            yield f"{one.text!r} cannot be read: contrast {contrast(one.color):.1f}"
        for other in texts[:place]:
            if not (one.tilted or other.tilted) and _collide(box, other.box):
                yield f"{one.text!r} is drawn over {other.text!r}"


def _collide(one: Bbox, other: Bbox) -> bool:
    """Whether letters touch; boxes of lines of text have room above and below the letters."""
    shared = Bbox.intersection(one, other)
    lowest = 0.35 * min(one.height, one.width, other.height, other.width)
    return shared is not None and min(shared.width, shared.height) > max(3.0, lowest)


def _overlap(one: Bbox, other: Bbox) -> float:
    """Pixels that two boxes share, less a line of their padding."""
    shared = Bbox.intersection(one, other)
    return 0.0 if shared is None else max(0.0, shared.width - 2) * max(0.0, shared.height - 2)


def contrast(color: Any) -> float:
    """Ratio of luminances to the paper, as WCAG 2 defines it."""

    def luminance(of: Any) -> float:
        part = np.asarray(to_rgb(of))
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(color), luminance(background())))
    return (high + 0.05) / (low + 0.05)


def is_colorbar(ax: Axes) -> bool:
    return ax.get_label() == "<colorbar>"


def _axis_faults(ax: Axes) -> Iterator[str]:
    if any(ax.get_title(loc=where) for where in ("left", "center", "right")):
        yield "a panel has a title"
    if not ax.axison or ax.name != "rectilinear" or is_colorbar(ax):
        return
    twins = [one for one in ax.figure.axes if one is not ax and one.bbox.bounds == ax.bbox.bounds]
    for axis in (ax.xaxis, ax.yaxis):
        title = axis.get_label_text()
        if axis is ax.xaxis and not axis.get_visible():
            continue
        if not title and axis is ax.yaxis and ax.get_yticklabels() and _is_named(ax):
            continue
        if not title and axis is ax.xaxis and _is_named(ax, "x"):
            continue
        if not re.search(r"\[.+\]| / |UTC", title) and title not in NAMES:
            yield f"axis title {title!r} says no unit"
        if axis.label.get_fontsize() < mpl.rcParams["font.size"] * 0.95:
            yield f"axis title {title!r} is small"
        tick = axis.get_major_ticks(1)[0]
        if tick.get_tickdir() != "in":
            yield "ticks point outwards"
        shown = tick.tick1line.get_visible() and tick.tick2line.get_visible()
        if not (shown or twins or _is_named(ax, "y")):
            yield f"ticks of {title!r} are not on both sides"


def _is_named(ax: Axes, which: str = "y") -> bool:
    """Whether the ticks of an axis are names."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    return isinstance(axis.get_major_locator(), FixedLocator)


def _colour_faults(ax: Axes) -> Iterator[str]:
    allowed = {*PALETTE, to_hex(ink()), to_hex(background()), *GREYS}
    if is_colorbar(ax) or ax.name != "rectilinear":
        return
    for artist in ax.get_children():
        for color in _colours(artist):
            if color not in allowed:
                yield f"{type(artist).__name__} has the colour {color}, which is not of the palette"


def _colours(artist: Any) -> Iterator[str]:
    if isinstance(artist, Spine):
        yield to_hex(artist.get_edgecolor())
    elif isinstance(artist, Line2D):
        yield to_hex(artist.get_color())
    elif isinstance(artist, Patch) and artist.get_fill() and artist.get_alpha() != 0:
        yield to_hex(artist.get_facecolor())
    elif hasattr(artist, "get_facecolors") and not isinstance(artist, QuadMesh):
        for color in (*artist.get_facecolors(), *artist.get_edgecolors()):
            if color[3] > 0:
                yield to_hex(color)


def _legend_faults(figure: Figure) -> Iterator[str]:
    """Legends that stand on data; what spans the whole height is no data."""
    legends = [(ax, one) for ax in figure.axes for one in ax.get_children() if isinstance(one, Legend)]
    boxes = [legend.get_window_extent() for _, legend in legends]
    for ax, box in zip((ax for ax, _ in legends), boxes, strict=True):
        frame = ax.bbox
        if box.x0 < frame.x0 - 1 or box.x1 > frame.x1 + 1 or box.y1 > frame.y1 + 1:
            yield "a legend leaves its frame"
    for place, one in enumerate(boxes):
        if any(_overlap(one, other) > 4 for other in boxes[:place]):
            yield "two legends overlap"
    hidden = [legend for _, legend in legends]
    for ax in figure.axes:
        hidden += [ax.xaxis, ax.yaxis, *ax.spines.values()]
        hidden += [
            one
            for one in (*ax.lines, *ax.patches, *ax.collections)
            if not one.get_transform().contains_branch_seperately(ax.transData)[1]
        ]
    hidden = [one for one in hidden if one.get_visible()]
    for one in hidden:
        one.set_visible(False)
    pixels, _ = draw(figure)
    for one in hidden:
        one.set_visible(True)
    for box in boxes:
        x0, x1, y0, y1 = (int(v) for v in (box.x0 + 3, box.x1 - 3, box.y0 + 3, box.y1 - 3))
        part = pixels[len(pixels) - y1 : len(pixels) - y0, x0:x1]
        if part.size and np.any(np.ptp(part.reshape(-1, 3), axis=0) > 40):
            yield "a legend stands on data"
