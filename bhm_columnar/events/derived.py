"""Columns that follow from the dump's own: channel, first TDC codes, peak and charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import SIDES, Side, channel_lookup
from ..detector.qie import ADC_CHARGE_FC, N_SAMPLES
from ._kernels import PulseArrays, Recipe, fill_pulses, measure_pulses
from .columns import PULSE_COLUMNS

__all__ = [
    "DEFAULT_WINDOW",
    "ChargeWindow",
    "derive_columns",
    "make_pulses",
    "make_recipe",
    "measure_charge",
    "name_pulses",
]


@dataclass(frozen=True)
class ChargeWindow:
    """Which samples make the pedestal and which the pulse.

    Where in the 20 samples the trigger sits is not documented, so the pulse is looked for: its window lies around the
    largest sample.

    Parameters
    ----------
    presamples
        Samples at the start of the record that make the pedestal.
    before, after
        Samples before and after the largest one that belong to the pulse.
    """

    presamples: int = 3
    before: int = 1
    after: int = 3


DEFAULT_WINDOW: Final = ChargeWindow()


def measure_charge(
    samples: npt.NDArray[np.uint8], window: ChargeWindow = DEFAULT_WINDOW
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
    r"""Measure how high and how large each pulse is.

    With :math:`q_i` the nominal charge of sample `i`, and `m` the first sample with the largest code,

    .. math::

        Q = \sum_{i=m-\mathrm{before}}^{m+\mathrm{after}} (q_i - p), \qquad
        p = \frac{1}{n} \sum_{i<n} q_i, \quad n = \min(\mathrm{presamples}, m-\mathrm{before}).

    The sum is cut at the ends of the record. A pulse so early that it has no pre-samples (n < 1) takes its smallest
    sample as pedestal.

    Parameters
    ----------
    samples
        ADC codes, shape (n, 20).

    Returns
    -------
    peak
        Largest ADC code, shape (n,).
    charge
        Charge above pedestal in fC, shape (n,), from the nominal table of `detector.qie`.
    """
    peak = np.empty(len(samples), dtype=np.int16)
    charge = np.empty(len(samples), dtype=np.float32)
    measure_pulses(samples, make_recipe(SIDES[0], window), peak, charge)
    return peak, charge


def make_recipe(side: Side, window: ChargeWindow = DEFAULT_WINDOW) -> Recipe:
    """Collect what the compiled loops must know to derive the columns of a side."""
    channels = channel_lookup()[SIDES.index(side)]
    return Recipe(channels, ADC_CHARGE_FC, side.sign, window.presamples, window.before, window.after)


def make_pulses(n: int) -> PulseArrays:
    """Make room for the columns of n pulses."""
    shorts = [np.empty(n, dtype=np.int16) for _ in range(8)]
    offsets = np.zeros(n + 1, dtype=np.int64)
    samples = np.empty((n, N_SAMPLES), dtype=np.uint8)
    return PulseArrays._make([*shorts, np.empty(n, dtype=np.float32), samples, offsets])


def derive_columns(
    fibre: npt.NDArray[np.int16],
    cable: npt.NDArray[np.int16],
    samples: npt.NDArray[np.uint8],
    code_offsets: npt.NDArray[np.int64],
    codes: npt.NDArray[np.uint8],
    side: Side,
) -> dict[str, npt.NDArray[np.generic]]:
    """Compute every derived pulse column of `events.columns`.

    Parameters
    ----------
    fibre, cable
        Inputs of the board, shape (n,).
    samples
        ADC codes, shape (n, 20).
    code_offsets, codes
        TDC codes of pulse i are ``codes[code_offsets[i]:code_offsets[i + 1]]``.
    side
        The end whose board wrote the dump.

    Returns
    -------
    arrays of shape (n,) by column name
    """
    pulses = make_pulses(len(fibre))
    inputs = np.stack([fibre, cable], axis=1)
    fill_pulses(inputs, samples, code_offsets, codes, make_recipe(side), pulses, 0, 0)
    return {name: column for name, column in name_pulses(pulses).items() if name not in ("fibre", "cable")}


def name_pulses(pulses: PulseArrays) -> dict[str, npt.NDArray[np.generic]]:
    """Name the columns of pulses as `events.columns` does; samples and codes, which are lists, are left out."""
    attributes = {"nTdc": "n_codes"}
    return {
        column.name: getattr(pulses, attributes.get(column.name, column.name)) for column in PULSE_COLUMNS
    }
