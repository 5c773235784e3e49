"""Columns that follow from the dump's own: channel, first TDC codes, peak and charge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import Side, channel_indices
from ..detector.qie import ADC_CHARGE_FC
from ._kernels import find_first_codes, measure_pulses

__all__ = ["DEFAULT_WINDOW", "ChargeWindow", "derive_columns", "measure_charge"]


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
    measure_pulses(samples, ADC_CHARGE_FC, window.presamples, window.before, window.after, peak, charge)
    return peak, charge


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
    n_codes, first, second = (np.empty(len(fibre), dtype=np.int16) for _ in range(3))
    find_first_codes(code_offsets, codes, n_codes, first, second)
    peak, charge = measure_charge(samples)
    return {
        "side": np.full(len(fibre), side.sign, dtype=np.int16),
        "channel": channel_indices(fibre, cable, side),
        "nTdc": n_codes,
        "tdc": first,
        "tdc2": second,
        "peak": peak,
        "charge": charge,
    }
