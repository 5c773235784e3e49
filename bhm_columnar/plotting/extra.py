"""Figures that are drawn when they are asked for, and are not in the standard set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from matplotlib.axes import Axes

from ..detector.channels import Channel, Side
from ..errors import SelectionError
from ..histograms.counts import Histogram, pick
from .azimuth import plot_azimuth
from .channels import plot_tdc_adc
from .classes import plot_class_occupancy
from .lego import plot_tdc_adc_lego
from .parts import aligned, cp_box_of, only_region, plane_of
from .regions import find_train, plot_occupancy
from .results import Results
from .shapes import plot_pulse_shape, plot_pulse_shapes
from .standard import ChannelPlot

__all__ = ["EXTRA_FIGURES", "EXTRA_PER_CHANNEL", "EXTRA_PER_SIDE", "EXTRA_WHOLE", "PER_PLANE"]


def _train(results: Results, side: Side) -> Axes:
    h = pick(results.histograms["occupancy"], side=side.name)
    return plot_occupancy(
        h, regions=results.view.regions or ("BR", "CP", "SR"), zoom=results.view.bx or find_train(h)
    )


def _class_occupancy(results: Results, side: Side) -> Axes:
    classes, offset = aligned(results, side)
    h = pick(results.histograms["occupancy"], side=side.name)
    regions = results.view.regions or ("SR", "CP", "AR")
    return plot_class_occupancy(h, classes=classes, offset=offset, regions=regions)


def _azimuth(results: Results) -> Axes:
    return plot_azimuth(
        results.histograms["channels"],
        region=only_region(results),
        sides=results.sides,
        orientation=results.view.orientation,
    )


def _shapes(results: Results) -> Histogram:
    if "shapes" not in results.histograms:
        raise SelectionError(
            "there are no pulse shapes in these results",
            hint="fill them, `bhm fill -p shapes OUT/events -o DIR`, and give --also DIR",
        )
    return results.histograms["shapes"]


def _pulse_shapes(results: Results, side: Side) -> Axes:
    return plot_pulse_shapes(_shapes(results), side=side)


def _pulse_shape(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_pulse_shape(pick(_shapes(results), channel=channel), channel=channel, ax=ax)


def _map(results: Results, of: Side | Channel) -> Axes:
    return plot_tdc_adc(plane_of(results, of), cp_box=cp_box_of(results))


def _lego(results: Results, of: Side | Channel) -> Axes:
    return plot_tdc_adc_lego(plane_of(results, of))


#: figures of a side, or of one channel
PER_PLANE: Final[dict[str, Callable[[Results, Side | Channel], Axes]]] = {"tdc_adc": _map, "lego": _lego}
EXTRA_PER_SIDE: Final[dict[str, Callable[[Results, Side], Axes]]] = {
    "train": _train,
    "class_occupancy": _class_occupancy,
    "pulse_shapes": _pulse_shapes,
    "lego": _lego,
}
EXTRA_PER_CHANNEL: Final[dict[str, ChannelPlot]] = {"pulse_shape": _pulse_shape}
EXTRA_WHOLE: Final[dict[str, Callable[[Results], Axes]]] = {"azimuth": _azimuth}

#: what each of them shows, by its name
EXTRA_FIGURES: Final = {
    "train": "pulses per BX around the train with most beam halo; one per side",
    "class_occupancy": "pulses per slot of each bunch class, by region; one per side",
    "azimuth": "beam-halo pulses of each unit around the beam, at both ends",
    "lego": "map of TDC and peak ADC as bars in three dimensions; one per side, or of a channel",
    "pulse_shapes": "mean charge of the twenty samples of each channel; one per side",
    "pulse_shape": "mean charge of the twenty samples with a band of 68%; one page per channel",
}
