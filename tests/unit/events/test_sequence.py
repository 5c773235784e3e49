from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bhm_columnar.detector.lhc import ORBIT_COUNTER
from bhm_columnar.events import sequence
from bhm_columnar.events.sequence import EVENT_COUNTER, KINDS, EventOrder, count_duplicates, follow_events

gaps = st.lists(st.integers(0, ORBIT_COUNTER // 2 - 1), min_size=1, max_size=40)
headers = st.lists(
    st.tuples(
        st.integers(1, 3), st.integers(0, 5), st.sampled_from([0, 5, 2**31 + 7, 2**32 - 1]), st.integers(0, 1)
    ),
    max_size=40,
)


def follow(rows: list[tuple[int, int, int, int]], cuts: int = 1000) -> tuple[list[int], EventOrder]:
    """Follow rows of (run, event, orbit, BX), cut into pieces."""
    order = EventOrder()
    orbits: list[int] = []
    for first in range(0, len(rows), cuts):
        columns = np.array(rows[first : first + cuts], dtype=np.int64).reshape(-1, 4).T
        orbit, order = follow_events(*columns, order)
        orbits += orbit.tolist()
    return orbits, order


def met(rows: list[tuple[int, int, int, int]]) -> dict[str, int]:
    return {kind: n for kind, n in follow(rows)[1].counts.items() if n}


@given(gaps, st.integers(0, ORBIT_COUNTER - 1), st.integers(1, 10))
def test_wraps_are_undone_however_the_data_are_cut(steps: list[int], start: int, cuts: int) -> None:
    true = [start + int(step) for step in np.cumsum(steps)]
    orbits, order = follow([(1, number, orbit % ORBIT_COUNTER, 0) for number, orbit in enumerate(true)], cuts)
    assert orbits == [orbit - true[0] + true[0] % ORBIT_COUNTER for orbit in true]
    wraps = true[-1] // ORBIT_COUNTER - true[0] // ORBIT_COUNTER
    assert order.counts == {**dict.fromkeys(KINDS, 0), "orbit_wraps": wraps}


@given(headers, st.integers(1, 10))
def test_cuts_do_not_matter(rows: list[tuple[int, int, int, int]], cuts: int) -> None:
    assert follow(rows, cuts) == follow(rows)


HIGH = 2**32 - 5


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(1, 1, HIGH, 0), (1, 2, 3, 0)], {"orbit_wraps": 1}),
        ([(1, 1, HIGH, 0), (2, 1, 3, 0)], {"orbit_wraps": 1}),
        ([(1, 1, 900, 0), (2, 1, 3, 0)], {"orbit_resets": 1}),
        ([(1, 1, 900, 0), (1, 2, 3, 0)], {"unordered": 1}),
        ([(1, 7, 900, 0), (1, 1, 3, 0)], {"captures": 1}),
        ([(1, 7, 900, 0), (1, 1, 5000, 0)], {"captures": 1}),
        ([(1, 7, 900, 0), (1, 3, 950, 0)], {"unordered": 1}),
        ([(1, 7, HIGH, 0), (1, 3, 9, 0)], {"unordered": 1}),
        ([(2, 1, HIGH, 0), (1, 2, 3, 0)], {"unordered": 1}),
        ([(2, 1, 3, 0), (1, 2, HIGH, 0)], {"unordered": 1}),
        ([(1, 7, 900, 4), (1, 7, 900, 4)], {"repeats": 1}),
        ([(1, 7, 900, 4), (1, 7, 900, 5)], {}),
        ([(1, EVENT_COUNTER - 1, 900, 0), (1, 0, 901, 0)], {"event_wraps": 1}),
        ([(1, EVENT_COUNTER - 1, 900, 0), (1, 0, 3, 0)], {"captures": 1}),
        ([(1, 1, 3, 0), (1, 2, 3, 0), (1, 3, 3, 9)], {}),
        ([], {}),
    ],
)
def test_what_goes_backwards_is_told_apart(
    rows: list[tuple[int, int, int, int]], expected: dict[str, int]
) -> None:
    assert met(rows) == expected


def test_only_wraps_change_orbits() -> None:
    orbits, order = follow([(1, 1, HIGH, 0), (1, 2, 3, 0), (2, 1, 900, 0), (3, 1, 5, 0)])
    assert orbits == [HIGH, 2**32 + 3, 2**32 + 900, 2**32 + 5]
    assert order.as_dict()["first"] == {
        "orbit_wraps": {"run": 1, "event": 2},
        "orbit_resets": {"run": 3, "event": 1},
    }


@given(headers)
def test_duplicates_agree_with_a_set(rows: list[tuple[int, int, int, int]]) -> None:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    assert count_duplicates(*columns) == len(rows) - len(set(rows))


rising = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-1, 2), st.integers(-1, 2), st.integers(0, 1)), max_size=12
).map(lambda steps: [tuple(row) for row in np.cumsum([(1, 5, 5, 0), *steps], axis=0).tolist()])


@given(rising, st.integers(1, 5))
def test_pieces_in_order_need_no_closer_look(rows: list[tuple[int, int, int, int]], cuts: int) -> None:
    quick = follow(rows, cuts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence, "_is_in_order", lambda *_: False)
        assert follow(rows, cuts) == quick
