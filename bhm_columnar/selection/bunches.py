"""Which BX of the dump is which slot of the LHC: from the slots that are filled, or from the abort gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ABORT_GAP, N_BX
from ..errors import SelectionError

__all__ = [
    "MIN_LEAD",
    "MIN_SIGNIFICANCE",
    "Alignment",
    "Gap",
    "align_bx",
    "check_counts",
    "find_abort_gap",
]

Longs = npt.NDArray[np.int64]
#: standard deviations above an even spread that a shift needs: by chance one of 3564 shifts of many counts reaches 5
#: about once in 1000 times; of few counts or few filled slots more often, but then it leads by less than 3
MIN_SIGNIFICANCE: Final = 5.0
#: standard deviations that the best shift needs to be ahead of the next one
MIN_LEAD: Final = 3.0


@dataclass(frozen=True)
class Alignment:
    """How far the BX of the dump lie behind the slots of the LHC: dump BX = (slot + offset) mod 3564.

    Parameters
    ----------
    offset
        `None` if it cannot be told.
    significance
        Standard deviations of the counts in filled slots above what counts spread evenly over the orbit would give.
    runner_up, lead
        The second best shift, and how many standard deviations the best one is ahead of it.
    counts
        Number of counts that were used.
    reason
        Why there is no offset; empty if there is one.
    """

    offset: int | None
    significance: float
    runner_up: int | None
    lead: float
    counts: int
    reason: str = ""


@dataclass(frozen=True)
class Gap:
    """The emptiest stretch of the orbit.

    Parameters
    ----------
    first, length
        Its first BX in the dump, and how many BX it has; it may run over the end of the orbit.
    counts, expected
        Counts inside, and what they would be if all were spread evenly over the orbit.
    significance
        (expected - counts) / sqrt(expected).
    offset
        Of dump BX to LHC slots if the stretch is the abort gap; `None` if it is not significantly empty.
    """

    first: int
    length: int
    counts: int
    expected: float
    significance: float
    offset: int | None


def align_bx(counts: npt.ArrayLike, filled_slots: npt.ArrayLike, *, n_bx: int = N_BX) -> Alignment:
    """Find the shift between the BX of the dump and the slots of the LHC at which counts fall into filled slots.

    For each shift, S counts fall into filled slots. Counts spread evenly would give S ~ Binomial(n, filled / 3564).
    The second best shift has S2, and the best one leads by (S - S2) / sqrt(counts in slots that only one of the two
    fills). Below `MIN_SIGNIFICANCE` or `MIN_LEAD` no offset is given.

    Parameters
    ----------
    counts
        Counts per BX of the dump, shape (n_bx,).
    filled_slots
        Slots that the beam fills, in 0..n_bx - 1.
    n_bx
        Slots in the orbit.

    Raises
    ------
    SelectionError
        If counts have another shape or are negative, or a slot is not in the orbit.
    """
    n = check_counts(counts, n_bx)
    total = int(n.sum())
    filled = np.zeros(n_bx, dtype=bool)
    slots = np.asarray(filled_slots, dtype=np.int64)
    if ((slots < 0) | (slots >= n_bx)).any():
        raise SelectionError(f"filled slots are out of 0..{n_bx - 1}", hint="slots count from 0")
    filled[slots] = True
    share = filled.mean()
    if not total or share in (0, 1):
        reason = "there are no counts" if not total else f"the beam fills {filled.sum()} of {n_bx} slots"
        return Alignment(None, 0.0, None, 0.0, total, reason)
    # sum over slots of counts[slot + shift] * filled[slot], for all shifts at once
    spectrum = np.fft.rfft(n) * np.conj(np.fft.rfft(filled))
    inside = np.rint(np.fft.irfft(spectrum, n_bx)).astype(np.int64)
    best, second = (int(shift) for shift in np.argsort(-inside, kind="stable")[:2])
    significance = float((inside[best] - total * share) / np.sqrt(total * share * (1 - share)))
    only_one = n[np.roll(filled, best) != np.roll(filled, second)].sum()
    lead = float((inside[best] - inside[second]) / np.sqrt(only_one)) if only_one else 0.0
    reason = ""
    if significance < MIN_SIGNIFICANCE:
        reason = f"the best shift is {significance:.1f} standard deviations above an even spread, not {MIN_SIGNIFICANCE:.0f}"
    elif lead < MIN_LEAD:
        reason = f"shift {best} is {lead:.1f} standard deviations ahead of shift {second}, not {MIN_LEAD:.0f}"
    return Alignment(None if reason else best, significance, second, lead, total, reason)


def find_abort_gap(counts: npt.ArrayLike, *, length: int = ABORT_GAP[1] - ABORT_GAP[0] + 1) -> Gap:
    """Find the stretch of BX with the fewest counts, which is where the abort gap is.

    If several stretches are equally empty, because the empty part of the orbit is longer than the abort gap, the
    middle of the longest such row is taken.

    Parameters
    ----------
    counts
        Counts per BX of the dump, shape (3564,).
    length
        BX in the stretch.

    Raises
    ------
    SelectionError
        If counts have another shape or are negative, or the length is not in 1..3563.
    """
    n = check_counts(counts, N_BX)
    if not 1 <= length < N_BX:
        raise SelectionError(f"a gap of {length} BX", hint=f"give a length in 1..{N_BX - 1}")
    before = np.concatenate([[0], np.cumsum(np.concatenate([n, n[:length]]))])
    inside = before[length : length + N_BX] - before[:N_BX]
    first = _middle_of_longest(inside == inside.min())
    expected = float(n.sum() * length / N_BX)
    significance = float((expected - inside[first]) / np.sqrt(expected)) if expected else 0.0
    offset = (first - ABORT_GAP[0]) % N_BX if significance >= MIN_SIGNIFICANCE else None
    return Gap(first, length, int(inside[first]), expected, significance, offset)


def check_counts(counts: npt.ArrayLike, n_bx: int) -> Longs:
    """Check counts per BX, which histograms may give as whole numbers in floating point.

    Parameters
    ----------
    counts
        Counts per BX, shape (n_bx,).
    n_bx
        Slots in the orbit.

    Returns
    -------
    the counts as integers

    Raises
    ------
    SelectionError
        If counts have another shape, are negative or are none.
    """
    n = np.asarray(counts)
    if n.shape != (n_bx,) or not (np.isfinite(n) & (n >= 0)).all():
        raise SelectionError(
            "counts per BX are not usable", hint=f"give {n_bx} numbers, none of them negative"
        )
    whole: Longs = np.rint(n).astype(np.int64)
    return whole


def _middle_of_longest(is_lowest: npt.NDArray[np.bool_]) -> int:
    """Middle of the longest row of True values on a circle; of all of it, the first."""
    others = np.flatnonzero(~is_lowest)
    if not len(others):
        return 0
    # rows of True lie between consecutive other values, around the circle
    lengths = (np.roll(others, -1) - others - 1) % len(is_lowest)
    longest = int(np.argmax(lengths))
    return int((others[longest] + 1 + (lengths[longest] - 1) // 2) % len(is_lowest))
