from __future__ import annotations

import awkward as ak
import numpy as np

from bhm_columnar import Cuts, clean_pulses
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS

#: channel, nTdc, tdc, tdc2, peak and whether the pulse is clean
PULSES = [
    (0, 1, 6, -1, 150, True),
    (39, 2, 31, 40, 100, True),
    (0, 2, 6, 63, 150, True),
    (-1, 1, 6, -1, 150, False),
    (0, 0, -1, -1, 150, False),
    (0, 3, 6, 7, 150, False),
    (0, 1, 49, -1, 150, True),
    (0, 1, 50, -1, 150, False),
    (0, 1, 62, -1, 150, False),
    (0, 2, 6, 62, 150, False),
    (0, 1, 25, -1, 188, False),
    (0, 1, 25, -1, 187, True),
    (0, 1, 0, -1, 124, False),
    (0, 1, 1, -1, 124, True),
]


def table() -> ak.Array:
    columns = np.array([row[:5] for row in PULSES]).T
    return ak.zip(dict(zip(CLEANING_COLUMNS, columns, strict=True)))


def test_what_is_kept() -> None:
    clean, cutflow = clean_pulses(table())
    expected = [row[:5] for row in PULSES if row[5]]
    assert [tuple(pulse[name] for name in CLEANING_COLUMNS) for pulse in clean.to_list()] == expected
    assert cutflow == {
        "all": 14,
        "connected": 13,
        "one_or_two_tdc_codes": 11,
        "tdc_is_a_time": 8,
        "not_adc_188_at_tdc_25": 7,
        "not_adc_124_at_tdc_0": 6,
    }


def test_link_words_can_be_kept() -> None:
    clean, cutflow = clean_pulses(table(), Cuts(link_words=False))
    assert len(clean) == 8
    assert list(cutflow)[-1] == "tdc_is_a_time"


def test_nothing() -> None:
    clean, cutflow = clean_pulses(table()[:0])
    assert len(clean) == 0
    assert set(cutflow.values()) == {0}
