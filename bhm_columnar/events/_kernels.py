"""Compiled loops over pulses and events: what the scanner found, into the columns of events."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .._jit import lean_njit, njit

__all__ = ["PulseArrays", "Recipe", "fill_events", "fill_pulses", "measure_pulses"]

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int16]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


#: samples of a pulse
N_SAMPLES: Final = 20


class Recipe(NamedTuple):
    """How columns are derived.

    Parameters
    ----------
    channels
        Channel by fibre and cable, shape (9, 4).
    charge_fc
        Charge of each ADC code in fC, shape (256,).
    sign
        Of the side.
    presamples, before, after
        See `derived.ChargeWindow`.
    """

    channels: Shorts
    charge_fc: Floats
    sign: int
    presamples: int
    before: int
    after: int


class PulseArrays(NamedTuple):
    """Columns of pulses, each of shape (n,) but for `samples`, (n, 20), and `code_offsets`, (n + 1,)."""

    fibre: Shorts
    cable: Shorts
    side: Shorts
    channel: Shorts
    n_codes: Shorts
    tdc: Shorts
    tdc2: Shorts
    peak: Shorts
    charge: Floats
    samples: Bytes
    code_offsets: Longs


@lean_njit
def _charge(samples: Bytes, row: int, k: int, charge_fc: Floats) -> float:
    """Charge of a sample; places that are not negative need no look at whether they count from the end."""
    charge: float = charge_fc[np.uintp(samples[np.uintp(row), np.uintp(k)])]
    return charge


@lean_njit
def _measure(samples: Bytes, row: int, recipe: Recipe) -> tuple[int, float]:
    """Measure peak and charge of a pulse; see `derived.measure_charge`."""
    r = np.uintp(row)
    charge_fc = recipe.charge_fc
    highest = samples[r, np.uintp(0)]
    for k in range(1, N_SAMPLES):  # a loop without branches, for the processor takes all samples at once
        highest = max(highest, samples[r, np.uintp(k)])
    top = 0
    while samples[r, np.uintp(top)] != highest:
        top += 1
    first = max(top - recipe.before, 0)
    last = min(top + recipe.after, N_SAMPLES - 1)
    quiet = min(recipe.presamples, first)
    pedestal = 0.0
    if quiet > 0:
        for k in range(quiet):
            pedestal += _charge(samples, row, k, charge_fc)
        pedestal /= quiet
    else:
        pedestal = _charge(samples, row, 0, charge_fc)
        for k in range(1, N_SAMPLES):
            pedestal = min(pedestal, _charge(samples, row, k, charge_fc))
    total = 0.0
    for k in range(first, last + 1):
        total += _charge(samples, row, k, charge_fc) - pedestal
    return highest, total


@njit
def measure_pulses(samples: Bytes, recipe: Recipe, peak: Shorts, charge: Floats) -> None:
    """Write peak and charge of each row of `samples`, shape (n, 20)."""
    for row in range(samples.shape[0]):
        peak[row], charge[row] = _measure(samples, row, recipe)


@njit
def fill_pulses(
    inputs: Shorts,
    samples: Bytes,
    code_offsets: Longs,
    codes: Bytes,
    recipe: Recipe,
    out: PulseArrays,
    start: int,
    first_code: int,
) -> None:
    """Copy and derive the columns of pulses.

    Parameters
    ----------
    inputs, samples
        Fibre and cable, and the samples, of each pulse, shapes (n, 2) and (n, 20).
    code_offsets, codes
        Pulse i has ``codes[code_offsets[i]:code_offsets[i + 1]]``.
    out
        Filled from row `start` on.
    first_code
        How many codes the pulses before `start` have.
    """
    for n in range(inputs.shape[0]):
        i = np.uintp(n)
        row = np.uintp(start + n)
        fibre, cable = inputs[i, np.uintp(0)], inputs[i, np.uintp(1)]
        out.fibre[row] = fibre
        out.cable[row] = cable
        out.side[row] = recipe.sign
        out.channel[row] = recipe.channels[np.uintp(fibre), np.uintp(cable)]
        for k in range(N_SAMPLES):
            out.samples[row, np.uintp(k)] = samples[i, np.uintp(k)]
        peak, charge = _measure(samples, n, recipe)
        out.peak[row] = peak
        out.charge[row] = charge
        begin = code_offsets[i]
        end = code_offsets[np.uintp(n + 1)]
        out.n_codes[row] = end - begin
        out.tdc[row] = codes[np.uintp(begin)] if end > begin else -1
        out.tdc2[row] = codes[np.uintp(begin + 1)] if end > begin + 1 else -1
        out.code_offsets[np.uintp(start + n + 1)] = first_code + end


@njit
def fill_events(
    headers: Longs,
    pulse_offsets: Longs,
    event: Longs,
    bx: Shorts,
    orbit: Longs,
    run: npt.NDArray[np.int32],
    offsets: Longs,
    first_pulse: int,
) -> tuple[bool, np.int64, np.int64]:
    """Split headers (event, BX, orbit, run; shape (n, 4)) into columns; `offsets`, shape (n + 1,), count from `first_pulse`.

    Returns
    -------
    whether they are all of one run, and the smallest and largest orbit
    """
    low, high = np.int64(2**63 - 1), np.int64(0)
    others = 0
    for i in range(event.size):
        event[i] = headers[i, 0]
        bx[i] = headers[i, 1]
        orbit[i] = headers[i, 2]
        run[i] = headers[i, 3]
        offsets[i + 1] = first_pulse + pulse_offsets[i + 1]
        low = min(low, headers[i, 2])
        high = max(high, headers[i, 2])
        others += headers[i, 3] != headers[0, 3]
    return others == 0, low, high
