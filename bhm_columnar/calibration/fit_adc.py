"""Fit the halo peak of a channel along ADC, and the background under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from . import peak_model as shapes
from .fit_tdc import AROUND
from .minimise import Minimum, Parameter, deviance, goodness, minimise, no_peak, propagate, too_few
from .peaks import AdcFit, TdcFit, number_fields

__all__ = ["AdcPeak", "fit_adc"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

#: TDC codes on each side of the fullest one that are the halo time
_HALO_TIME: Final = 1
#: fitted TDC widths on each side that hold no background for sure, where they are more than `AROUND`
_WIDTHS_AROUND: Final = 4.0
#: ADC codes of the fit: 2 pC, well above the trigger threshold, up to the last code below saturation
_FIRST: Final = 100
_LAST: Final = 254
#: the background's slope is uncertain by a factor e around this charge in fC until pulses say better
_SLOPE_FC: Final = 2_000.0
_LOG_SLOPE_ERROR: Final = 1.0
#: range of the halo's median charge and of its logarithmic width
_SPREADS: Final = (0.02, 0.8)
#: ADC codes that are added up to see where the halo is
_SMOOTHED: Final = 7

_LOG_CHARGE, _SPREAD, _YIELD, _BACKGROUND, _LOG_SLOPE = range(5)
_PLACES: Final = slice(shapes.bin_place(_FIRST), shapes.bin_place(_LAST) + 1)
#: charges in fC between which the codes of the fit lie
_EDGES: Final = shapes.CHARGE_EDGES_FC[_PLACES.start : _PLACES.stop + 1]
_CODES: Final = shapes.USED_CODES[_PLACES]


@dataclass(frozen=True)
class AdcPeak:
    """The ADC fit of a channel, and the minimum that its numbers are from if there is one to trust."""

    fit: AdcFit
    minimum: Minimum | None = None

    def background_above(self, adc_cut: int, n_times: int) -> tuple[float, float]:
        """Expected background at or above an ADC cut within some TDC codes near the halo, with its error."""
        if self.minimum is None:
            raise ValueError(self.fit.flag)
        place = min(int(np.searchsorted(shapes.USED_CODES, adc_cut)), len(shapes.USED_CODES) - 1)
        charge = shapes.CHARGE_EDGES_FC[place]
        part = n_times / (self.fit.across[1] - self.fit.across[0] + 1)

        def count(values: Floats) -> float:
            above = np.exp(-(charge - _EDGES[0]) / np.exp(values[_LOG_SLOPE]))
            return float(part * values[_BACKGROUND] * above)

        return propagate(count, self.minimum)

    def separation(self) -> tuple[float, float]:
        """Distance of halo and background in ADC codes over their widths, with its error; see `ChannelFit`.

        It means nothing where there is no background.
        """
        if self.minimum is None:
            raise ValueError(self.fit.flag)

        def distance(values: Floats) -> float:
            halo = shapes.shape_moments(np.diff(_halo(*values[:2])), _CODES)
            under = shapes.shape_moments(np.diff(_under(values[_LOG_SLOPE])), _CODES)
            return (halo[0] - under[0]) / float(np.hypot(halo[1], under[1]))

        return propagate(distance, self.minimum)


def _halo(log_charge: float, spread: float) -> Floats:
    """Part of the halo below each edge."""
    return shapes.log_normal_cdf(_EDGES, float(np.exp(log_charge)), spread)


def _under(log_slope: float) -> Floats:
    """Part of the background above 2 pC below each edge."""
    return shapes.exponential_cdf(_EDGES, float(_EDGES[0]), float(np.exp(log_slope)))


def _model(log_charge: float, spread: float, n_halo: float, background: float, log_slope: float) -> Floats:
    """Pulses below each edge at the halo time."""
    return n_halo * _halo(log_charge, spread) + background * _under(log_slope)


def fit_adc(plane: Longs, seed: int, tdc: TdcFit) -> AdcPeak:
    """Fit the charges of halo at the halo time, and those of the background there and beside it.

    Parameters
    ----------
    plane
        Counts of one channel, shape (50, 256).
    seed
        TDC code that the halo peak is near.
    tdc
        Its window says what is beside the halo time.
    """
    times = np.arange(len(plane))
    at_halo = np.abs(times - seed) <= _HALO_TIME
    around = max(AROUND, int(np.ceil(_WIDTHS_AROUND * (tdc.width or 0.0))))
    beside = (np.abs(times - seed) > around) & (times >= tdc.codes[0]) & (times <= tdc.codes[1])
    spectra = shapes.count_by_charge(np.stack([plane[at_halo].sum(axis=0), plane[beside].sum(axis=0)]))
    observed, aside = spectra[:, _PLACES]
    near = times[at_halo]
    blank = AdcFit(int(observed.sum()), (_FIRST, _LAST), (int(near[0]), int(near[-1])))
    if flag := too_few(blank.pulses):
        return AdcPeak(replace(blank, flag=flag))
    ratio = float(np.count_nonzero(beside) / np.count_nonzero(at_halo))

    def expect(values: Sequence[float]) -> tuple[Floats, Floats]:
        *_, background, log_slope = values
        return np.diff(_model(*values)), np.diff(ratio * background * _under(log_slope))

    def cost(*values: float) -> float:
        at_peak, beside_it = expect(values)
        pull = (values[_LOG_SLOPE] - np.log(_SLOPE_FC)) / _LOG_SLOPE_ERROR
        return float(deviance(observed, at_peak) + deviance(aside, beside_it) + pull**2)

    parameters = _start(observed, float(aside.sum()) / ratio)
    minimum = minimise(cost, parameters, {"background slope": "background"})
    if flag := minimum.flag or no_peak(minimum):
        return AdcPeak(replace(blank, flag=flag))
    chi2, ndf, flag = goodness((observed, aside), expect(minimum.values.tolist()), len(parameters))
    return AdcPeak(replace(blank, **_numbers(minimum), chi2=round(chi2, 3), ndf=ndf, flag=flag), minimum)


def _start(observed: Longs, background: float) -> tuple[Parameter, ...]:
    """Start at the fullest codes, counted per logarithm of charge so that the steps of the scale do not show."""
    log_edges = np.log(_EDGES)
    density = np.convolve(observed / np.diff(log_edges), np.ones(_SMOOTHED), mode="same")
    top = int(np.argmax(density))
    total = float(observed.sum())
    most = 2.0 * total + 10.0
    return (
        Parameter(
            "logarithm of the charge", float(log_edges[top : top + 2].mean()), log_edges[0], log_edges[-1]
        ),
        Parameter("logarithmic width", 0.15, *_SPREADS),
        Parameter("yield", max(1.0, total - background), 0.0, most, may_vanish=True),
        Parameter("background", max(1.0, min(background, total)), 0.0, most, may_vanish=True),
        Parameter("background slope", float(np.log(_SLOPE_FC)), np.log(100.0), np.log(100_000.0)),
    )


def _numbers(minimum: Minimum) -> dict[str, Any]:
    """Charges and codes from the parameters."""
    log_charge, spread, n_halo, background, log_slope = zip(minimum.values, minimum.errors, strict=True)

    def position(values: Floats) -> float:
        return float(shapes.adc_position(np.exp(values[_LOG_CHARGE])))

    def width(values: Floats) -> float:
        low, high = shapes.adc_position(np.exp(values[_LOG_CHARGE] + values[_SPREAD] * np.array([-1.0, 1.0])))
        return float(high - low) / 2

    charge, slope = (float(np.exp(value)) for value, _ in (log_charge, log_slope))
    # the slope of no background means nothing
    slopes = {"slope": (slope, slope * log_slope[1])} if background[0] > 0 else {}
    return number_fields(
        position=propagate(position, minimum),
        width=propagate(width, minimum),
        yield_=n_halo,
        background=background,
        charge=(charge, charge * log_charge[1]),
        spread=spread,
        **slopes,
    )
