from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.detector.lhc import ABORT_GAP, N_BX
from bhm_columnar.errors import SelectionError
from bhm_columnar.selection.bunches import align_bx, find_abort_gap

Longs = npt.NDArray[np.int64]


def trains() -> Longs:
    """Trains of 36 and 48 bunches with gaps of different lengths, and single bunches, out of the abort gap."""
    starts, lengths = [60, 150, 205, 700, 1100, 1160, 2200, 3000], [36, 48, 48, 36, 48, 12, 48, 36]
    slots = [np.arange(start, start + length) for start, length in zip(starts, lengths, strict=True)]
    return np.concatenate([[0, 12], *slots])


def dump_counts(filled: Longs, offset: int, *, seed: int, signal: float, background: float) -> Longs:
    mean = np.full(N_BX, background)
    mean[(filled + offset) % N_BX] += signal
    return np.random.default_rng(seed).poisson(mean)


@given(offset=st.integers(0, N_BX - 1), seed=st.integers(0, 2**32 - 1))
def test_any_offset_is_found(offset: int, seed: int) -> None:
    found = align_bx(dump_counts(trains(), offset, seed=seed, signal=40, background=5), trains())
    assert found.offset == offset
    assert found.reason == ""
    assert found.significance > 50
    assert found.lead > 3


@given(offset=st.integers(0, N_BX - 1))
def test_counts_only_in_filled_slots(offset: int) -> None:
    counts = np.zeros(N_BX)
    counts[(trains() + offset) % N_BX] = 1000.0
    found = align_bx(counts, trains())
    n, share = len(trains()) * 1000, len(trains()) / N_BX
    assert found.offset == offset
    assert found.counts == n
    assert found.significance == pytest.approx((n - n * share) / np.sqrt(n * share * (1 - share)))


@given(seed=st.integers(0, 2**32 - 1), mean=st.floats(0.001, 100))
def test_flat_counts_give_no_offset(seed: int, mean: float) -> None:
    found = align_bx(np.random.default_rng(seed).poisson(mean, N_BX), trains())
    assert found.offset is None
    assert found.reason


def test_exactly_flat_counts_are_a_tie() -> None:
    found = align_bx(np.full(N_BX, 7), trains())
    assert (found.offset, found.lead) == (None, 0.0)
    assert found.significance == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("period", [2, 4, 36, 891])
def test_a_periodic_pattern_is_a_tie(period: int) -> None:
    filled = np.arange(0, N_BX, period)
    found = align_bx(dump_counts(filled, 5, seed=1, signal=1000, background=1), filled)
    assert found.significance > 5
    assert (found.offset, found.lead) == (None, 0.0)
    assert "0.0 standard deviations ahead of shift" in found.reason


def test_the_runner_up_and_how_far_ahead_the_best_is() -> None:
    counts = np.zeros(N_BX, dtype=np.int64)
    counts[[100, 101, 110]] = 100, 64, 36
    found = align_bx(counts, [90, 100])
    # slots 90 and 100 shifted by 10 are 100 and 110; by 1 or 11 they hold 64 or 100 counts, by 0 only 100
    assert (found.offset, found.runner_up) == (10, 0)
    assert found.lead == pytest.approx((136 - 100) / np.sqrt(36))


@pytest.mark.parametrize(
    ("counts", "filled", "reason"),
    [
        (np.zeros(N_BX), trains(), "there are no counts"),
        (np.ones(N_BX), [], "fills 0 of 3564 slots"),
        (np.ones(N_BX), np.arange(N_BX), "fills 3564 of 3564 slots"),
    ],
)
def test_nothing_to_align(counts: Longs, filled: Longs, reason: str) -> None:
    found = align_bx(counts, filled)
    assert (found.offset, found.significance, found.runner_up) == (None, 0.0, None)
    assert reason in found.reason


def test_a_weak_signal_gives_no_offset() -> None:
    filled = trains()
    counts = np.full(N_BX, 100)
    counts[filled[:60]] += 5
    found = align_bx(counts, filled)
    assert found.offset is None
    assert "above an even spread, not 5" in found.reason


@pytest.mark.parametrize(
    ("counts", "filled", "match"),
    [
        (np.ones(N_BX - 1), [0], r"counts per BX are not usable; give 3564 numbers"),
        (np.full(N_BX, -1), [0], r"counts per BX are not usable"),
        (np.full(N_BX, np.nan), [0], r"counts per BX are not usable"),
        (np.ones(N_BX), [3564], r"filled slots are out of 0\.\.3563; slots count from 0"),
        (np.ones(N_BX), [-1], r"filled slots are out of 0\.\.3563"),
    ],
)
def test_arrays_that_cannot_be_aligned(counts: Longs, filled: list[int], match: str) -> None:
    with pytest.raises(SelectionError, match=match):
        align_bx(counts, filled)


@given(offset=st.integers(0, N_BX - 1))
def test_the_abort_gap_is_found_wherever_it_is(offset: int) -> None:
    counts = np.full(N_BX, 10)
    counts[(np.arange(ABORT_GAP[0], ABORT_GAP[1] + 1) + offset) % N_BX] = 0
    gap = find_abort_gap(counts)
    assert gap.first == (ABORT_GAP[0] + offset) % N_BX
    assert (gap.length, gap.counts, gap.offset) == (121, 0, offset)
    expected = 10 * (N_BX - 121) * 121 / N_BX
    assert gap.expected == pytest.approx(expected)
    assert gap.significance == pytest.approx(np.sqrt(expected))


@given(offset=st.integers(0, N_BX - 1), seed=st.integers(0, 2**32 - 1))
def test_a_gap_with_noise_is_found(offset: int, seed: int) -> None:
    filled = np.arange(ABORT_GAP[0])
    gap = find_abort_gap(dump_counts(filled, offset, seed=seed, signal=50, background=0.01))
    assert gap.offset is not None
    assert (gap.offset - offset + 3) % N_BX <= 6


@given(offset=st.integers(0, N_BX - 1))
def test_of_a_longer_empty_part_the_middle_is_taken(offset: int) -> None:
    counts = np.full(N_BX, 10)
    counts[(np.arange(200) + offset) % N_BX] = 0
    counts[(np.arange(1000, 1150) + offset) % N_BX] = 0
    # 80 stretches of 121 fit, the 40th begins 39 BX behind the first
    assert find_abort_gap(counts).first == (39 + offset) % N_BX


@pytest.mark.parametrize("value", [0, 3])
def test_flat_counts_have_no_gap(value: int) -> None:
    gap = find_abort_gap(np.full(N_BX, value))
    assert (gap.first, gap.counts, gap.significance, gap.offset) == (0, 121 * value, 0.0, None)


@pytest.mark.parametrize("length", [0, N_BX])
def test_a_gap_has_a_length(length: int) -> None:
    with pytest.raises(SelectionError, match=rf"a gap of {length} BX; give a length in 1\.\.3563"):
        find_abort_gap(np.ones(N_BX), length=length)
