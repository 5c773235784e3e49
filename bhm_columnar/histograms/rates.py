"""Rates: counts divided by the time in which they were taken, with Poisson intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from ..detector.channels import CHANNELS
from ..detector.lhc import LUMISECTION_S
from ..errors import SelectionError
from .counts import Histogram, pick
from .exposure import Exposure

__all__ = [
    "ONE_SIGMA",
    "UNITS",
    "Rate",
    "count_pulses",
    "make_rate",
    "normalise",
    "poisson_interval",
    "total_rate",
]

Floats = npt.NDArray[np.float64]
#: probability within one standard deviation
ONE_SIGMA: Final = 0.682689492137
#: units of rates: what one of them is divided by, in seconds, 1/ub or protons
UNITS: Final = {
    "Hz": ("time", 1.0),
    "/min": ("time", 60.0),
    "/h": ("time", 3600.0),
    "/LS": ("time", LUMISECTION_S),
    "/nb": ("luminosity", 1e3),
    "Hz/1e11p": ("intensity", 1e11),
}


def poisson_interval(counts: npt.ArrayLike, *, level: float = ONE_SIGMA) -> tuple[Floats, Floats]:
    """Central confidence interval of the mean of a Poisson distribution (F. Garwood, Biometrika 28 (1936) 437).

    Parameters
    ----------
    counts
        Shape (n,).
    level
        Probability content.

    Returns
    -------
    lower and upper ends, shape (n,); no counts give 0 to 1.84
    """
    n = np.asarray(counts, dtype=np.float64)
    tail = (1 - level) / 2
    # half of a chi-square quantile; scipy.stats has it too, and takes a second to import
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1), tail), 0.0)
    return low, gammaincinv(n + 1, 1 - tail)


@dataclass(frozen=True)
class Rate:
    """Rates of n bins with their one-sigma Poisson intervals; nan where there was nothing to divide by.

    Parameters
    ----------
    counts
        Pulses, shape (n,).
    exposure
        What they were divided by: seconds, 1/ub, or seconds times protons, in units of `unit`.
    value, low, high
        Rate and the ends of its interval, shape (n,).
    """

    unit: str
    counts: Floats
    exposure: Floats
    value: Floats
    low: Floats
    high: Floats

    @property
    def errors(self) -> Floats:
        """Lengths of the error bars downwards and upwards, shape (2, n)."""
        return np.stack([self.value - self.low, self.high - self.value])


def make_rate(counts: npt.ArrayLike, exposure: npt.ArrayLike, unit: str = "Hz") -> Rate:
    """Divide counts by what they were taken in.

    Parameters
    ----------
    counts, exposure
        Shape (n,); bins without exposure get no rate.
    """
    n = np.asarray(counts, dtype=np.float64)
    of = np.asarray(exposure, dtype=np.float64)
    low, high = poisson_interval(n)
    is_live = of > 0
    divided = [np.divide(value, of, out=np.full(n.shape, np.nan), where=is_live) for value in (n, low, high)]
    return Rate(unit, n, of, *divided)


def normalise(exposure: Exposure, side: str, unit: str) -> Floats:
    """What the counts of a side are divided by to get a rate in this unit, shape (n,); nan where it is missing.

    Raises
    ------
    SelectionError
        If there is no such unit, or what it needs is not known.
    """
    if unit not in UNITS:
        raise SelectionError(f"no unit is called {unit!r}", hint=f"units are {', '.join(UNITS)}")
    kind, size = UNITS[unit]
    if side not in exposure.live:
        raise SelectionError(
            f"no live time of {side} is known",
            hint=f"there is that of {', '.join(exposure.live) or 'no side'}",
        )
    if kind == "time":
        return exposure.live[side] / size
    if kind == "luminosity":
        if not exposure.has_luminosity:
            raise SelectionError(
                "no luminosity is known of the time bins",
                hint="give it with `bhm analyse --conditions --lumi`",
            )
        return exposure.delivered_live[side] / size
    if side not in exposure.intensity:
        raise SelectionError(
            "no beam intensity is known", hint="give `bhm analyse --filling` a scheme with intensities"
        )
    return exposure.live[side] * exposure.intensity[side] / size


def count_pulses(h: Histogram, *, side: str, region: str, channels: Sequence[int] | None = None) -> Floats:
    """Count pulses of a region in each time bin.

    Parameters
    ----------
    h
        Counts with axes ``side``, ``region``, ``channel`` and ``time``.
    channels
        Indices of the units to add up; all of the side if `None`.
    """
    chosen = [unit.index for unit in CHANNELS if unit.side.name == side]
    if channels is not None:
        chosen = [index for index in chosen if index in set(channels)]
    counts: Floats = pick(h, side=side, region=region).values()[chosen].sum(axis=0).astype(np.float64)
    return counts


def total_rate(counts: npt.ArrayLike, exposure: npt.ArrayLike, unit: str = "Hz") -> Rate:
    """Mean rate over several bins, as a `Rate` of one: bins whose exposure is missing (nan) do not enter."""
    n = np.asarray(counts, dtype=np.float64)
    of = np.asarray(exposure, dtype=np.float64)
    is_known = np.isfinite(of)
    return make_rate([n[is_known].sum()], [of[is_known].sum()], unit)
