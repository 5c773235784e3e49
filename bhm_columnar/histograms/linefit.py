"""A line through rates against luminosity: how much of a rate comes from collisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

__all__ = ["LineFit", "fit_line"]

Floats = npt.NDArray[np.float64]
_ROUNDS: Final = 3
_FEWEST_BINS: Final = 3
#: luminosities whose spread is smaller than this part of the largest count as equal
_SAME: Final = 1e-6
#: smallest expected counts of a bin, as a part of the mean over bins: a line may cross zero, a variance may not
_FLOOR: Final = 1e-2


@dataclass(frozen=True)
class LineFit:
    """Rate = intercept + slope * L, with errors that follow from the counts alone.

    Parameters
    ----------
    intercept, slope
        In Hz, and in Hz per Hz/ub.
    covariance
        Of (intercept, slope), shape (2, 2).
    chi2, ndf, p_value
        Pearson's chi-square with the counts that the fit expects, degrees of freedom, and probability of more.
    """

    intercept: float
    slope: float
    covariance: Floats
    chi2: float
    ndf: int
    p_value: float

    @property
    def intercept_error(self) -> float:
        """Standard deviation of the intercept in Hz."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def slope_error(self) -> float:
        """Standard deviation of the slope in Hz per Hz/ub."""
        return float(np.sqrt(self.covariance[1, 1]))

    def predict(self, luminosity_rate: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Rate on the line and its standard deviation in Hz, for luminosities of shape (n,) in Hz/ub."""
        x = np.asarray(luminosity_rate, dtype=np.float64)
        design = np.stack([np.ones_like(x), x])
        variance = np.einsum("in,ij,jn->n", design, self.covariance, design)
        return self.intercept + self.slope * x, np.sqrt(np.maximum(variance, 0.0))


def fit_line(counts: npt.ArrayLike, live_s: npt.ArrayLike, luminosity_rate: npt.ArrayLike) -> LineFit | None:
    """Fit rate = intercept + slope * L to counts of time bins, each Poisson with mean rate * live time.

    Errors of the bins are those of the counts that the line expects, found in three rounds from a constant rate;
    errors of the counts seen would pull the line towards bins that fluctuated down, and leave out empty ones.

    Parameters
    ----------
    counts, live_s, luminosity_rate
        Pulses, live seconds, and instantaneous luminosity in Hz/ub of each time bin, shape (n,). Bins without live
        time or without finite luminosity are left out.

    Returns
    -------
    the fit; `None` if fewer than 3 bins are left, if their luminosities are all equal (to 1e-6), or if they hold no
    pulse at all
    """
    n, live, luminosity = (
        np.asarray(values, dtype=np.float64) for values in (counts, live_s, luminosity_rate)
    )
    usable = (live > 0) & np.isfinite(luminosity)
    n, live, luminosity = n[usable], live[usable], luminosity[usable]
    if len(n) < _FEWEST_BINS or not n.any():
        return None
    scale = np.abs(luminosity).max()
    if np.ptp(luminosity) <= _SAME * scale:
        return None
    x = luminosity / scale  # both parameters of like size
    best = np.array([n.sum() / live.sum(), 0.0])
    for _ in range(_ROUNDS):
        sigma = np.sqrt(_expect(best, x, live, n.mean())) / live
        falling, of_falling = np.polyfit(x, n / live, 1, w=1 / sigma, cov="unscaled")
        best, covariance = falling[::-1], of_falling[::-1, ::-1]
    expected = _expect(best, x, live, n.mean())
    chi2 = float(((n - live * _line(x, *best)) ** 2 / expected).sum())
    ndf = len(n) - 2
    units = np.array([1.0, 1 / scale])
    return LineFit(
        intercept=float(best[0]),
        slope=float(best[1] / scale),
        covariance=covariance * np.outer(units, units),
        chi2=chi2,
        ndf=ndf,
        p_value=float(chdtrc(ndf, chi2)),
    )


def _line(x: Floats, intercept: float, slope: float) -> Floats:
    return intercept + slope * x


def _expect(parameters: Floats, x: Floats, live: Floats, mean: float) -> Floats:
    expected: Floats = np.maximum(live * _line(x, *parameters), _FLOOR * mean)
    return expected
