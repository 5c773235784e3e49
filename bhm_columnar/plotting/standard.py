"""The standard figures: which plot of which part of the results each name stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..detector.channels import CHANNELS, Channel, Side
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick, pick_side
from ..histograms.exposure import Exposure, cut_time
from ..selection.bunch_rates import BunchRates
from .bunches import plot_bunch_occupancy, plot_bunch_rates
from .channels import plot_channel_events, plot_tdc_adc
from .peaks import AdcPeak, TdcPeak, plot_adc_peak, plot_tdc_peak
from .rates import plot_rate_luminosity, plot_rates
from .regions import plot_charge, plot_occupancy
from .results import Results
from .stability import plot_tdc_stability, plot_tdc_violins

__all__ = [
    "FIGURES",
    "PER_CHANNEL",
    "PER_REGION",
    "PER_SIDE",
    "PER_SIDE_AND_REGION",
    "RATE_REGIONS",
    "REDRAWN",
    "ChannelPlot",
    "is_known",
    "part_of",
]


def _occupancy(results: Results, side: Side) -> Axes:
    return plot_occupancy(pick(results.histograms["occupancy"], side=side.name))


def _charge(results: Results, side: Side) -> Axes:
    return plot_charge(pick(results.histograms["charge"], side=side.name))


def _tdc_adc(results: Results, side: Side) -> Axes:
    plane = pick_side(results.histograms["adc_tdc"], side)
    cuts = results.cuts
    return plot_tdc_adc(plane, cp_box=(cuts.cp_tdc, cuts.cp_adc) if cuts.cp_centre == "fixed" else None)


def _tdc_stability(results: Results, side: Side) -> Axes:
    return plot_tdc_stability(results.histograms["stability"], side=side)


def _tdc_violins(results: Results, side: Side) -> Axes:
    return plot_tdc_violins(results.histograms["stability"], side=side)


def _channel_events(results: Results, side: Side) -> Axes:
    return plot_channel_events(pick(results.histograms["channels"], side=side.name, region="SR"), side=side)


def _rates(results: Results, region: str) -> Axes:
    h, exposure = _part(results)
    return plot_rates(
        h,
        exposure,
        region=region,
        sides=[side.name for side in results.sides],
        channels=results.view.channels,
        unit=results.view.unit,
    )


def _rate_luminosity(results: Results, side: Side, region: str) -> Axes:
    h, exposure = _part(results)
    channels = results.view.channels
    if channels is not None and not any(CHANNELS[index].side == side for index in channels):
        raise SelectionError(
            f"none of the channels is on {side.name}", hint="choose its channels, or the other side"
        )
    return plot_rate_luminosity(h, exposure, side=side.name, region=region, channels=results.view.channels)


def _part(results: Results) -> tuple[Histogram, Exposure]:
    if results.exposure is None:
        raise SelectionError("there are no rates in these results", hint="run `bhm analyse` again")
    return cut_time(results.histograms["rates"], results.exposure, results.view.start, results.view.stop)


def _bunch_occupancy(results: Results, side: Side) -> Axes:
    classes, offset = _aligned(results, side)
    h = pick(results.histograms["occupancy"], side=side.name)
    return plot_bunch_occupancy(h, classes=classes, offset=offset)


def _bunch_rates(results: Results, side: Side, region: str) -> Axes:
    _aligned(results, side)
    live = 0.0 if results.exposure is None else results.exposure.total_live.get(side.name, 0.0)
    rates = results.pattern and results.pattern.rates(
        results.histograms["occupancy"], side.name, region, live
    )
    return plot_bunch_rates(cast(BunchRates, rates), side=side, region=region)


def _aligned(results: Results, side: Side) -> tuple[npt.NDArray[np.uint8], int]:
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


def _adc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_adc_peak(ax=ax, **part_of(results, channel))


def _tdc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_tdc_peak(ax=ax, **part_of(results, channel))


def part_of(results: Results, channel: Channel) -> dict[str, Any]:
    """Counts and cuts of one channel, as figures of channels take them."""
    return {
        "h": pick(results.histograms["adc_tdc"], channel=channel),
        "channel": channel,
        "tdc_peak": results.calibration.tdc_peak[channel.index],
        "adc_cut": results.calibration.adc_cut[channel.index],
        "tdc_window": results.cuts.tdc_window,
    }


ChannelPlot = Callable[[Results, Channel, Axes], Axes]
PER_SIDE: Final[dict[str, Callable[[Results, Side], Axes]]] = {
    "occupancy": _occupancy,
    "tdc_adc": _tdc_adc,
    "tdc_stability": _tdc_stability,
    "tdc_violins": _tdc_violins,
    "channel_events": _channel_events,
    "charge": _charge,
    "bunch_occupancy": _bunch_occupancy,
}
PER_REGION: Final[dict[str, Callable[[Results, str], Axes]]] = {"rates": _rates}
PER_SIDE_AND_REGION: Final[dict[str, Callable[[Results, Side, str], Axes]]] = {
    "rate_luminosity": _rate_luminosity,
    "bunch_rates": _bunch_rates,
}
#: regions that rates are drawn of, unless others are asked for
RATE_REGIONS: Final = ("SR", "CP")
PER_CHANNEL: Final[dict[str, ChannelPlot]] = {"adc": _adc_peak, "tdc": _tdc_peak}

#: those of `PER_CHANNEL` whose artists can show one channel after the other
REDRAWN: Final[dict[str, Callable[[Axes], AdcPeak | TdcPeak]]] = {"adc": AdcPeak, "tdc": TdcPeak}

#: what each figure shows, by its name
FIGURES: Final = {
    "occupancy": "pulses per BX, beam halo in front of all other; one per side",
    "tdc_adc": "map of TDC and peak ADC with the collision-product box; one per side",
    "tdc_stability": "most probable TDC and spread of each channel; one per side",
    "tdc_violins": "TDC distribution of each channel; one per side",
    "channel_events": "beam-halo pulses of each unit around the beam; one per side",
    "charge": "charge spectrum by region; one per side",
    "rates": "rate along time of both sides, with luminosity and beam status; one per region",
    "rate_luminosity": "rate against luminosity with a fitted line; one per side and region",
    "bunch_occupancy": "pulses per LHC slot with bunch classes and abort gap; one per side",
    "bunch_rates": "rate of each bunch by class; one per side and region",
    "adc": "peak ADC at the halo time with the ADC cut; one page per channel, by group PN, PF, MN, MF",
    "tdc": "TDC of large pulses with the halo window; one page per channel, by group PN, PF, MN, MF",
}


def is_known(results: Results, name: str, side: Side) -> bool:
    """Whether there is what a figure of a side needs."""
    if name == "rates":
        return results.exposure is not None
    if name == "rate_luminosity":
        return results.exposure is not None and results.exposure.has_luminosity
    if name in ("bunch_occupancy", "bunch_rates"):
        return results.pattern is not None and results.pattern.offset(side.name) is not None
    return True
