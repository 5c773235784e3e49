"""What the map of rate against luminosity is made of: its bins, its profile, and what is said of the fit."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..histograms.exposure import Exposure
from ..histograms.linefit import LineFit
from ..histograms.rates import make_rate
from .style import ink

__all__ = ["RATE_NAMES", "describe_fit", "draw_profile", "instant_luminosity", "map_edges", "with_error"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

#: how titles of rates call the regions
RATE_NAMES: Final = {"SR": "Beam halo", "BR": "All other", "CP": "Collision product", "AR": "Activation"}
#: columns and rows of the map of rate and luminosity, as far as whole counts allow
_MAP_BINS: Final = 24
#: Hz/ub in 10^34 / (cm^2 s), and from where on that unit is used
_LARGE_UNIT, _LARGE = 1e4, 1e3


def instant_luminosity(exposure: Exposure, starts: Longs) -> tuple[Floats, str, float]:
    """Instantaneous luminosity of each group, nan where it is missing; its unit, and that unit in Hz/ub."""
    known = np.isfinite(exposure.luminosity)
    delivered = np.add.reduceat(np.where(known, exposure.luminosity * exposure.widths, 0.0), starts)
    seconds = np.add.reduceat(np.where(known, exposure.widths, 0.0), starts)
    rate = np.divide(delivered, seconds, out=np.full(len(starts), np.nan), where=seconds > 0)
    if np.nanmax(rate, initial=0.0) >= _LARGE:
        return rate / _LARGE_UNIT, "$10^{34}$ cm$^{-2}$ s$^{-1}$", _LARGE_UNIT
    return rate, "Hz/$\\mu$b", 1.0


def map_edges(x: Floats, counts: Floats, live: Floats) -> tuple[Floats, Floats]:
    """Edges of the map; rows are whole numbers of pulses in the typical live time, so that none is empty by rounding."""
    low, high = x.min(), x.max()
    low = low if 2 * low > high > low else min(0.0, low)
    margin = 0.05 * (high - low) or 1.0
    across = np.linspace(low - margin, high + margin, _MAP_BINS + 1)
    typical = float(np.median(live))
    least, most = (counts / live).min() * typical, (counts / live).max() * typical
    bottom = np.floor(least) if 2 * least > most else 0.0
    step = np.ceil((most - bottom + 1) / _MAP_BINS)
    rows = np.ceil((most - bottom + 1) / step) + 1
    return across, (bottom - 0.5 + step * np.arange(max(rows, 3) + 1)) / typical


def draw_profile(ax: Axes, across: Floats, x: Floats, counts: Floats, live: Floats) -> tuple[float, float]:
    """Draw rate of each column, and return how far the error bars reach."""
    sums = [np.histogram(x, across, weights=weights)[0] for weights in (counts, live, live * x)]
    filled = sums[1] > 0
    seen, seconds, moments = (values[filled] for values in sums)
    rate = make_rate(seen, seconds)
    ax.errorbar(
        moments / seconds, rate.value, yerr=rate.errors, fmt="o", color=ink(), markersize=7, label="Profile"
    )
    return float(rate.low.min()), float(rate.high.max())


def describe_fit(fit: LineFit, size: float, unit: str) -> list[str]:
    """Lines that say what was fitted, in the units of the axes."""
    return [
        f"Slope {with_error(fit.slope * size, fit.slope_error * size)} Hz / ({unit})",
        f"Intercept {with_error(fit.intercept, fit.intercept_error)} Hz",
        f"$\\chi^2$/ndf = {fit.chi2:.1f}/{fit.ndf}, p {_describe_p(fit.p_value)}",
    ]


def with_error(value: float, error: float) -> str:
    """Write a value and its error to two digits of the error."""
    digits = max(0, 1 - int(np.floor(np.log10(error)))) if error > 0 else 3
    return f"{value:.{digits}f} ± {error:.{digits}f}".replace("-", "−")


def _describe_p(value: float) -> str:
    if value < 1e-9:
        return "< $10^{-9}$"
    return f"= {value:.2f}" if value >= 0.01 else f"= {value:.1e}"
