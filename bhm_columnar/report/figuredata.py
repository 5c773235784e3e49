"""The numbers behind a figure, as a table with uncertainties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, SIDES, Channel, Side
from ..errors import SelectionError
from ..histograms.axes import REGION_MEANINGS, REGIONS
from ..histograms.counts import pick
from ..histograms.rates import count_pulses, make_rate, poisson_interval
from ..plotting.results import Results
from ..plotting.stability import mode_and_spread

__all__ = ["EXPORTABLE", "FigureData", "Series", "figure_data"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One dependent quantity: n values with the ends of their one-sigma intervals; nan where there is none.

    Parameters
    ----------
    about
        What it is of, by qualifier, such as ``{"Region": "SR"}``.
    """

    name: str
    unit: str
    about: dict[str, str]
    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class FigureData:
    """What a figure shows.

    Parameters
    ----------
    axis, unit
        The independent quantity.
    bins
        Its n bins as pairs of edges, or names.
    """

    title: str
    description: str
    axis: str
    unit: str
    bins: tuple[tuple[float, float] | str, ...]
    series: tuple[Series, ...]


def figure_data(results: Results, figure: str, of: str) -> FigureData:
    """Tabulate what a figure shows.

    Parameters
    ----------
    figure
        One of `EXPORTABLE`.
    of
        A side, a region (for ``rates``), or a channel (for ``adc`` and ``tdc``), as `bhm plot --of` takes it.

    Raises
    ------
    SelectionError
        If there is no such figure or part.
    """
    if figure not in _TABLES:
        raise SelectionError(
            f"the numbers of {figure!r} cannot be exported", hint=f"choose {', '.join(EXPORTABLE)}"
        )
    return _TABLES[figure](results, of)


def _find_side(of: str) -> Side:
    for side in SIDES:
        if of in (side.name, side.directory):
            return side
    raise SelectionError(f"{of!r} is no side", hint="give plusZ or minusZ")


def _find_channel(of: str) -> Channel:
    for channel in CHANNELS:
        if of == channel.name:
            return channel
    raise SelectionError(f"{of!r} is no channel", hint="give one of PN01..PF10, MN01..MF10")


def _count(name: str, about: dict[str, str], counts: npt.ArrayLike) -> Series:
    value = np.asarray(counts, dtype=np.float64)
    return Series(name, "", about, value, *poisson_interval(value))


def _edges(edges: npt.ArrayLike) -> tuple[tuple[float, float], ...]:
    values = np.asarray(edges, dtype=np.float64).tolist()
    return tuple(pairwise(values))


def _by_region(name: str, axis: str, unit: str, title: str) -> Callable[[Results, str], FigureData]:
    def table(results: Results, of: str) -> FigureData:
        side = _find_side(of)
        h = pick(results.histograms[name], side=side.name)
        series = [
            _count(
                "Pulses", {"Region": f"{region}: {REGION_MEANINGS[region]}"}, pick(h, region=region).values()
            )
            for region in REGIONS
        ]
        edges = h.axes[axis].edges
        label = str(h.axes[axis].label).split(" [")[0]
        return FigureData(
            f"{title} {side.directory}", f"{title} by region.", label, unit, _edges(edges), tuple(series)
        )

    return table


def _channel_events(results: Results, of: str) -> FigureData:
    side = _find_side(of)
    h = pick(results.histograms["channels"], side=side.name)
    units = [channel for channel in CHANNELS if channel.side == side]
    rows = [channel.index for channel in units]
    series = tuple(
        _count(
            "Pulses",
            {"Region": f"{region}: {REGION_MEANINGS[region]}"},
            pick(h, region=region).values()[rows],
        )
        for region in REGIONS
    )
    names = tuple(channel.name for channel in units)
    return FigureData(
        f"Pulses by channel {side.directory}", "Pulses of each unit by region.", "Channel", "", names, series
    )


def _spectrum(axis: str) -> Callable[[Results, str], FigureData]:
    def table(results: Results, of: str) -> FigureData:
        channel = _find_channel(of)
        plane = pick(results.histograms["adc_tdc"], channel=channel).values()
        peak, cut = results.calibration.tdc_peak[channel.index], results.calibration.adc_cut[channel.index]
        window = results.cuts.tdc_window
        if axis == "adc":
            counts = plane[max(0, peak - window) : peak + window + 1].sum(axis=0)
            what, label = f"|TDC - {peak}| <= {window}", "Peak ADC"
        else:
            counts, what, label = plane[:, cut:].sum(axis=1), f"peak ADC >= {cut}", "TDC"
        edges = results.histograms["adc_tdc"].axes[axis].edges
        unit = "ADC code" if axis == "adc" else "0.5 ns"
        return FigureData(
            f"{label} of {channel.name}",
            f"Clean pulses of {channel.name} with {what}.",
            label,
            unit,
            _edges(edges),
            (_count("Pulses", {"Selection": what}, counts),),
        )

    return table


def _tdc_stability(results: Results, of: str) -> FigureData:
    side = _find_side(of)
    h = results.histograms["stability"].project("channel", "tdc")
    codes = np.asarray(h.axes["tdc"].centers, dtype=np.float64)
    units = [channel for channel in CHANNELS if channel.side == side]
    mode, spread = np.array([mode_and_spread(h.values()[unit.index], codes) for unit in units]).T
    series = Series("Most probable TDC", "0.5 ns", {}, mode, mode - spread, mode + spread)
    return FigureData(
        f"Halo time by channel {side.directory}",
        "Most probable TDC code of halo-peak pulses; the interval is their standard deviation.",
        "Channel",
        "",
        tuple(unit.name for unit in units),
        (series,),
    )


def _rates(results: Results, of: str) -> FigureData:
    if of not in REGIONS:
        raise SelectionError(f"{of!r} is no region", hint=f"give one of {', '.join(REGIONS)}")
    exposure = results.exposure
    if exposure is None:
        raise SelectionError("there are no rates in these results", hint="run `bhm analyse` again")
    series = []
    for side in results.sides:
        counts = count_pulses(results.histograms["rates"], side=side.name, region=of)
        rate = make_rate(counts, exposure.live[side.name])
        series.append(Series("Rate", "Hz", {"Side": side.name}, rate.value, rate.low, rate.high))
    start = "1970-01-01 00:00:00 UTC" if exposure.is_absolute else "the first orbit"
    return FigureData(
        f"Rate of {of} along time",
        f"Pulses of {of} ({REGION_MEANINGS[of]}) divided by live time; time since {start}.",
        "Time",
        "s",
        _edges(exposure.edges + (exposure.origin or 0.0)),
        tuple(series),
    )


_TABLES: Final[dict[str, Callable[[Results, str], FigureData]]] = {
    "occupancy": _by_region("occupancy", "bx", "BX", "Occupancy of bunch crossings"),
    "charge": _by_region("charge", "charge", "fC", "Charge spectrum"),
    "channel_events": _channel_events,
    "adc": _spectrum("adc"),
    "tdc": _spectrum("tdc"),
    "tdc_stability": _tdc_stability,
    "rates": _rates,
}
#: figures whose numbers can be exported
EXPORTABLE: Final = tuple(_TABLES)
