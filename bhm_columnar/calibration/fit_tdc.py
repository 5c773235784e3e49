"""Fit the halo peak of a channel along TDC."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.qie import N_ADC, TDC_CODES
from . import peak_model as shapes
from .minimise import Parameter, deviance, goodness, minimise, no_peak, too_few
from .peaks import TdcFit, number_fields

__all__ = ["AROUND", "fit_tdc"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

#: TDC codes on each side of the fullest one that may hold halo
AROUND: Final = 4
#: halo is looked for in the first half of the bunch crossing: collision products come 25 codes later
_SEEDS: Final = 25
#: TDC codes before and after the fullest one that are fitted
_BEFORE: Final = 10
_AFTER: Final = 15
#: smallest peak ADC of pulses, as in the interval method
_ADC_HALO: Final = 128


def fit_tdc(plane: Longs) -> tuple[TdcFit, int]:
    """TDC fit of one channel, counts of shape (50, 256), and the code that the halo peak is near."""
    counts = plane[:, _ADC_HALO:].sum(axis=1)
    seed = int(np.argmax(counts[:_SEEDS]))
    first, last = max(0, seed - _BEFORE), min(TDC_CODES.stop - 1, seed + _AFTER)
    observed = counts[first : last + 1]
    total, n_codes = int(observed.sum()), last - first + 1
    blank = TdcFit(total, (first, last), (_ADC_HALO, N_ADC - 1))
    if flag := too_few(total):
        return replace(blank, flag=flag), seed
    edges = np.arange(first, last + 2, dtype=np.float64) - 0.5
    away = np.abs(np.arange(first, last + 1) - seed) > AROUND
    flat = n_codes * float(observed[away].mean()) if away.any() else 0.0

    def model(x: Floats, position: float, width: float, n_halo: float, background: float) -> Floats:
        halo = n_halo * shapes.normal_cdf(x, position, width)
        pulses: Floats = halo + background * (x - edges[0]) / n_codes
        return pulses

    minimum = minimise(
        lambda *values: deviance(observed, np.diff(model(edges, *values))),
        (
            Parameter("position", seed + 0.01, seed - 3.0, seed + 3.0),
            Parameter("width", 0.7, 0.1, 6.0),
            Parameter("yield", max(1.0, total - flat), 0.0, 2.0 * total + 10, may_vanish=True),
            Parameter("background", max(1.0, flat), 0.0, 2.0 * total + 10, may_vanish=True),
        ),
        {"position": "yield", "width": "yield"},
    )
    if flag := minimum.flag or no_peak(minimum):
        return replace(blank, flag=flag), seed
    chi2, ndf, flag = goodness((observed,), (np.diff(model(edges, *minimum.values)),), 4)
    position, width, n_halo, background = zip(minimum.values, minimum.errors, strict=True)
    numbers = number_fields(position=position, width=width, yield_=n_halo, background=background)
    return replace(blank, **numbers, chi2=round(chi2, 3), ndf=ndf, flag=flag), seed
