"""Make histograms of counts, and take parts of them."""

from __future__ import annotations

from typing import Any, TypeAlias

from hist import Hist
from hist.axis import IntCategory, StrCategory
from hist.storage import Int64

from ..detector.channels import Channel, Side

__all__ = ["Histogram", "make_counts", "pick", "pick_side", "sort_categories"]

Histogram: TypeAlias = Hist[Any]


def make_counts(*axes: Any) -> Histogram:
    """Make a histogram of whole pulses, which adds up exactly however the events are cut into chunks."""
    counts: Histogram = Hist(*axes, storage=Int64())
    return counts


def pick(h: Histogram, **where: str | int | Channel) -> Histogram:
    """Take one bin of some axes and keep the others whole.

    Parameters
    ----------
    where
        Axis name to category (``side="+Z"``, ``region="SR"``), or bin number.
    """
    part = h[{axis: value.index if isinstance(value, Channel) else value for axis, value in where.items()}]
    if isinstance(part, Hist):
        return part
    raise TypeError(f"nothing is left of {h.axes.name} after {where}")


def pick_side(h: Histogram, side: Side) -> Histogram:
    """Add up the channels of one side."""
    first = 0 if side.sign > 0 else h.axes["channel"].size // 2
    part: Histogram = h[{"channel": slice(first, first + h.axes["channel"].size // 2, sum)}]  # type: ignore[assignment]
    return part


def sort_categories(h: Histogram) -> Histogram:
    """Sort the bins of growing axes, which stand in the order in which chunks were merged."""
    for axis in h.axes:
        if isinstance(axis, IntCategory | StrCategory) and axis.traits.growth:
            h = h.sort(axis.name)
    return h
