"""Compiled loop over pulses for the derived columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._jit import njit

__all__ = ["measure_pulses"]


@njit
def measure_pulses(
    samples: npt.NDArray[np.uint8],
    charge_fc: npt.NDArray[np.float32],
    presamples: int,
    before: int,
    after: int,
    peak: npt.NDArray[np.int16],
    charge: npt.NDArray[np.float32],
) -> None:
    """Write peak and charge of each row of `samples`, shape (n, 20); see `derived.measure_charge`."""
    n_samples = samples.shape[1]
    for row in range(samples.shape[0]):
        top = 0
        for k in range(1, n_samples):
            if samples[row, k] > samples[row, top]:
                top = k
        first = max(top - before, 0)
        last = min(top + after, n_samples - 1)
        quiet = min(presamples, first)
        pedestal = 0.0
        if quiet > 0:
            for k in range(quiet):
                pedestal += charge_fc[samples[row, k]]
            pedestal /= quiet
        else:
            pedestal = charge_fc[samples[row, 0]]
            for k in range(1, n_samples):
                pedestal = min(pedestal, charge_fc[samples[row, k]])
        total = 0.0
        for k in range(first, last + 1):
            total += charge_fc[samples[row, k]] - pedestal
        peak[row] = samples[row, top]
        charge[row] = total
