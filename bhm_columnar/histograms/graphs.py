"""Graphs for ROOT: points with the ends of their intervals, such as rates along time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import uproot

from ..detector.channels import SIDES
from .axes import REGIONS
from .counts import Histogram
from .exposure import Exposure
from .rates import count_pulses, make_rate

__all__ = ["Graph", "graph_rates"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """n points with intervals along y.

    Parameters
    ----------
    x, y, low, high
        Points and the ends of the one-sigma interval of `y`, shape (n,); points that are no number are left out.
    """

    title: str
    x_title: str
    y_title: str
    x: Floats
    y: Floats
    low: Floats
    high: Floats

    def for_root(self) -> Iterator[tuple[str, Any]]:
        """Make what uproot writes, with the ending of its name: the points, and the two ends as graphs of their own.

        uproot 5.7 writes TGraph but not TGraphAsymmErrors; three lines of ROOT put the three together.
        """
        known = np.isfinite(self.x) & np.isfinite(self.y)
        for ending, values in (("", self.y), ("_low", self.low), ("_high", self.high)):
            if known.any():
                yield (
                    ending,
                    uproot.as_TGraph(
                        {"x": self.x[known], "y": values[known]},
                        title=self.title,
                        xAxisLabel=self.x_title,
                        yAxisLabel=self.y_title,
                        markerStyle=20,
                    ),
                )


def graph_rates(rates: Histogram, exposure: Exposure) -> Mapping[str, Graph]:
    """Make a graph of the rate along time of each side and region, named as in ``plusZ/SR/rate_graph``.

    Parameters
    ----------
    rates
        Counts with axes ``side``, ``region``, ``channel`` and ``time``.
    exposure
        The time bins; the graphs' times are their middles, in seconds since 1970 UTC if that is known.
    """
    middle = (exposure.edges[:-1] + exposure.edges[1:]) / 2 + (exposure.origin or 0.0)
    x_title = "Seconds since 1970 (UTC)" if exposure.is_absolute else "Seconds since the first orbit"
    graphs = {}
    for side in (one for one in SIDES if one.name in exposure.live):
        for region in REGIONS:
            counts = count_pulses(rates, side=side.name, region=region)
            rate = make_rate(counts, exposure.live[side.name])
            graphs[f"{side.directory}/{region}/rate_graph"] = Graph(
                f"{region} rate, {side.title}", x_title, "Rate [Hz]", middle, rate.value, rate.low, rate.high
            )
    return graphs
