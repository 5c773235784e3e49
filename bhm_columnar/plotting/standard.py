"""The standard figures: which plot of which part of the results each name stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from matplotlib.axes import Axes

from ..detector.channels import CHANNELS, Channel, Side
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from ..histograms.exposure import Exposure, cut_time
from ..selection.bunch_rates import BunchRates
from .azimuth import plot_channel_events
from .bunches import plot_bunch_occupancy, plot_bunch_rates
from .channels import plot_tdc_adc
from .cutflow import plot_cutflow
from .parts import aligned, cp_box_of, only_region, part_of, pick_runs, plane_of
from .peaks import AdcPeak, TdcPeak, plot_adc_peak, plot_tdc_peak
from .rates import plot_rate_luminosity, plot_rates
from .regions import plot_charge, plot_occupancy
from .results import Results
from .stability import plot_tdc_stability, plot_tdc_violins
from .trends import plot_tdc_runs

__all__ = [
    "FIGURES",
    "PER_CHANNEL",
    "PER_REGION",
    "PER_SIDE",
    "PER_SIDE_AND_REGION",
    "RATE_REGIONS",
    "REDRAWN",
    "WHOLE",
    "ChannelPlot",
    "aligned",
    "is_known",
    "part_of",
]


def _occupancy(results: Results, side: Side) -> Axes:
    h = pick(results.histograms["occupancy"], side=side.name)
    return plot_occupancy(h, regions=results.view.regions or ("BR", "SR"), zoom=results.view.bx)


def _charge(results: Results, side: Side) -> Axes:
    h = pick(results.histograms["charge"], side=side.name)
    return plot_charge(h, regions=results.view.regions or ("BR", "CP", "AR", "SR"))


def _tdc_adc(results: Results, side: Side) -> Axes:
    return plot_tdc_adc(plane_of(results, side), cp_box=cp_box_of(results))


def _tdc_stability(results: Results, side: Side) -> Axes:
    return plot_tdc_stability(pick_runs(results, "stability"), side=side, channels=results.view.channels)


def _tdc_violins(results: Results, side: Side) -> Axes:
    return plot_tdc_violins(pick_runs(results, "stability"), side=side, channels=results.view.channels)


def _tdc_runs(results: Results, side: Side) -> Axes:
    return plot_tdc_runs(pick_runs(results, "stability"), side=side, channels=results.view.channels)


def _channel_events(results: Results, side: Side) -> Axes:
    region = only_region(results)
    h = pick(results.histograms["channels"], side=side.name, region=region)
    return plot_channel_events(h, side=side, region=region, orientation=results.view.orientation)


def _cutflow(results: Results) -> Axes:
    view = results.view
    seen = {CHANNELS[index].side for index in view.channels or ()}
    halo = None
    if view.channels is None and view.runs is None:
        h = results.histograms["channels"]
        halo = {side.name: pick(h, side=side.name, region="SR").values().sum() for side in results.sides}
    return plot_cutflow(
        pick_runs(results, "quality"),
        halo=halo,
        sides=[side for side in results.sides if view.channels is None or side in seen],
        link_words=results.cuts.link_words,
        channels=view.channels,
    )


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
    classes, offset = aligned(results, side)
    h = pick(results.histograms["occupancy"], side=side.name)
    view = results.view
    return plot_bunch_occupancy(
        h, classes=classes, offset=offset, regions=view.regions or ("BR", "SR"), zoom=view.bx
    )


def _bunch_rates(results: Results, side: Side, region: str) -> Axes:
    aligned(results, side)
    live = 0.0 if results.exposure is None else results.exposure.total_live.get(side.name, 0.0)
    rates = results.pattern and results.pattern.rates(
        results.histograms["occupancy"], side.name, region, live
    )
    return plot_bunch_rates(cast(BunchRates, rates), side=side, region=region)


def _adc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_adc_peak(ax=ax, **part_of(results, channel))


def _tdc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_tdc_peak(ax=ax, **part_of(results, channel))


ChannelPlot = Callable[[Results, Channel, Axes], Axes]
PER_SIDE: Final[dict[str, Callable[[Results, Side], Axes]]] = {
    "occupancy": _occupancy,
    "tdc_adc": _tdc_adc,
    "tdc_stability": _tdc_stability,
    "tdc_violins": _tdc_violins,
    "channel_events": _channel_events,
    "charge": _charge,
    "tdc_runs": _tdc_runs,
    "bunch_occupancy": _bunch_occupancy,
}
WHOLE: Final[dict[str, Callable[[Results], Axes]]] = {"cutflow": _cutflow}
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

#: what each figure of the standard set shows, by its name
FIGURES: Final = {
    "occupancy": "pulses per BX, beam halo in front of all other; one per side",
    "tdc_adc": "map of TDC and peak ADC with the collision-product box; one per side",
    "tdc_stability": "most probable TDC and spread of each channel; one per side",
    "tdc_violins": "TDC distribution of each channel; one per side",
    "tdc_runs": "mean TDC of the halo peak in each run, of all channels and of each; one per side",
    "channel_events": "beam-halo pulses of each unit around the beam; one per side",
    "charge": "charge spectrum by region; one per side",
    "cutflow": "pulses that each step of the cleaning leaves; both sides",
    "rates": "rate along time of both sides, with luminosity and beam status; one per region",
    "rate_luminosity": "rate against luminosity with a fitted line; one per side and region",
    "bunch_occupancy": "pulses per LHC slot with bunch classes and abort gap; one per side",
    "bunch_rates": "rate of each bunch by class; one per side and region",
    "adc": "peak ADC at the halo time with the ADC cut; one page per channel, by group PN, PF, MN, MF",
    "tdc": "TDC of large pulses with the halo window; one page per channel, by group PN, PF, MN, MF",
}


def is_known(results: Results, name: str, side: Side) -> bool:
    """Whether there is what a figure of a side needs."""
    exposure, pattern = results.exposure, results.pattern
    needs = {
        "cutflow": "quality" in results.histograms,
        "tdc_runs": len(results.runs) > 1,
        "rates": exposure is not None,
        "rate_luminosity": exposure is not None and exposure.has_luminosity,
    }
    needs |= dict.fromkeys(("pulse_shape", "pulse_shapes"), "shapes" in results.histograms)
    is_aligned = pattern is not None and pattern.offset(side.name) is not None
    needs |= dict.fromkeys(("bunch_occupancy", "bunch_rates", "class_occupancy"), is_aligned)
    return needs.get(name, True)
