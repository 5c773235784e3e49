"""Compiled loop over pulses for the derived columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._jit import njit

__all__ = ["find_first_codes", "measure_pulses"]


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
        highest = samples[row, 0]
        for k in range(1, n_samples):  # a loop without branches, for the processor takes all samples at once
            highest = max(highest, samples[row, k])
        top = 0
        while samples[row, top] != highest:
            top += 1
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
        peak[row] = highest
        charge[row] = total


@njit
def find_first_codes(
    offsets: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint8],
    n_codes: npt.NDArray[np.int16],
    first: npt.NDArray[np.int16],
    second: npt.NDArray[np.int16],
) -> None:
    """Write how many codes each pulse has, and its first two, or -1; pulse i has ``codes[offsets[i]:offsets[i + 1]]``."""
    for row in range(n_codes.size):
        start = offsets[row]
        n = offsets[row + 1] - start
        n_codes[row] = n
        first[row] = codes[start] if n > 0 else -1
        second[row] = codes[start + 1] if n > 1 else -1
