from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bhm_columnar.conditions.model import Conditions, Filling, LumiTable, RunInfo, Source
from bhm_columnar.conditions.store import load_conditions, save_conditions
from bhm_columnar.detector.lhc import BUNCH_CLASSES, N_BX
from bhm_columnar.errors import ConditionsError


def example() -> Conditions:
    protons = np.zeros(N_BX)
    protons[7] = 1.2e11
    return Conditions(
        runs={362000: RunInfo(362000, 1.5, None, 8489), 362001: RunInfo(362001, None)},
        lumisections=LumiTable.make(
            run=[362000, 362000],
            lumisection=[1, 2],
            start=[1.5, 24.8],
            delivered=[np.nan, 3.25],
            status=["ADJUST", "STABLE BEAMS"],
        ),
        fillings={8489: Filling("toy", np.array([7, 9]), np.array([9, 11]), intensity1=protons)},
        sources=(Source("runs", "OMS", "2026-11-22T12:00:00+00:00"),),
    )


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    save_conditions(example(), tmp_path / "c.json")
    back = load_conditions(tmp_path / "c.json")
    assert back.runs == example().runs
    assert back.sources == example().sources
    for name, column in example().lumisections.as_dict().items():
        assert back.lumisections.as_dict()[name] == column
    filling = back.fillings[8489]
    assert filling.intensity(1) is not None
    assert filling.as_dict() == example().fillings[8489].as_dict()
    assert filling.intensity(2) is None


def test_a_missing_luminosity_is_not_zero(tmp_path: Path) -> None:
    save_conditions(example(), tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text())["lumisections"]["delivered"] == [None, 3.25]
    assert np.isnan(load_conditions(tmp_path / "c.json").lumisections.delivered[0])


def test_classes_of_slots() -> None:
    classes = example().fillings[8489].classes()
    names = [BUNCH_CLASSES[index] for index in classes[[7, 9, 11, 12, 3442, 3443, 3563]]]
    assert names == [
        "beam 1 only",
        "colliding",
        "beam 2 only",
        "empty",
        "empty",
        "abort gap",
        "abort gap",
    ]


def test_conditions_of_some_runs() -> None:
    assert list(example().select([362000]).fillings) == [8489]
    other = example().select([362001])
    assert list(other.runs) == [362001]
    assert len(other.lumisections) == len(other.fillings) == 0


def test_a_table_of_nothing() -> None:
    table = LumiTable.make()
    assert len(table) == 0
    assert not Conditions()
    assert (table + example().lumisections).run.tolist() == [362000, 362000]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (None, r"c.json: cannot be read \(No such file"),
        ("{", "c.json: is not JSON"),
        ("[]", "is no conditions file of this version; make one with `bhm conditions"),
        ('{"bhm_conditions": 99}', "is no conditions file of this version"),
        ('{"bhm_conditions": 1, "runs": [{"number": 1}]}', "is damaged"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, text: str | None, match: str) -> None:
    if text is not None:
        (tmp_path / "c.json").write_text(text)
    with pytest.raises(ConditionsError, match=match):
        load_conditions(tmp_path / "c.json")


@pytest.mark.parametrize(
    ("where", "value", "match"),
    [
        (("runs", 0, "run"), "362000", "'362000' is no run number"),
        (("runs", 0, "start"), "noon", "the start of run 362000 is 'noon'; give seconds since 1970"),
        (("runs", 0, "start"), 1e20, "the start of run 362000 is 1e"),
        (("runs", 0, "end"), float("nan"), "the end of run 362000 is nan"),
        (("lumisections", "run"), [362000], "columns of lumisections have shapes"),
        (("lumisections", "delivered"), [-5.0, 1.0], "delivered luminosity is negative"),
        (("lumisections", "start"), ["a", "b"], "is damaged"),
        (("fillings", "8489", "beam1"), [7, 5000], r"slots of beam 1 are not in order or not in 0\.\.3563"),
        (("fillings", "8489", "intensity1"), [1.0, 2.0], "intensities of beam 1 have shape"),
        (("fillings",), [], "is damaged"),
        (("sources",), [{"what": "x"}], "is damaged"),
    ],
)
def test_contents_that_make_no_sense(
    tmp_path: Path, where: tuple[str | int, ...], value: object, match: str
) -> None:
    path = tmp_path / "c.json"
    save_conditions(example(), path)
    content = json.loads(path.read_text())
    inner = content
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ConditionsError, match=match):
        load_conditions(path)
