"""The shapes that peak fits use: pulses per TDC or ADC code of halo and of what lies under it.

A code stands for an interval, so the shapes are integrated over it. Along TDC the halo is a Gaussian, and code k holds
the times k - 0.5 .. k + 0.5. Along ADC the halo is log-normal in charge, and code k holds the charges between the
midpoints to its neighbours in the nominal table of `detector.qie`; so the steps of the pseudo-logarithmic scale, which
double within the halo peak, are in the model and not in its parameters.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ..detector.qie import ADC_CHARGE_FC, N_ADC, charge_to_adc

__all__ = [
    "CHARGE_EDGES_FC",
    "USED_CODES",
    "adc_position",
    "bin_place",
    "count_by_charge",
    "exponential_cdf",
    "log_normal_cdf",
    "normal_cdf",
    "per_code",
    "shape_moments",
]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

#: the code that a nominal QIE10 gives to the charge of each code: not itself where two ranges overlap, shape (256,)
_COUNTED_WITH: Final = charge_to_adc(ADC_CHARGE_FC).astype(np.int64)
#: codes in the order of charge, without those of the overlaps, shape (n,)
USED_CODES: Final[Longs] = np.unique(_COUNTED_WITH)
_CENTRES: Final = ADC_CHARGE_FC[USED_CODES].astype(np.float64)
_INNER: Final = (_CENTRES[1:] + _CENTRES[:-1]) / 2
#: charges in fC that divide `USED_CODES`, shape (n + 1,); the outermost two are as far out as their neighbours are in
CHARGE_EDGES_FC: Final[Floats] = np.concatenate(
    [[2 * _CENTRES[0] - _INNER[0]], _INNER, [2 * _CENTRES[-1] - _INNER[-1]]]
)
_PLACE: Final = np.searchsorted(USED_CODES, _COUNTED_WITH)


def bin_place(code: int) -> int:
    """Place in `USED_CODES` of an ADC code; codes of an overlap have that of the same charge below."""
    return int(_PLACE[code])


def count_by_charge(counts: npt.NDArray[np.int64]) -> Longs:
    """Sort counts per ADC code by charge, shape (..., 256) to (..., n); overlapping codes are added up."""
    by_charge = np.zeros((len(USED_CODES), *counts.shape[:-1]), dtype=np.int64)
    np.add.at(by_charge, _PLACE, np.moveaxis(counts, -1, 0))
    return np.moveaxis(by_charge, 0, -1)


def adc_position(charge: npt.ArrayLike) -> Floats:
    """Place of charges in fC on the scale of ADC codes, where code k reaches from k - 0.5 to k + 0.5; any shape."""
    charges = np.clip(np.asarray(charge, dtype=np.float64), CHARGE_EDGES_FC[0], CHARGE_EDGES_FC[-1])
    place = np.minimum(np.searchsorted(CHARGE_EDGES_FC, charges, side="right") - 1, len(USED_CODES) - 1)
    low, high = CHARGE_EDGES_FC[place], CHARGE_EDGES_FC[place + 1]
    position: Floats = USED_CODES[place] - 0.5 + (charges - low) / (high - low)
    return position


def normal_cdf(x: Floats, mean: float, width: float) -> Floats:
    """Part of a Gaussian below x."""
    below: Floats = ndtr((x - mean) / width)
    return below


def log_normal_cdf(charge: Floats, median: float, spread: float) -> Floats:
    """Part of charges below `charge` in fC, if their logarithm is Gaussian with width `spread`."""
    below: Floats = ndtr(np.log(charge / median) / spread)
    return below


def exponential_cdf(charge: Floats, start: float, scale: float) -> Floats:
    """Part of charges below `charge` in fC, if they fall off exponentially from `start` on."""
    below: Floats = -np.expm1(-(charge - start) / scale)
    return below


def per_code(cdf: Floats, first_place: int) -> Floats:
    """Spread what lies between charge edges over all ADC codes, shape (m + 1,) to (256,); 0 elsewhere."""
    expected = np.zeros(N_ADC)
    expected[USED_CODES[first_place : first_place + len(cdf) - 1]] = np.diff(cdf)
    return expected


def shape_moments(weights: Floats, codes: Longs) -> tuple[float, float]:
    """Mean and standard deviation of a shape in codes; 0 and 0 if there is nothing of it."""
    total = float(weights.sum())
    if total <= 0:
        return 0.0, 0.0
    mean = float(weights @ codes) / total
    return mean, float(np.sqrt(max(0.0, float(weights @ (codes - mean) ** 2) / total)))
