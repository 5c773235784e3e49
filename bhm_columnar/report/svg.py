"""Small step plots as SVG, drawn from counts; colours come from the page, so that they follow its light or dark scheme."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from markupsafe import Markup, escape

__all__ = ["Curve", "Mark", "draw_steps", "ticks", "write_count"]

#: size of the drawing, and the frame within it: left, top, right, bottom
_WIDTH: Final = 440
_HEIGHT: Final = 280
_LEFT, _RIGHT, _BOTTOM = 58, 428, 238
#: height of one line of the legend, which stands above the frame and so never covers the data
_LINE: Final = 17
_HEADROOM: Final = 1.08
_N_TICKS: Final = 5


@dataclass(frozen=True)
class Curve:
    """Counts per bin, and how they are drawn.

    Parameters
    ----------
    values
        Shape (n,).
    label
        What the legend calls it.
    kind
        ``filled``, ``line`` or ``reference`` (dashed).
    """

    values: npt.NDArray[np.floating] | npt.NDArray[np.integer]
    label: str
    kind: str = "line"


@dataclass(frozen=True)
class Mark:
    """A vertical line at `low`, or a band from `low` to `high`."""

    low: float
    label: str
    high: float | None = None


def ticks(largest: float, n: int = _N_TICKS) -> list[float]:
    """Round numbers from 0 up to the largest value, at most n + 1 of them."""
    if largest <= 0:
        return [0.0]
    size = 10.0 ** np.floor(np.log10(largest / n))
    step = next(size * factor for factor in (1, 2, 5, 10) if largest / (size * factor) <= n)
    return [float(step * k) for k in range(int(largest / step + 1e-9) + 1)]


def draw_steps(
    curves: Sequence[Curve],
    edges: npt.NDArray[np.floating],
    *,
    title: str,
    x_title: str,
    y_title: str,
    marks: Sequence[Mark] = (),
    x_step: int = 10,
) -> Markup:
    """Draw histograms as steps, with a legend above the frame.

    Parameters
    ----------
    curves
        Of n bins each; where all are empty, "no data" is written.
    edges
        Shape (n + 1,).
    title
        What a screen reader says in place of the drawing.
    x_step
        Distance of the labelled ticks of the x axis.
    """
    top = 10 + _LINE * (len(curves) + len(marks))
    height = _HEIGHT - 44 + top
    bottom = _BOTTOM - 44 + top
    largest = max((float(curve.values.max(initial=0)) for curve in curves), default=0.0)
    scale = (bottom - top) / (_HEADROOM * largest if largest > 0 else 1.0)

    def x(value: float) -> float:
        inside = min(max(value, edges[0]), edges[-1])
        return _LEFT + float((inside - edges[0]) / (edges[-1] - edges[0])) * (_RIGHT - _LEFT)

    def y(value: float) -> float:
        return bottom - value * scale

    parts = [
        Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            _WIDTH, height, title
        ),
        *(_band(mark, x, top, bottom) for mark in marks if mark.high is not None),
        *(_steps(curve, [x(edge) for edge in edges], y, bottom) for curve in curves),
        *(_vertical(x(mark.low), top, bottom) for mark in marks if mark.high is None),
        _frame(top, bottom),
        *(_x_tick(value, x(value), bottom) for value in _labelled(edges, x_step)),
        *(_y_tick(value, y(value)) for value in (ticks(_HEADROOM * largest) if largest > 0 else [0.0])),
        _text((_LEFT + _RIGHT) / 2, height - 6, x_title, "middle"),
        _upright(14, (top + bottom) / 2, y_title),
        *_legend(curves, marks),
    ]
    if largest <= 0:
        parts.append(_text((_LEFT + _RIGHT) / 2, (top + bottom) / 2, "no data", "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def _labelled(edges: npt.NDArray[np.floating], step: int) -> list[float]:
    first = int(np.ceil(edges[0] / step)) * step
    return [float(value) for value in range(first, int(np.floor(edges[-1])) + 1, step)]


def _steps(curve: Curve, xs: list[float], y: Callable[[float], float], bottom: float) -> Markup:
    """One path along the tops of the bins; runs of equal bins are one stroke."""
    tops = [y(float(value)) for value in curve.values]
    path = [f"M{xs[0]:.1f} {bottom:.1f}"]
    last = bottom
    for left, level in zip(xs, tops, strict=False):
        if level != last:
            path.append(f"H{left:.1f}V{level:.1f}")
            last = level
    path.append(f"H{xs[-1]:.1f}V{bottom:.1f}")
    return Markup('<path class="{}" d="{}"/>').format(curve.kind, "".join(path))


def _band(mark: Mark, x: Callable[[float], float], top: float, bottom: float) -> Markup:
    left, right = x(mark.low), x(mark.low if mark.high is None else mark.high)
    return Markup('<rect class="band" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        left, top, right - left, bottom - top
    )


def _vertical(at: float, top: float, bottom: float) -> Markup:
    return Markup('<path class="cut" d="M{:.1f} {:.1f}V{:.1f}"/>').format(at, top, bottom)


def _frame(top: float, bottom: float) -> Markup:
    return Markup('<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>').format(
        _LEFT, top, _RIGHT - _LEFT, bottom - top
    )


def _x_tick(value: float, at: float, bottom: float) -> Markup:
    line = Markup('<path class="tick" d="M{:.1f} {:.1f}v-5"/>').format(at, bottom)
    return line + _text(at, bottom + 15, f"{value:g}", "middle")


def _y_tick(value: float, at: float) -> Markup:
    line = Markup('<path class="tick" d="M{} {:.1f}h5"/>').format(_LEFT, at)
    return line + _text(_LEFT - 5, at + 4, write_count(value), "end")


def write_count(value: float) -> str:
    """Write a count in at most five letters."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            divisor = 1e3 if letter == "k" else size
            return f"{value / divisor:.3g}{letter}"
    return f"{value:g}"


def _text(x: float, y: float, text: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, escape(text))


def _upright(x: float, y: float, text: str) -> Markup:
    return Markup(
        '<text transform="translate({:.1f} {:.1f}) rotate(-90)" text-anchor="middle">{}</text>'
    ).format(x, y, escape(text))


def _legend(curves: Sequence[Curve], marks: Sequence[Mark]) -> list[Markup]:
    """One line per curve and mark, above the frame."""
    lines = []
    entries = [(curve.kind, curve.label) for curve in curves]
    entries += [("band" if mark.high is not None else "cut", mark.label) for mark in marks]
    for row, (kind, label) in enumerate(entries):
        middle = 10 + _LINE * row
        sample = (
            Markup('<rect class="{}" x="{}" y="{}" width="26" height="9"/>').format(kind, _LEFT, middle - 5)
            if kind in ("filled", "band")
            else Markup('<path class="{}" d="M{} {}h26"/>').format(kind, _LEFT, middle)
        )
        lines.append(sample + _text(_LEFT + 34, middle + 4, label))
    return lines
