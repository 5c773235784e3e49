"""Tables of a page: what stands in a cell, and the number that it is sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..histograms.rates import poisson_interval

__all__ = ["Cell", "Table", "count", "empty", "number", "percent", "with_errors", "word", "write_counts"]

#: errors downwards and upwards whose difference is below this part of their sum are written as one
_ALIKE: Final = 0.03


@dataclass(frozen=True)
class Cell:
    """A cell.

    Parameters
    ----------
    text
        What is read.
    sort
        What it is sorted by, if that is not the text.
    href
        Place on the page that it leads to.
    kind
        ``num``, ``WARN``, ``BAD`` or nothing: how it looks.
    """

    text: str
    sort: float | None = None
    href: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose rows can be sorted; the first cell of a row is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.caption}: {len(row)} cells for {len(self.columns)} columns")


def word(text: object, *, href: str = "", kind: str = "") -> Cell:
    """Make a cell of words."""
    return Cell(str(text), None, href, kind)


def empty() -> Cell:
    """Make a cell for what is not known."""
    return Cell("–", None, "", "num")


def count(n: int | None) -> Cell:
    """Make a cell of a count."""
    return empty() if n is None else Cell(f"{n:,}", float(n), "", "num")


def number(value: float | None, form: str = ".4g", *, kind: str = "num") -> Cell:
    """Make a cell of a number; signs are true minus signs."""
    if value is None:
        return empty()
    text = format(value, form)
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")  # nothing is neither above nor below
    return Cell(text.replace("-", "−"), float(value), "", kind)


def percent(part: int, whole: int) -> Cell:
    """Make a cell of a part of a whole."""
    return empty() if whole == 0 else Cell(f"{100 * part / whole:.2f} %", part / whole, "", "num")


def with_errors(value: float, low: float, high: float) -> str:
    """Write a value and its interval to two figures of the smaller error: ``34.33 ± 0.41``, or ``3 −1.6 +2.9``."""
    errors = [value - low, high - value]
    smallest = min((error for error in errors if error > 0), default=0.0)
    places = max(0, 1 - int(np.floor(np.log10(smallest)))) if smallest > 0 else 0
    return _join(f"{value:,.{places}f}".replace("-", "−"), errors[0], errors[1], places)


def write_counts(n: int) -> str:
    """Write a count with its one-sigma Poisson interval; a count is whole, its errors are not."""
    low, high = (float(end[0]) for end in poisson_interval([n]))
    return _join(f"{n:,}", n - low, high - n, 0 if n - low >= 10 else 1)


def _join(text: str, down: float, up: float, places: int) -> str:
    """Join a value with its errors, which are one number where they hardly differ."""
    if abs(up - down) <= _ALIKE * (up + down):
        return f"{text} ± {(down + up) / 2:,.{places}f}"
    return f"{text} −{down:,.{places}f} +{up:,.{places}f}"
