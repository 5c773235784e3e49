"""QIE phase delays: how to shift the halo peak of each channel to a wanted TDC code.

The register PhaseDelay has seven bits in steps of 0.5 ns. Its settings are 0..49 and 64..113; 50..63 do not exist, so a
step from 49 leads to 64. Counted without the gap they are 0..99, the linear settings of this module. One step more makes
the observed TDC one code smaller.

Sources: for the range and the gap, the HCAL phase scan (gk199/QIE_PhaseScan); for the sign, the BHM settings of 2022, which
went from 64 to 75 when the TDC peaks went from 18 to 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, N_CHANNELS, Side
from ..detector.qie import TDC_CODES
from ..errors import CalibrationError
from .model import Calibration

__all__ = [
    "LEGAL_PHASES",
    "N_QIE",
    "PhaseProposal",
    "find_shifts",
    "from_linear",
    "propose_phases",
    "shift_phases",
    "to_linear",
]

Longs = npt.NDArray[np.int64]

#: QIE chips on the card of each side, of which 20 read a unit
N_QIE: Final = 24
_GAP: Final = range(50, 64)
_END: Final = 114
#: settings of the register in order, shape (100,); the place of a setting is its linear setting
LEGAL_PHASES: Final[Longs] = np.array([phase for phase in range(_END) if phase not in _GAP])


def to_linear(phases: Longs) -> Longs:
    """Count settings without the gap, 0..49 and 64..113 to 0..99; any shape.

    Raises
    ------
    CalibrationError
        If a setting does not exist.
    """
    phases = np.asarray(phases)
    illegal = ~np.isin(phases, LEGAL_PHASES)
    if illegal.any():
        raise CalibrationError(
            f"phase {phases[illegal].flat[0]} does not exist", hint="phases are 0..49 and 64..113"
        )
    return np.where(phases < _GAP.start, phases, phases - len(_GAP))


def from_linear(linear: Longs) -> Longs:
    """Find the settings of the register, 0..99 to 0..49 and 64..113; any shape.

    Raises
    ------
    CalibrationError
        If a linear setting is out of range.
    """
    linear = np.asarray(linear)
    outside = (linear < 0) | (linear >= len(LEGAL_PHASES))
    if outside.any():
        raise CalibrationError(
            f"linear phase {linear[outside].flat[0]} is out of range", hint="0..99 are 50 ns"
        )
    return np.where(linear < _GAP.start, linear, linear + len(_GAP))


def shift_phases(phases: Longs, shifts: Longs) -> tuple[Longs, npt.NDArray[np.bool_]]:
    """Add steps to settings, over the gap; what would leave the range stays as it is.

    Parameters
    ----------
    phases
        Settings, any shape.
    shifts
        Steps of 0.5 ns, same shape; positive ones make the TDC smaller.

    Returns
    -------
    phases
        New settings, all of them legal.
    possible
        Whether the shift fits into the range.

    Raises
    ------
    CalibrationError
        If a setting does not exist.
    """
    old = to_linear(phases)
    new = old + np.asarray(shifts)
    possible = (new >= 0) & (new < len(LEGAL_PHASES))
    return from_linear(np.where(possible, new, old)), possible


def find_shifts(calibration: Calibration, target: int) -> tuple[Longs, dict[str, str]]:
    """Find by how many steps the phase of each channel must grow for its halo peak to move to a TDC code.

    The peak is the fitted one if the calibration has fits, else the TDC peak.

    Parameters
    ----------
    calibration
        Measured with the phases that are set.
    target
        TDC code where the halo peaks are wanted.

    Returns
    -------
    shifts
        Steps of 0.5 ns, shape (40,); 0 where no peak was measured.
    missing
        Why there is none, by name of the channel.

    Raises
    ------
    CalibrationError
        If the target is no TDC code that is a time.
    """
    if target not in TDC_CODES:
        raise CalibrationError(f"target {target} is no TDC code", hint=f"give 0..{TDC_CODES.stop - 1}")
    shifts = np.zeros(N_CHANNELS, dtype=np.int64)
    missing = {}
    for channel in CHANNELS:
        fit = None if calibration.fits is None else calibration.fits[channel.index].tdc
        position: float | None = calibration.tdc_peak[channel.index]
        reason = calibration.flags.get(channel.name, "")
        if fit is not None:
            position, reason = fit.position, fit.flag
        if reason or position is None:
            missing[channel.name] = reason
        else:
            shifts[channel.index] = round(position - target)
    return shifts, missing


@dataclass(frozen=True)
class PhaseProposal:
    """New settings of one side.

    Parameters
    ----------
    side
        Whose card it is.
    current, proposed
        Settings of QIE 1..24.
    kept
        Why the phase of a channel stays as it is although its peak is not known to be right, by name of the channel.
    """

    side: Side
    current: tuple[int, ...]
    proposed: tuple[int, ...]
    kept: Mapping[str, str]


def propose_phases(
    current: Mapping[Side, tuple[int, ...]], calibration: Calibration, target: int
) -> tuple[PhaseProposal, ...]:
    """Propose settings that move the halo peak of each channel to a TDC code.

    QIE without a unit keep what they have, and so do channels without a measured peak, or whose new setting would lie
    outside of the range.

    Parameters
    ----------
    current
        Settings of QIE 1..24 that the calibration was measured with, by side.

    Raises
    ------
    CalibrationError
        If a setting does not exist, there are not 24 of them, or the target is no TDC code.
    """
    shifts, missing = find_shifts(calibration, target)
    return tuple(_propose_side(side, phases, shifts, missing) for side, phases in current.items())


def _propose_side(
    side: Side, phases: tuple[int, ...], shifts: Longs, missing: Mapping[str, str]
) -> PhaseProposal:
    if len(phases) != N_QIE:
        raise CalibrationError(f"{len(phases)} phases", where=side.name, hint=f"give {N_QIE}, one a QIE")
    units = [channel for channel in CHANNELS if channel.side == side]
    steps = np.zeros(N_QIE, dtype=np.int64)
    steps[[unit.qie - 1 for unit in units]] = shifts[[unit.index for unit in units]]
    proposed, possible = shift_phases(np.array(phases), steps)
    kept = {unit.name: f"not measured: {missing[unit.name]}" for unit in units if unit.name in missing}
    for unit in units:
        if not possible[unit.qie - 1]:
            old, step = phases[unit.qie - 1], steps[unit.qie - 1]
            kept[unit.name] = f"{step:+d} steps from phase {old} would leave the range 0..113"
    return PhaseProposal(side, phases, tuple(int(phase) for phase in proposed), kept)
