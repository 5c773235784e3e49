"""Extended binned likelihood fits by Minuit, and what can be said of them in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, xlogy

__all__ = [
    "MIN_PULSES",
    "Minimum",
    "Parameter",
    "deviance",
    "goodness",
    "minimise",
    "no_peak",
    "propagate",
    "too_few",
]

Floats = npt.NDArray[np.float64]

#: fewest pulses that a fit is made of
MIN_PULSES: Final = 20
#: how many standard deviations the yield must be above zero
_MIN_SIGNIFICANCE: Final = 3.0
_YIELD: Final = 2
#: expectations below this are this, so that they have a logarithm
_TINY: Final = 1e-100
#: expected pulses in each bin of the goodness of fit
_MERGED: Final = 5.0
#: a curve is wrong if so many pulses lie elsewhere than it says and chance would hardly do that
_MISPLACED: Final = 0.05
_P_VALUE: Final = 1e-6
#: part of its range within which a parameter counts as at the end of it
_AT_LIMIT: Final = 1e-3


@dataclass(frozen=True)
class Parameter:
    """A parameter of a fit: its name in words, where it starts, and the range it may move in.

    Parameters
    ----------
    may_vanish
        Whether it may lie at the lower end of its range; it is then set to that, and its error to one.
    """

    name: str
    start: float
    low: float
    high: float
    may_vanish: bool = False


@dataclass(frozen=True)
class Minimum:
    """Where a fit ended: values and covariance of the p parameters, and why it is not to be trusted."""

    values: Floats
    covariance: Floats
    flag: str = ""

    @property
    def errors(self) -> Floats:
        """Standard deviations of the parameters, shape (p,)."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


def deviance(observed: npt.NDArray[np.int64], expected: Floats) -> float:
    r"""Twice the negative logarithm of an extended binned Poisson likelihood, less that of a perfect model.

    .. math:: 2 \sum_i \mu_i - n_i + n_i \ln(n_i / \mu_i)

    The same as the cost function ``ExtendedBinnedNLL`` of iminuit, which would take longer to compile than to use.

    Parameters
    ----------
    observed, expected
        Counts n and expectations mu, shape (n,).
    """
    mu = np.maximum(expected, _TINY)
    return 2.0 * float(np.sum(mu - observed + xlogy(observed, observed / mu)))


def minimise(
    cost: Callable[..., float], parameters: Sequence[Parameter], linked: Mapping[str, str]
) -> Minimum:
    """Find the minimum of a cost function, with Hesse's covariance.

    Parameters
    ----------
    cost
        Rises by one where a parameter is off by its error, as `deviance` does.
    parameters
        By position, as the cost function takes them.
    linked
        Parameters that mean nothing without another one, and are held where that vanishes, both by name.
    """
    from iminuit import Minuit  # noqa: PLC0415

    minuit = Minuit(cost, *(one.start for one in parameters), name=[one.name for one in parameters])
    for one in parameters:
        minuit.limits[one.name] = (one.low, one.high)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.strategy = 0
    minuit.migrad()
    gone = [one.name for one in parameters if one.may_vanish and minuit.values[one.name] < one.low + 0.5]
    for name in gone:
        minuit.values[name] = next(one.low for one in parameters if one.name == name)
        for held in (name, *(other for other, needs in linked.items() if needs == name)):
            minuit.fixed[held] = True
    is_free = not all(minuit.fixed)
    if gone and is_free:
        minuit.migrad()
    if is_free:
        minuit.hesse()
        if not minuit.valid:  # only Hesse sees that the minimum is not yet near enough
            minuit.strategy = 1
            minuit.migrad()
            minuit.hesse()
    values = np.array(minuit.values)
    flag = _distrust(minuit, parameters) if is_free else ""
    covariance = np.zeros((len(values), len(values)))
    if is_free and minuit.covariance is not None:
        covariance = np.array(minuit.covariance)
    elif is_free:
        flag = flag or "no covariance"
    for name in gone:  # nothing seen is uncertain by one pulse
        place = [one.name for one in parameters].index(name)
        covariance[place, place] = 1.0
    return Minimum(values, covariance, flag)


def _distrust(minuit: Any, parameters: Sequence[Parameter]) -> str:
    """Why the minimum is not to be trusted; empty if it is."""
    for one in parameters:
        margin = _AT_LIMIT * (one.high - one.low)
        value = minuit.values[one.name]
        if minuit.fixed[one.name]:
            continue
        if value > one.high - margin or (value < one.low + margin and not one.may_vanish):
            return f"{one.name} at the end of its range ({value:.3g})"
    if not minuit.valid:
        return "the fit did not converge"
    return ""


def too_few(total: int) -> str:
    """Say so if there are too few pulses for a fit."""
    if total >= MIN_PULSES:
        return ""
    return f"only {total} pulse{'s' if total > 1 else ''}" if total else "no pulses"


def no_peak(minimum: Minimum) -> str:
    """Say so if the yield, the third parameter, could as well be none."""
    height, error = minimum.values[_YIELD], minimum.errors[_YIELD]
    if height < _MIN_SIGNIFICANCE * error:
        return f"no peak above the background ({height:.0f} +- {error:.0f} pulses)"
    return ""


def goodness(
    observed: Sequence[npt.NDArray[np.int64]], expected: Sequence[Floats], n_free: int
) -> tuple[float, int, str]:
    """Compare counts with fitted curves.

    Parameters
    ----------
    observed, expected
        Of each histogram that was fitted, shape (n,).
    n_free
        Number of fitted parameters.

    Returns
    -------
    chi2
        Pearson's, of bins merged from the left until five pulses are expected in each.
    ndf
        Merged bins less parameters; 0 if there are not more of them.
    flag
        Says so if more than 5 % of the pulses lie elsewhere than the curves say, at a probability below 1e-6. With very
        many pulses any model fails chi2 alone: nominal charges are rounded to three digits.
    """
    merged = [_merge(n, mu) for n, mu in zip(observed, expected, strict=True)]
    n, mu = (np.concatenate(part) for part in zip(*merged, strict=True))
    chi2 = float(np.sum((n - mu) ** 2 / mu))
    ndf = max(0, len(mu) - n_free)
    misplaced = 0.5 * float(np.abs(n - mu).sum()) / max(1.0, float(n.sum()))
    if ndf > 0 and misplaced > _MISPLACED and chdtrc(ndf, chi2) < _P_VALUE:
        return chi2, ndf, f"the curve misplaces {misplaced:.0%} of the pulses (chi2/ndf = {chi2:.0f}/{ndf})"
    return chi2, ndf, ""


def _merge(observed: npt.NDArray[np.int64], expected: Floats) -> tuple[Floats, Floats]:
    """Merge bins from the left until enough is expected in each; the last one takes what is left over."""
    group = np.floor(np.cumsum(expected) / _MERGED).astype(np.int64)
    _, group = np.unique(np.clip(group, 0, max(0, group[-1] - 1)), return_inverse=True)
    n, mu = (np.bincount(group, part).astype(np.float64) for part in (observed, expected))
    return n[mu > 0], mu[mu > 0]


def propagate(function: Callable[[Floats], float], minimum: Minimum) -> tuple[float, float]:
    """Value and error of a function of the fitted parameters, by its derivatives and their covariance."""
    steps = 0.01 * np.sqrt(np.diag(minimum.covariance))
    gradient = np.zeros(len(steps))
    for k in np.flatnonzero(steps):
        shift = np.zeros(len(steps))
        shift[k] = steps[k]
        gradient[k] = (function(minimum.values + shift) - function(minimum.values - shift)) / (2 * steps[k])
    variance = float(gradient @ minimum.covariance @ gradient)
    return function(minimum.values), max(0.0, variance) ** 0.5
