"""Graphs of the fitted halo peaks, for ROOT."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..detector.channels import CHANNELS, SIDES
from ..histograms.graphs import Graph
from .peaks import PeakFit, PeakFits

__all__ = ["graph_fits"]


def graph_fits(fits: PeakFits) -> Mapping[str, Graph]:
    """Make graphs of the fitted position of each channel, named as in ``plusZ/tdc_fit_graph``.

    Channels stand at 1..20, in the order of `CHANNELS`; those without a fit are left out, flagged ones are not. The interval is
    one standard deviation to both sides.
    """
    graphs = {}
    for side in SIDES:
        units = [channel for channel in CHANNELS if channel.side == side]
        of_axis: dict[str, tuple[str, list[PeakFit]]] = {
            "tdc": ("TDC code [0.5 ns]", [fits[unit.index].tdc for unit in units]),
            "adc": ("Peak ADC code", [fits[unit.index].adc for unit in units]),
        }
        for name, (title, peaks) in of_axis.items():
            position, error = np.array([_numbers(peak) for peak in peaks]).T
            graphs[f"{side.directory}/{name}_fit_graph"] = Graph(
                f"Fitted {name.upper()} of the halo peak, {side.title}",
                "Channel (1 to 20)",
                title,
                np.arange(1.0, len(units) + 1),
                position,
                position - error,
                position + error,
            )
    return graphs


def _numbers(peak: PeakFit) -> tuple[float, float]:
    if peak.position is None or peak.position_error is None:
        return np.nan, np.nan
    return peak.position, peak.position_error
