"""A panel whose ticks are drawn together: the look of matplotlib's own axes at a fraction of their cost."""

from __future__ import annotations

from collections.abc import Sequence
from string import digits
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XAxis, YAxis
from matplotlib.legend import Legend
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from matplotlib.ticker import Formatter, Locator, NullLocator
from matplotlib.transforms import Bbox

__all__ = ["Key", "Panel", "add_stairs"]

Floats = npt.NDArray[np.float64]
#: ticks this part of the range outside of it are still drawn, as in matplotlib
_CLOSE: Final = 1e-10
#: digits of the font are equally wide: texts that differ in nothing else have the same size
_ANY_DIGIT: Final = str.maketrans(digits, "0" * len(digits))
#: points between the frame, or tick labels, and the common factor of the tick labels
_OFFSET_PAD: Final = 3.0


class _Together(Axis):
    """An axis that draws all ticks of a kind at once, with the artists of its first tick.

    An axis of matplotlib keeps five artists for each tick, and small figures spend most of their time on those. Places,
    texts and styles are the same here.
    """

    #: which of the two coordinates runs along the axis
    _along = 0
    #: what `draw` leaves to somebody else: marks of ticks, or texts
    has_marks = has_texts = True

    def draw(self, renderer: Any) -> None:
        """Draw ticks and tick labels, the title of the axis, and the common factor of its tick labels."""
        if not self.get_visible():
            return
        first, second = self.get_major_ticks(1)[0], self.get_minor_ticks(1)[0]
        if first.gridline.get_visible() or second.gridline.get_visible():
            super().draw(renderer)
            return
        renderer.open_group(__name__, gid=self.get_gid())
        boxes: tuple[list[Bbox], list[Bbox]] = ([], [])
        self._draw_ticks(renderer, first, self.get_major_locator(), self.get_major_formatter(), boxes)
        self._draw_ticks(renderer, second, self.get_minor_locator(), self.get_minor_formatter(), boxes)
        if self.has_texts:
            self._place_texts(boxes)
            self.label.draw(renderer)
            self.offsetText.set_text(self.get_major_formatter().get_offset())
            self.offsetText.draw(renderer)
        renderer.close_group(__name__)
        self.stale = False

    def _draw_ticks(
        self,
        renderer: Any,
        tick: Tick,
        locator: Locator,
        formatter: Formatter,
        boxes: tuple[list[Bbox], list[Bbox]],
    ) -> None:
        """Draw marks and labels of one tick wherever its locator says, and add the boxes of the labels to `boxes`."""
        if isinstance(locator, NullLocator):
            return
        is_major = locator is self.get_major_locator()
        places = np.asarray(self.get_majorticklocs() if is_major else self.get_minorticklocs(), dtype=float)
        shown = np.flatnonzero(self._inside(places))
        if not len(shown):
            return
        texts = formatter.format_ticks(places.tolist()) if self.has_texts else []
        places, texts = places[shown], [texts[place] for place in shown] if texts else []
        for line, end in ((tick.tick1line, 0.0), (tick.tick2line, 1.0)):
            if self.has_marks and line.get_visible():
                line.set_data(*self._points(places, end))
                line.draw(renderer)
                line.set_data(*self._points(places[:1], end))  # matplotlib can go on with one
        for label, kept in zip((tick.label1, tick.label2), boxes, strict=True):
            if texts and label.get_visible():
                kept.extend(self._draw_labels(renderer, label, places, texts))

    def _inside(self, places: Floats) -> npt.NDArray[np.bool_]:
        """Which places lie in the range of the axis."""
        ends = self.get_transform().transform(np.asarray(self.get_view_interval(), dtype=float))
        drawn = self.get_transform().transform(places)
        margin = _CLOSE * np.ptp(ends)
        inside: npt.NDArray[np.bool_] = (drawn >= ends.min() - margin) & (drawn <= ends.max() + margin)
        return inside

    def _draw_labels(self, renderer: Any, label: Text, places: Floats, texts: Sequence[str]) -> list[Bbox]:
        boxes = []
        measured = set()
        for place, text in zip(places.tolist(), texts, strict=True):
            if text:
                label.set_text(text)
                (label.set_y if self._along else label.set_x)(place)
                label.draw(renderer)
                size = text.translate(_ANY_DIGIT)
                if size not in measured:  # only how far they reach across the axis is asked for
                    measured.add(size)
                    boxes.append(label.get_window_extent(renderer))
        return boxes

    def _points(self, places: Floats, end: float) -> tuple[Floats, Floats]:
        """Coordinates x and y of ticks at one end of the frame."""
        ends = np.full(len(places), end)
        return (ends, places) if self._along else (places, ends)

    def _place_texts(self, boxes: tuple[list[Bbox], list[Bbox]]) -> None:
        """Put the title of the axis beyond its tick labels, and their common factor beyond the end of the frame."""
        side, pixel = self.get_label_position(), self.axes.figure.dpi / 72
        labels = boxes[side in ("top", "right")]
        box = Bbox.union([*labels, self.axes.bbox.padded(self.get_tick_padding() * pixel)])
        x, y = self.label.get_position()
        pad = self.labelpad * pixel
        edge = {"bottom": box.y0 - pad, "top": box.y1 + pad, "left": box.x0 - pad, "right": box.x1 + pad}[
            side
        ]
        self.label.set_position((edge, y) if self._along else (x, edge))
        x, y = self.offsetText.get_position()
        if self._along:
            y = self.axes.bbox.ymax + _OFFSET_PAD * pixel
        else:
            y = Bbox.union(boxes[0] or [self.axes.bbox]).y0 - _OFFSET_PAD * pixel
        self.offsetText.set_position((x, y))


class Key(Legend):
    """A legend that is drawn again and again: it is laid out anew when a text changes in more than its digits."""

    _layout: tuple[Any, ...] = ()

    def draw(self, renderer: Any) -> None:
        """Draw the legend, where it was if its texts are as wide as they were."""
        texts = self.get_texts()
        wide = [text.get_text().translate(_ANY_DIGIT) for text in texts]
        layout = (renderer, *self.axes.bbox.bounds, *wide)
        if layout != self._layout or not self.get_visible():
            super().draw(renderer)
            self._layout = layout
            return
        parts: list[Artist | None] = [self.get_frame(), *self.legend_handles, *texts]
        for part in parts:
            if part is not None:
                part.draw(renderer)
        self.stale = False


class _XTogether(_Together, XAxis):
    __name__ = "xaxis"


class _YTogether(_Together, YAxis):
    __name__ = "yaxis"
    _along = 1


class Panel(Axes):
    """Axes for figures with many ticks that are drawn often; everything but the speed is that of `Axes`."""

    def _init_axis(self) -> None:
        self.xaxis = _XTogether(self, clear=False)
        self.yaxis = _YTogether(self, clear=False)
        for side in ("bottom", "top"):
            self.spines[side].register_axis(self.xaxis)
        for side in ("left", "right"):
            self.spines[side].register_axis(self.yaxis)


def add_stairs(
    ax: Axes,
    values: npt.ArrayLike,
    edges: npt.ArrayLike,
    *,
    color: str,
    fill: bool = False,
    linewidth: float | None = None,
    **style: Any,
) -> StepPatch:
    """Draw counts as stairs, for panels whose ranges are set.

    `Axes.stairs` looks for the extent of the curve bin by bin, which takes longer than to draw it.

    Parameters
    ----------
    values, edges
        Shapes (n,) and (n + 1,).
    color
        Of the line, or of the area if `fill`.
    style
        More of what `matplotlib.patches.StepPatch` takes.
    """
    style["facecolor" if fill else "edgecolor"] = color
    width = 0 if fill and linewidth is None else linewidth
    patch = StepPatch(np.asarray(values), np.asarray(edges), fill=fill, linewidth=width, **style)
    ax.add_artist(patch)
    return patch
