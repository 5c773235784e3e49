from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import uproot

from bhm_columnar.detector.lhc import ABORT_GAP, BUNCH_CLASSES, COLLISION_DELAY_BX, N_BX
from bhm_columnar.errors import OutputError, SelectionError
from bhm_columnar.selection.bunch_rates import BunchRates, bunch_rates, save_bunch_rates


def some_rates(offset: int = 0, **options: object) -> BunchRates:
    """100 counts in slot 5, 20 in slot 6; slots 5 and 6 hold beam 1 only, slot 7 is colliding."""
    classes = np.full(N_BX, BUNCH_CLASSES.index("empty"), dtype=np.uint8)
    classes[ABORT_GAP[0] :] = BUNCH_CLASSES.index("abort gap")
    classes[[5, 6]] = BUNCH_CLASSES.index("beam 1 only")
    classes[7] = BUNCH_CLASSES.index("colliding")
    counts = np.zeros(N_BX)
    counts[(np.array([5, 6]) + offset) % N_BX] = 100, 20
    return bunch_rates(counts, 10.0, **{"offset": offset, "classes": classes, **options})


@pytest.mark.parametrize("offset", [0, 1, 3560])
def test_rates_by_slot(offset: int) -> None:
    rates = some_rates(offset)
    assert rates.slot.tolist() == list(range(N_BX))
    assert np.flatnonzero(rates.counts).tolist() == [5, 6]
    assert rates.rate[[4, 5, 6]].tolist() == [0, 10, 2]
    # Garwood's interval for 0 and 100 counts, from his table and from the asymptotic form
    assert (rates.low[4], rates.high[4]) == (0, pytest.approx(0.1841, abs=1e-4))
    assert (rates.low[5], rates.high[5]) == (
        pytest.approx(9.0017, abs=1e-3),
        pytest.approx(11.0984, abs=1e-2),
    )
    assert np.isnan(rates.per_protons).all()


def test_collision_products_come_later() -> None:
    rates = some_rates(20, collision_delay=COLLISION_DELAY_BX)
    assert np.flatnonzero(rates.counts).tolist() == [0, 1]


def test_rates_per_proton() -> None:
    protons = np.zeros(N_BX)
    protons[5] = 5e10
    rates = some_rates(intensity=protons)
    assert rates.per_protons[5] == pytest.approx(20)
    assert np.isnan(rates.per_protons[[4, 6]]).all()


def test_totals_by_class() -> None:
    totals = some_rates().per_class()
    assert list(totals) == list(BUNCH_CLASSES)
    alone = totals["beam 1 only"]
    assert (alone.slots, alone.counts, alone.rate) == (2, 120, 6.0)
    assert alone.low == pytest.approx(6 - np.sqrt(120) / 20, abs=0.03)
    assert alone.high == pytest.approx(6 + np.sqrt(120) / 20, abs=0.06)
    assert (totals["colliding"].slots, totals["colliding"].counts, totals["colliding"].low) == (1, 0, 0)
    assert totals["abort gap"].slots == 121
    assert totals["beam 2 only"].slots == 0
    assert np.isnan(totals["beam 2 only"].rate)
    assert sum(one.slots for one in totals.values()) == N_BX


def test_no_live_time_no_rate() -> None:
    rates = bunch_rates(np.ones(N_BX), 0.0, offset=0, classes=np.zeros(N_BX, dtype=int))
    assert np.isnan(rates.rate).all()
    assert np.isnan(rates.high).all()
    assert np.isnan(rates.per_class()["colliding"].rate)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"classes": np.zeros(10)}, r"classes have shape \(10,\); give one for each of 3564 slots"),
        ({"intensity": np.zeros(10)}, r"intensities have shape \(10,\)"),
        ({"classes": np.full(N_BX, 5)}, r"bunch classes are 0\.\.4"),
    ],
)
def test_arrays_that_give_no_rates(options: dict[str, object], match: str) -> None:
    with pytest.raises(SelectionError, match=match):
        some_rates(**options)


def test_rates_in_csv(tmp_path: Path) -> None:
    rates = some_rates()
    save_bunch_rates(rates, tmp_path / "rates.csv")
    with (tmp_path / "rates.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "slot",
        "class",
        "counts",
        "rate_hz",
        "rate_low_hz",
        "rate_high_hz",
        "rate_hz_per_1e11_protons",
    ]
    assert len(rows) == N_BX
    assert (rows[5]["slot"], rows[5]["class"], rows[5]["counts"]) == ("5", "beam 1 only", "100")
    assert float(rows[5]["rate_high_hz"]) == rates.high[5]
    assert rows[3443]["class"] == "abort gap"


def test_rates_in_root(tmp_path: Path) -> None:
    protons = np.full(N_BX, 1e11)
    rates = some_rates(intensity=protons)
    save_bunch_rates(rates, tmp_path / "rates.root")
    with uproot.open(tmp_path / "rates.root") as file:
        tree = file["bunches"]
        assert tree.classname == "TTree"
        columns = tree.arrays(library="np")
        assert file["bunch_classes"] == ", ".join(BUNCH_CLASSES)
    assert columns["slot"].tolist() == list(range(N_BX))
    np.testing.assert_array_equal(columns["counts"], rates.counts)
    np.testing.assert_array_equal(columns["class"], rates.bunch_class)
    np.testing.assert_array_equal(columns["rate_low_hz"], rates.low)
    np.testing.assert_array_equal(columns["rate_hz_per_1e11_protons"], rates.rate)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"no format is called '\.txt'; give a name ending in \.csv or \.root"
    ):
        save_bunch_rates(some_rates(), tmp_path / "rates.txt")
    assert not list(tmp_path.iterdir())
