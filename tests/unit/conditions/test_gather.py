from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bhm_columnar.conditions import gather as module
from bhm_columnar.conditions.cache import Cache
from bhm_columnar.conditions.gather import Wanted, check_sources, gather_conditions
from bhm_columnar.conditions.model import Conditions, LumiTable, RunInfo
from bhm_columnar.conditions.store import save_conditions
from bhm_columnar.errors import ConditionsError

HEADER = "#run:fill,ls,time,beamstatus,E(GeV),delivered(/ub),recorded(/ub),avgpu,source\n"
RUN = 362000


@pytest.fixture
def lumi(tmp_path: Path) -> Path:
    """Return a file of brilcalc with lumisection 2 only."""
    path = tmp_path / "lumi.csv"
    path.write_text(HEADER + f"{RUN}:8489,2:2,1692792023,STABLE BEAMS,6800,7.5,7.0,40,HFET\r\n")
    return path


@pytest.fixture
def conditions(tmp_path: Path) -> Path:
    """Return a file of conditions with lumisections 1 and 2, of which the luminosity is not known."""
    table = LumiTable.make(run=[RUN, RUN], lumisection=[1, 2], start=[1692792000.0, 1692792023.0])
    found = Conditions({RUN: RunInfo(RUN, 1692792000.0, None, 8489)}, table)
    save_conditions(found, tmp_path / "c.json")
    return tmp_path / "c.json"


def test_nothing_is_wanted() -> None:
    assert not Wanted()
    assert not gather_conditions([RUN], Wanted())


def test_rows_of_brilcalc_win_over_those_without_luminosity(conditions: Path, lumi: Path) -> None:
    found = gather_conditions([RUN], Wanted(conditions=conditions, lumi=lumi))
    table = found.lumisections
    assert table.lumisection.tolist() == [1, 2]
    assert np.isnan(table.delivered[0])
    assert table.delivered[1] == 7.5
    assert table.status.tolist() == ["", "STABLE BEAMS"]
    assert [source.what for source in found.sources] == ["luminosity"]
    assert found.sources[0].where == str(lumi)


def test_the_scheme_of_a_fill_needs_the_fill(lumi: Path) -> None:
    with pytest.raises(ConditionsError, match="no fill is known of these runs; add --conditions oms"):
        gather_conditions([RUN], Wanted(lumi=lumi, filling="oms"))


def test_hosts_and_files_are_looked_at_first(tmp_path: Path) -> None:
    with pytest.raises(ConditionsError, match="no host name"):
        Wanted(via_ssh="-oProxyCommand=x")
    with pytest.raises(ConditionsError, match="no such file; --lumi takes a file, brilcalc or none"):
        check_sources(Wanted(lumi=tmp_path / "nothing"))
    with pytest.raises(ConditionsError, match="--conditions takes a file, oms or none"):
        check_sources(Wanted(conditions="brilcalc"))


def test_files_are_read_before_the_work_begins(tmp_path: Path, conditions: Path, lumi: Path) -> None:
    check_sources(Wanted(conditions=conditions, lumi=lumi))
    check_sources(Wanted(conditions="oms", lumi="brilcalc", filling="oms"))
    (tmp_path / "bad").write_text("nonsense")
    for name in ("conditions", "lumi", "filling"):
        with pytest.raises(ConditionsError, match="bad"):
            check_sources(Wanted(**{name: tmp_path / "bad"}))


def test_runs_are_fetched_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def fetch_runs(_: object, runs: list[int]) -> dict[int, RunInfo]:
        asked.append(list(runs))
        return {run: RunInfo(run, 0.0, 1.0 if run != 362003 else None) for run in runs if run != 362009}

    monkeypatch.setattr(module, "fetch_runs", fetch_runs)
    monkeypatch.setattr(module, "fetch_lumisections", lambda *_: LumiTable.make())
    wanted = Wanted(conditions="oms", cache=Cache(tmp_path))
    assert list(gather_conditions([362001, 362003, 362009], wanted).runs) == [362001, 362003]
    assert list(gather_conditions([362001, 362002, 362003], wanted).runs) == [362001, 362002, 362003]
    monkeypatch.setattr("bhm_columnar.conditions.cache.time.time", lambda: 4e9)
    gather_conditions([362001, 362003], wanted)  # the one that went on is asked again
    assert asked == [[362001, 362003, 362009], [362002], [362003]]


def test_what_is_no_run_is_never_asked(tmp_path: Path) -> None:
    with pytest.raises(ConditionsError, match="'5' is no CMS run number"):
        gather_conditions([5], Wanted(conditions="oms", cache=Cache(tmp_path)))
