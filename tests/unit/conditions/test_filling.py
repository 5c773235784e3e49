from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bhm_columnar.conditions.filling import check_filling, parse_scheme_name, read_filling
from bhm_columnar.conditions.model import Filling
from bhm_columnar.errors import ConditionsError

NAME = "25ns_5b_3_2_1_3bpi_2inj"
BEAM1, BEAM2 = [0, 10, 11, 12, 3442], [5, 10, 11, 12, 100]


def flags(*slots: int, n: int = 3564) -> list[int]:
    return [int(slot in slots) for slot in range(n)]


def buckets(*slots: int) -> str:
    return ",".join(str(10 * slot + 1) for slot in slots)


def both(first: str = "beam1", second: str = "beam2") -> dict[str, Any]:
    return {first: flags(*BEAM1), second: flags(*BEAM2)}


def put(folder: Path, content: Any, name: str = f"{NAME}.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


CSV = (
    f"Scheme name,{NAME}\nB1 filled buckets,{buckets(*BEAM1)}\nB2 filled buckets,{buckets(*BEAM2)}\n"
    "B1 injection buckets,1,101\nN. coll. ATLAS/CMS, 3\nB1 abort gap [ns],3050"
)


@pytest.mark.parametrize(
    ("content", "file", "name"),
    [
        (both(), f"{NAME}.json", NAME),
        ({**both(), "name": "given"}, "x.json", "given"),
        (
            {**both("schemebeam1", "schemebeam2"), "schemeName": NAME, "beam1": [], "beam2": []},
            "x.json",
            NAME,
        ),
        ({NAME: both()}, "x.json", NAME),
        ({"pattern": both(), "comment": "test"}, "x.json", "x"),
        ({"name": "outer", "pattern": both()}, "x.json", "outer"),
        ({"beam1": [bool(flag) for flag in flags(*BEAM1)], "beam2": flags(*BEAM2)}, "x.json", "x"),
        (CSV, "x.csv", NAME),
        (CSV.partition("\n")[2].replace("\n", "\r\n"), "x.csv", "x"),
        ("\ufeff" + CSV, "x.csv", NAME),
    ],
)
def test_forms_of_a_scheme(tmp_path: Path, content: Any, file: str, name: str) -> None:
    filling = read_filling(put(tmp_path, content, file))
    assert filling.name == name
    assert filling.beam1.tolist() == BEAM1
    assert filling.beam2.tolist() == BEAM2
    assert filling.beam1.dtype == filling.beam2.dtype == np.int64
    assert filling.colliding.tolist() == [10, 11, 12]
    assert filling.intensity1 is None


def test_one_beam_may_be_empty(tmp_path: Path) -> None:
    filling = read_filling(put(tmp_path, f"B1 filled buckets,{buckets(7, 3)}\nB2 filled buckets\n", "x.csv"))
    assert filling.beam1.tolist() == [3, 7]
    assert filling.beam2.tolist() == []


def bunch(number: int, *, first: bool, second: bool) -> dict[str, Any]:
    attributes = {
        "fill_number": 9068,
        "bunch_number": number,
        "beam_1_configured": first,
        "beam_2_configured": second,
        "intensity_beam_1": 1.1e11 if first else 0.0,
        "intensity_beam_2": 1.2e11 if second else 0.0,
    }
    return {"id": f"9068_{number}", "type": "bunches", "attributes": attributes}


BUNCHES = [
    bunch(1, first=True, second=False),
    bunch(11, first=True, second=True),
    bunch(3564, first=False, second=True),
]


@pytest.mark.parametrize(
    "content",
    [
        {"data": BUNCHES, "links": {}, "meta": {"totalResourceCount": 3}},
        {"data": BUNCHES},
        [one["attributes"] for one in BUNCHES],
    ],
)
def test_an_answer_of_oms(tmp_path: Path, content: Any) -> None:
    filling = read_filling(put(tmp_path, content))
    assert filling.name == NAME
    assert filling.beam1.tolist() == [0, 10]
    assert filling.beam2.tolist() == [10, 3563]
    assert filling.intensity1 is not None
    assert filling.intensity1[[0, 10, 3563]].tolist() == [1.1e11, 1.1e11, 0]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("nothing of the kind", r"x\.json: holds no filling scheme; give JSON"),
        ("", r"x\.json: holds no filling scheme"),
        ('{"beam1": [0, 1', r"x\.json: is no JSON \("),
        ("[1, 2]", r"holds no filling scheme"),
        ({"beam3": flags(1)}, r"holds no filling scheme"),
        ({"a": both(), "b": both()}, r"holds 2 filling schemes, not one"),
        ({"beam1": flags(1)}, r"x\.json: has no beam2"),
        ({"beam1": flags(1), "beam2": "none"}, r"beam2 is no list of slots"),
        ({"beam1": flags(1, n=3563), "beam2": flags()}, r"x\.json: beam1 has 3563 slots, not 3564"),
        ({"beam1": flags(1), "beam2": [*flags(n=3563), 2]}, r"beam2 is 2 in slot 3563, neither 0 nor 1"),
        ({"beam1": flags(), "beam2": flags()}, r"x\.json: no beam fills a slot"),
        (CSV.replace(buckets(*BEAM2), "51,102"), r"B2 bucket 102 is not 10 times a slot, plus 1"),
        (CSV.replace(buckets(*BEAM2), "51,x"), r"B2 bucket x is not 10 times a slot"),
        (CSV.replace(buckets(*BEAM1), "35641"), r"B1 bucket 35641 is slot 3564, out of 0\.\.3563"),
        (CSV.replace(buckets(*BEAM1), "11,1,11"), r"names a bucket of B1 twice"),
        (CSV.replace("B2 filled", "B3 filled"), r"has no line `B2 filled buckets`"),
        ({"data": BUNCHES, "meta": {"totalResourceCount": 2760}}, r"holds 3 of 2760 bunches; ask OMS"),
        ({"data": [*BUNCHES, BUNCHES[0]]}, r"x\.json.*row 4.*bunch_number"),
        ({"data": []}, r"no beam fills a slot"),
    ],
)
def test_files_that_are_no_scheme(tmp_path: Path, content: Any, match: str) -> None:
    with pytest.raises(ConditionsError, match=match):
        read_filling(put(tmp_path, content, "x.json"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConditionsError, match=r"nowhere\.json: cannot be read \(No such file or directory\)"):
        read_filling(tmp_path / "nowhere.json")
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConditionsError, match=r"x\.json: is no text"):
        read_filling(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (
            "25ns_2760b_2748_2492_2574_288bpi_13inj_800ns_bs200ns",
            {
                "spacing_ns": 25,
                "bunches": 2760,
                "ip15": 2748,
                "ip2": 2492,
                "ip8": 2574,
                "trainlength": 288,
                "injections": 13,
            },
        ),
        (
            "50ns_1380b+1small_1318_39_1296_144bpi",
            {
                "spacing_ns": 50,
                "bunches": 1380,
                "small": 1,
                "ip15": 1318,
                "ip2": 39,
                "ip8": 1296,
                "trainlength": 144,
            },
        ),
        ("Single_10b_4_2_4", {"bunches": 10, "ip15": 4, "ip2": 2, "ip8": 4}),
        (
            "25ns_8b4e_1868b_1856_1052_1750_96bpi_20inj_3INDIVs",
            {
                "spacing_ns": 25,
                "bunches": 1868,
                "ip15": 1856,
                "ip2": 1052,
                "ip8": 1750,
                "trainlength": 96,
                "injections": 20,
            },
        ),
        ("525ns_140b_124", {"spacing_ns": 525, "bunches": 140, "ip15": 124}),
        ("25ns_600b_592_BCMS", {"spacing_ns": 25, "bunches": 600, "ip15": 592}),
        ("unknown", {}),
        ("", {}),
    ],
)
def test_names_of_schemes(name: str, found: dict[str, float]) -> None:
    assert parse_scheme_name(name) == found


def filling(name: str, beam1: list[int] = BEAM1, beam2: list[int] = BEAM2) -> Filling:
    return Filling(name, np.array(beam1), np.array(beam2))


@pytest.mark.parametrize("name", [NAME, "", "25ns_4b+1small_3", "trains"])
def test_a_scheme_that_agrees_with_its_name(name: str) -> None:
    assert check_filling(filling(name)) == []


def test_a_scheme_that_does_not() -> None:
    assert check_filling(filling("25ns_6b_4_2_1", beam2=[7, 10, 11, 12, 3443, 3563])) == [
        "the name says 6 bunches, beam 1 has 5",
        "beam 2 fills 2 slots of the abort gap 3443..3563, the first is 3443",
        "the name says 4 collisions in IP1 and IP5, the slots give 3",
    ]
