from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pytest_httpserver import HTTPServer

from bhm_columnar.conditions.access import Client
from bhm_columnar.conditions.model import RunInfo
from bhm_columnar.conditions.oms import fetch_filling, fetch_lumisections, fetch_runs, query

from .conftest import FakeSsh
from .fake_oms import START, FakeOms, Rows, bunch, document, lumi_row, run_row

pytestmark = pytest.mark.usefixtures("nothing_leaks")

Connect = Callable[..., Client]
Refused = Callable[..., str]


@pytest.fixture
def oms(httpserver: HTTPServer) -> FakeOms:
    return FakeOms(httpserver)


# -- queries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (3, 1), (4, 1), (5, 2), (8, 2), (37, 10)])
def test_all_pages(rows: int, pages: int, connect: Connect, oms: FakeOms) -> None:
    oms.rows["runs"] = [run_row(300_000 + n) for n in range(rows)]
    assert query(connect(), "runs", page=4) == oms.rows["runs"]
    assert [(one["page[offset]"], one["page[limit]"]) for one in oms.seen] == [
        (str(4 * page), "4") for page in range(pages)
    ]


def test_what_is_asked(connect: Connect, oms: FakeOms) -> None:
    query(connect(), "runs", filters=[("run_number", "EQ", 5)], fields=("a", "b_c"), sort="-run_number")
    assert oms.seen == [
        {
            "resource": "runs",
            "filter[run_number][EQ]": "5",
            "fields": "a,b_c",
            "sort": "-run_number",
            "page[offset]": "0",
            "page[limit]": "100",
        }
    ]


@pytest.mark.parametrize("value", ["3>1&x=1", "1&page[limit]=1", "a#b", "%26x=1", "a;b", "a b+c", "é\n"])
def test_a_value_stays_one_parameter(value: str, connect: Connect, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/p5/runs").respond_with_json(document([]))
    query(connect(), "runs", filters=[("sequence", "EQ", value)])
    (request, _) = httpserver.log[0]
    assert request.args.to_dict(flat=False) == {
        "filter[sequence][EQ]": [value],
        "page[offset]": ["0"],
        "page[limit]": ["100"],
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"filters": [("run][EQ]=1&x", "EQ", 1)]}, "is no field of OMS"),
        ({"filters": [("run_number", "EQ]=1&x=[", 1)]}, "is no filter; choose from EQ"),
        ({"fields": ["a,b"]}, "is no field of OMS"),
        ({"sort": "--run_number"}, "is no field of OMS"),
    ],
)
def test_names_that_are_none(
    options: dict[str, Any], said: str, connect: Connect, oms: FakeOms, refused: Refused
) -> None:
    assert said in refused(query, connect(), "runs", **options)
    assert oms.seen == []


@pytest.mark.parametrize(
    ("total", "said"),
    [(9, "gives 5 of 9 entries"), (3, "gives 4 of 3 entries"), (-1, "gives 4 of -1 entries")],
)
def test_totals_that_lie(
    total: int, said: str, connect: Connect, oms: FakeOms, httpserver: HTTPServer, refused: Refused
) -> None:
    oms.rows["runs"] = [run_row(300_000 + n) for n in range(5)]
    oms.total = total
    expected = f"{httpserver.url_for('/p5/runs')}: {said}; try again"
    assert refused(query, connect(), "runs", page=4) == expected


def test_an_answer_without_end(
    connect: Connect, httpserver: HTTPServer, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bhm_columnar.conditions.oms._MOST_PAGES", 5)
    httpserver.expect_request("/p5/runs").respond_with_json(document([run_row(300_000)], 1000))
    assert "gives over 5 pages; ask for less" in refused(query, connect(), "runs")
    assert len(httpserver.log) == 5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "has no list 'data'"),
        ({"data": {}}, "has no list 'data'"),
        ({"errors": ["no"]}, "has no list 'data'"),
        ({"data": [{"attributes": {}}, {"id": "2"}]}, "row 2 has no 'attributes'"),
        ({"data": ["x"]}, "row 1 has no 'attributes'"),
        ({"data": []}, "does not say how many entries there are"),
        ({"data": [], "meta": {"totalResourceCount": True}}, "does not say how many entries there are"),
        ({"data": [], "meta": {"totalResourceCount": "0"}}, "does not say how many entries there are"),
        ({"data": [], "meta": 5}, "does not say how many entries there are"),
    ],
)
def test_answers_of_another_form(
    answer: object, said: str, connect: Connect, httpserver: HTTPServer, refused: Refused
) -> None:
    httpserver.expect_request("/p5/runs").respond_with_json(answer)
    assert refused(query, connect(), "runs").startswith(f"{httpserver.url_for('/p5/runs')}: {said};")
    assert len(httpserver.log) == 1


# -- runs --------------------------------------------------------------------------------------------------------


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock does not show UTC."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.delenv("TZ")
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_runs(connect: Connect, oms: FakeOms) -> None:
    oms.rows["runs"] = [
        run_row(297_050),
        run_row(297_051, start_time="2017-06-16T18:02:33.5", end_time=None, fill_number=None),
        run_row(297_053, start_time="2017-06-16T18:02:33+02:00"),
        run_row(300_000, start_time=None, end_time=None),
    ]
    found = fetch_runs(connect(), [297_053, "297050", 300_000, 297_051, 297_052, 297_050])
    assert found == {
        297_050: RunInfo(297_050, START, START + 18444, 5839),
        297_051: RunInfo(297_051, START + 7200.5),
        297_053: RunInfo(297_053, START, START + 18444, 5839),
        300_000: RunInfo(300_000, None, None, 5839),
    }
    assert list(found) == sorted(found)


def test_runs_that_are_near_are_one_query(connect: Connect, oms: FakeOms) -> None:
    oms.rows["runs"] = [run_row(run) for run in range(297_000, 297_400)]
    found = fetch_runs(connect(), [297_000, 297_090, 297_190, 297_300])
    assert list(found) == [297_000, 297_090, 297_190, 297_300]
    filters = [{name: value for name, value in one.items() if "filter" in name} for one in oms.seen]
    near = {"filter[run_number][GE]": "297000", "filter[run_number][LE]": "297190"}
    assert filters == [near, near, {"filter[run_number][EQ]": "297300"}]
    assert {one["fields"] for one in oms.seen} == {"run_number,start_time,end_time,fill_number"}


def test_no_runs_ask_nothing(connect: Connect, oms: FakeOms) -> None:
    assert fetch_runs(connect(), []) == {}
    assert oms.seen == []


@pytest.mark.parametrize("run", ["1; rm -rf /", "297050 ", "-o", "", 9068, 1_000_000, "２９７０５０", True])
@pytest.mark.parametrize("fetch", [lambda client, run: fetch_runs(client, [run]), fetch_lumisections])
def test_what_is_no_run_starts_nothing(
    run: Any, fetch: Callable[..., object], connect: Connect, oms: FakeOms, ssh: FakeSsh, refused: Refused
) -> None:
    client = connect("ssh", "p5", via_ssh="cmsusr")
    assert "is no CMS run number; runs have six digits" in refused(fetch, client, run)
    assert ssh.words is None
    assert oms.seen == []


def test_runs_through_ssh(connect: Connect, ssh: FakeSsh) -> None:
    ssh.says(json.dumps(document([run_row(297_050)])) + "\n200")
    assert fetch_runs(connect("ssh", via_ssh="cmsusr"), [297_050]) == {
        297_050: RunInfo(297_050, START, START + 18444, 5839)
    }


# -- lumisections ------------------------------------------------------------------------------------------------


def test_lumisections(connect: Connect, oms: FakeOms) -> None:
    stable = {"beam1_stable": True, "beam2_stable": True}
    oms.rows["lumisections"] = [
        lumi_row(297_050, 3, start_time=None),
        lumi_row(297_050, 1, beam1_stable=True, beam2_stable=False),
        lumi_row(297_050, 2, **stable),
        lumi_row(297_050, 4, beam1_stable=True),
        lumi_row(297_050, 5, beam1_stable=None, beam2_stable=None),
        lumi_row(297_051, 1, **stable),
    ]
    table = fetch_lumisections(connect(), "297050")
    assert table.run.tolist() == [297_050] * 5
    assert table.lumisection.tolist() == [1, 2, 3, 4, 5]
    assert table.status.tolist() == ["", "STABLE BEAMS", "", "", ""]
    np.testing.assert_array_equal(table.start, [START - 32, START - 31, np.nan, START - 29, START - 28])
    # the unit of OMS's luminosity is not known
    assert np.isnan(table.delivered).all()
    assert np.isnan(table.recorded).all()
    assert table.fill.tolist() == [0] * 5
    assert oms.seen[0]["filter[run_number][EQ]"] == "297050"
    assert "fields" not in oms.seen[0]


def test_lumisections_of_other_runs_are_left_out(connect: Connect, httpserver: HTTPServer) -> None:
    rows = [lumi_row(297_049, 1), lumi_row(297_050, 1), lumi_row(297_051, 1)]
    httpserver.expect_request("/p5/lumisections").respond_with_json(document(rows))
    assert fetch_lumisections(connect(), 297_050).run.tolist() == [297_050]


def test_a_run_without_lumisections(connect: Connect, oms: FakeOms) -> None:
    assert len(fetch_lumisections(connect(), 297_050)) == 0
    assert len(oms.seen) == 1


# -- fillings ----------------------------------------------------------------------------------------------------


BUNCHES = [bunch(1, True, False), bunch(2, False, True), bunch(101, True, True), bunch(3564, False, None)]


def test_filling(connect: Connect, oms: FakeOms) -> None:
    oms.rows["bunches"] = BUNCHES
    oms.rows["fills"] = [{"fill_number": 5839, "injection_scheme": "25ns_2b_1_0_0"}]
    filling = fetch_filling(connect(), 5839)
    assert filling is not None
    assert filling.name == "25ns_2b_1_0_0"
    # bunch 1 of CMS is slot 0
    assert filling.beam1.tolist() == [0, 100]
    assert filling.beam2.tolist() == [1, 100]
    assert filling.colliding.tolist() == [100]
    assert filling.intensity1 is not None
    assert filling.intensity2 is not None
    assert filling.intensity1.shape == (3564,)
    assert filling.intensity1[[0, 1, 100, 3563]].tolist() == [1.1e11, 0, 1.1e11, 0]
    assert filling.intensity2[[0, 1, 100, 3563]].tolist() == [0, 1.2e11, 1.2e11, 0]
    assert [(one["resource"], one["page[limit]"]) for one in oms.seen] == [
        ("bunches", "4000"),
        ("fills", "100"),
    ]
    assert {one["filter[fill_number][EQ]"] for one in oms.seen} == {"5839"}


@pytest.mark.parametrize(
    ("fills", "setups", "name"),
    [
        ([{"injection_scheme": None}], [{"active_injection_scheme": "Single_2b"}], "Single_2b"),
        ([], [{"active_injection_scheme": None}, {"active_injection_scheme": "8b4e"}], "8b4e"),
        ([], [], ""),
    ],
)
def test_name_of_a_fill_without_stable_beams(
    fills: Rows, setups: Rows, name: str, connect: Connect, oms: FakeOms
) -> None:
    oms.rows["bunches"] = BUNCHES
    oms.rows["fills"] = [row | {"fill_number": 5839} for row in fills]
    oms.rows["lhcrunconfigurations"] = [row | {"fill_number": 5839} for row in setups]
    filling = fetch_filling(connect(), "5839")
    assert filling is not None
    assert filling.name == name


def test_a_fill_without_bunches(connect: Connect, oms: FakeOms) -> None:
    assert fetch_filling(connect(), 5839) is None
    assert len(oms.seen) == 1


@pytest.mark.parametrize("fill", ["1; rm -rf /", 0, -1, 10**6, True, "5839\n"])
def test_what_is_no_fill(fill: Any, connect: Connect, oms: FakeOms, refused: Refused) -> None:
    assert "is no fill number" in refused(fetch_filling, connect(), fill)
    assert oms.seen == []
