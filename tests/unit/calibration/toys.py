"""Counts with known peaks, without the simulation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bhm_columnar.calibration import peak_model as shapes
from bhm_columnar.detector.channels import N_CHANNELS
from bhm_columnar.detector.qie import N_ADC
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import Histogram, make_counts


def expected_plane(
    halo: float,
    background: float,
    *,
    tdc: float = 6.3,
    width: float = 0.7,
    charge: float = 11_500.0,
    spread: float = 0.15,
    slope: float = 1_600.0,
) -> npt.NDArray[np.float64]:
    """Expected pulses of a channel, shape (50, 256): halo, and background above 800 fC that is flat in time."""
    edges = shapes.CHARGE_EDGES_FC[1:]
    times = np.diff(shapes.normal_cdf(np.arange(51) - 0.5, tdc, width))
    peak = shapes.per_code(shapes.log_normal_cdf(edges, charge, spread), 1)
    under = shapes.per_code(shapes.exponential_cdf(np.maximum(edges, 800.0), 800.0, slope), 1)
    return halo * np.outer(times, peak) + background / 50 * np.outer(np.ones(50), under)


def draw_plane(seed: int, halo: float, background: float, **shape: float) -> npt.NDArray[np.int64]:
    """Poisson counts of `expected_plane`."""
    return np.random.default_rng(seed).poisson(expected_plane(halo, background, **shape))


def fill_planes(planes: dict[int, npt.NDArray[np.int64]]) -> Histogram:
    """Histogram with these counts in some channels, and nothing in the others."""
    h = make_counts(channel_axis(), tdc_axis(), adc_axis())
    values = np.zeros((N_CHANNELS, 50, N_ADC), dtype=np.int64)
    for channel, plane in planes.items():
        values[channel] = plane
    h[...] = values
    return h
