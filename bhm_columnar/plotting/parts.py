"""Parts of the results that figures are drawn of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, Channel, Side
from ..errors import SelectionError
from ..histograms.axes import run_axis
from ..histograms.counts import Histogram, make_counts, pick, pick_side
from .results import Results

__all__ = ["aligned", "cp_box_of", "only_region", "part_of", "pick_runs", "plane_of"]


def part_of(results: Results, channel: Channel) -> dict[str, Any]:
    """Counts and cuts of one channel, as figures of channels take them."""
    return {
        "h": pick(results.histograms["adc_tdc"], channel=channel),
        "channel": channel,
        "tdc_peak": results.calibration.tdc_peak[channel.index],
        "adc_cut": results.calibration.adc_cut[channel.index],
        "tdc_window": results.cuts.tdc_window,
        "fit": None if results.calibration.fits is None else results.calibration.fits[channel.index],
    }


def plane_of(results: Results, of: Side | Channel) -> Histogram:
    """TDC-ADC map of a channel, or of those channels of a side that are looked at."""
    h = results.histograms["adc_tdc"]
    if isinstance(of, Channel):
        return pick(h, channel=of)
    chosen = results.view.channels
    if chosen is None:
        return pick_side(h, of)
    plane = pick(h, channel=0).copy()
    units = [one.index for one in CHANNELS if one.side == of and one.index in chosen]
    plane.view()[...] = h.values()[units].sum(axis=0)
    return plane


def cp_box_of(results: Results) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Box of the collision products, if it is the same for all channels."""
    cuts = results.cuts
    return (cuts.cp_tdc, cuts.cp_adc) if cuts.cp_centre == "fixed" else None


def pick_runs(results: Results, name: str) -> Histogram:
    """Histogram with a run axis, of the runs that are looked at.

    Raises
    ------
    SelectionError
        If the results do not hold one of the runs, or no such histogram.
    """
    if name not in results.histograms:
        raise SelectionError(f"there is no histogram {name} in these results", hint="run `bhm analyse` again")
    h = results.histograms[name]
    if results.view.runs is None:
        return h
    known = list(h.axes["run"])
    for run in results.view.runs:
        if run not in known:
            runs = ", ".join(map(str, known))
            raise SelectionError(f"there is no run {run} in these results", hint=f"runs are {runs}")
    part = make_counts(*(run_axis(results.view.runs) if axis.name == "run" else axis for axis in h.axes))
    place = h.axes.name.index("run")
    part.view()[...] = h.view().take([known.index(run) for run in results.view.runs], axis=place)
    return part


def only_region(results: Results) -> str:
    """Region of a figure that shows one.

    Raises
    ------
    SelectionError
        If several are asked for.
    """
    regions = results.view.regions or ("SR",)
    if len(regions) > 1:
        raise SelectionError(f"this figure shows one region, not {', '.join(regions)}", hint="give one")
    return regions[0]


def aligned(results: Results, side: Side) -> tuple[npt.NDArray[np.uint8], int]:
    """Bunch class of each slot, and the BX at which the board counts slot 0.

    Raises
    ------
    SelectionError
        If they are not known.
    """
    pattern = results.pattern
    offset = pattern.offset(side.name) if pattern else None
    if pattern is None or pattern.classes is None or offset is None:
        found = pattern.alignment.get(side.name) if pattern else None
        why = f": {found.reason}" if found else ""
        raise SelectionError(
            f"the BX of {side.name} are not aligned with LHC slots{why}",
            hint="give the scheme with `bhm analyse --filling`",
        )
    return pattern.classes, offset
