from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bhm_columnar.conditions.model import RunInfo
from bhm_columnar.conditions.oms_files import read_lumisections, read_runs

from .fake_oms import START, document, lumi_row, run_row

Refused = Callable[..., str]
EXPECTED = {
    297_050: RunInfo(297_050, START, START + 18444, 5839),
    297_051: RunInfo(297_051, START, None, 5839),
}
CSV = """run_number,components,fill_number,start_time,end_time
297050,"[CSC,DAQ,TRG]",5839,2017-06-16T16:02:33Z,2017-06-16T21:09:57Z
297051,[CSC],5839,2017-06-16T16:02:33Z,
"""


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        CSV.replace('"', ""),
        CSV.replace("\n", "\r\n"),
        "\ufeff" + CSV,
        CSV.replace(",5839,", ",5839.0,"),
        CSV.replace("33Z,\n", "33Z,null\n"),
        CSV.replace("Z", "").replace("T16", " 16"),
        CSV.replace("[CSC]", '"[CSC, ""DAQ"",\nTRG]"'),
        CSV.replace("run_number,components", "run_number , components"),
        CSV + "\n",
        CSV + CSV.splitlines()[1],
        json.dumps(document([run_row(297_050), run_row(297_051, end_time=None)])),
        json.dumps({"data": document([run_row(297_050), run_row(297_051, end_time=None)])["data"]}, indent=1),
    ],
)
def test_saved_runs(text: str, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_bytes(text.encode())
    assert read_runs(path) == EXPECTED
    assert read_runs(str(path)) == EXPECTED


def test_one_saved_run(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"data": {"id": "297050", "attributes": run_row(297_050)}}))
    assert read_runs(path) == {297_050: EXPECTED[297_050]}


def test_what_is_not_known_need_not_be_there(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("start_time,run_number\n2017-06-16T16:02:33Z,297050\n")
    assert read_runs(path) == {297_050: RunInfo(297_050, START)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; save the answer of OMS again"),
        (b" \n", "is empty; save the answer of OMS again"),
        (b"<!DOCTYPE html><html>", "is a web page; save the answer of OMS again"),
        (b"\xff\xfe\x00", "is no text; save the answer of OMS again"),
        (b"hello", "has no column run_number, and is no JSON; save the answer of OMS again"),
        (b'{"data": [', "is no JSON, or cut short; save the answer of OMS again"),
        (b'{"runs": []}', "has no list 'data'; answers of OMS have one"),
        (b"[]", "has no list 'data'; answers of OMS have one"),
        (b'{"data": [{}]}', "row 1 has no 'attributes'; answers of OMS have them"),
        (
            json.dumps(document([run_row(297_050)], 37)).encode(),
            "holds 1 of 37 entries; save it with a larger page[limit]",
        ),
        (
            b"run_number,end_time\n297050,2017-06-16T16:02:33Z\n",
            "row 1 has no start_time; save the answer of OMS again",
        ),
        (CSV.encode()[:-30], "row 2 has 2 columns, not 5; save the answer of OMS again"),
        (
            CSV.replace("[CSC],", "[CSC],x,y,").encode(),
            "row 2 has 7 columns, not 5; save the answer of OMS again",
        ),
        (CSV.replace("297051", "run").encode(), "row 2 has run_number 'run', which cannot be read; save the"),
        (CSV.replace("297051", "").encode(), "row 2 has no run_number; save the answer of OMS again"),
        (
            CSV.replace("297051", "297050").encode(),
            "row 2 says something else of run 297050 than a row before; save the answer of OMS again",
        ),
        (CSV.replace('TRG]"', "TRG]").encode(), "line 3 is no CSV (unexpected end of data); save the"),
    ],
)
def test_saved_runs_that_cannot_be_read(content: bytes, said: str, tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "saved"
    path.write_bytes(content)
    assert refused(read_runs, path).startswith(f"{path}: {said}")


def test_no_file(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "nowhere"
    assert refused(read_runs, path) == f"{path}: cannot be read (No such file or directory); give a file"
    assert refused(read_runs, tmp_path) == f"{tmp_path}: cannot be read (Is a directory); give a file"


def test_saved_lumisections(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    path.write_text(
        "fill_number,run_number,lumisection_number,start_time,beam1_stable,beam2_stable\n"
        "5840,297051,1,2017-06-16T16:02:33,True,true\n"
        "5839,297050,2,2017-06-16T16:02:33Z,1,0\n"
        "5839,297050,1,2017-06-16T16:02:32Z,,\n"
    )
    table = read_lumisections(path)
    assert table.run.tolist() == [297_050, 297_050, 297_051]
    assert table.lumisection.tolist() == [1, 2, 1]
    assert table.fill.tolist() == [5839, 5839, 5840]
    assert table.start.tolist() == [START - 1, START, START]
    assert table.status.tolist() == ["", "", "STABLE BEAMS"]
    path.write_text(json.dumps(document([lumi_row(297_050, 1)])))
    assert read_lumisections(path).start.tolist() == [START - 32]
