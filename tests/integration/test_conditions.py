"""`bhm conditions` against a local OMS, and programs called brilcalc and ssh that only write down what they are asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bhm_columnar import load_histograms
from bhm_columnar.cli import main
from bhm_columnar.conditions.access import Access
from bhm_columnar.conditions.store import load_conditions

RUN, FILL = 380001, 9068
SECRET, TOKEN = "s3cr3t-of-bhm", "t0ken-of-bhm"
CAPS = {"page[limit]": "4000"}


def document(kind: str, *rows: dict[str, Any]) -> dict[str, Any]:
    data = [{"id": str(k), "type": kind, "attributes": row} for k, row in enumerate(rows)]
    return {"data": data, "meta": {"totalResourceCount": len(data)}}


RUNS = document(
    "runs",
    {
        "run_number": RUN,
        "fill_number": FILL,
        "start_time": "2023-08-23T12:00:00Z",
        "end_time": "2023-08-23T12:10:00Z",
    },
)
LUMISECTIONS = document(
    "lumisections",
    *(
        {
            "run_number": RUN,
            "lumisection_number": k + 1,
            "start_time": f"2023-08-23T12:00:{23 * k:02d}Z",
            "beam1_stable": True,
            "beam2_stable": True,
        }
        for k in range(2)
    ),
)
BUNCHES = document(
    "bunches",
    *(
        {
            "fill_number": FILL,
            "bunch_number": k + 1,
            "beam_1_configured": k in (3, 5),
            "beam_2_configured": k in (5, 7),
            "intensity_beam_1": 1.1e11 * (k in (3, 5)),
            "intensity_beam_2": 1.2e11 * (k in (5, 7)),
        }
        for k in range(3564)
    ),
)
FILLS = document("fills", {"fill_number": FILL, "injection_scheme": "25ns_toy"})


@pytest.fixture
def oms(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """A local OMS that answers well."""
    for name, answer in (
        ("runs", RUNS),
        ("lumisections", LUMISECTIONS),
        ("bunches", BUNCHES),
        ("fills", FILLS),
    ):
        httpserver.expect_request(f"/p5/{name}").respond_with_json(answer)
    ask(monkeypatch, httpserver.url_for("/p5"))
    return httpserver


def ask(monkeypatch: pytest.MonkeyPatch, address: str, **options: Any) -> None:
    """Let the command line ask a local server."""

    def settings(**given: Any) -> Access:
        return Access(
            **{"p5_url": address, "ways": ("p5",), "timeout": (10.0, 10.0), "backoff": 0.001}
            | options
            | given
        )

    monkeypatch.setattr(Access, "from_environment", settings)


def test_runs_and_filling_scheme_are_fetched_printed_and_saved(
    oms: HTTPServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "c.json"
    assert main(["conditions", str(RUN), "--filling", "oms", "-o", str(target)]) == 0
    said = capsys.readouterr().out
    assert "2023-08-23 12:00:00" in said
    assert "25ns_toy, 2 and 2 bunches, 1 colliding" in said
    found = load_conditions(target)
    assert found.runs[RUN].fill == FILL
    assert found.lumisections.status.tolist() == ["STABLE BEAMS"] * 2
    assert found.fillings[FILL].beam1.tolist() == [3, 5]
    assert found.sources[0].where == "OMS"
    assert found.sources[0].retrieved.startswith("20")
    assert len(oms.log) >= 4


def test_what_was_fetched_is_not_asked_again(
    oms: HTTPServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["conditions", str(RUN), "--filling", "oms"]) == 0
    asked = len(oms.log)
    assert main(["conditions", str(RUN), "--filling", "oms"]) == 0
    assert len(oms.log) == asked
    assert main(["conditions", str(RUN), "--refresh"]) == 0
    assert len(oms.log) > asked
    ask(monkeypatch, "http://127.0.0.1:9")
    assert main(["conditions", str(RUN), "--filling", "oms", "--offline"]) == 0
    capsys.readouterr()
    assert main(["conditions", "380007", "--offline"]) == 1
    assert "nothing is kept of runs 380007; fetch it once without --offline" in capsys.readouterr().err


def test_a_run_that_goes_on(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    going = json.loads(json.dumps(RUNS))
    going["data"][0]["attributes"]["end_time"] = None
    httpserver.expect_request("/p5/runs").respond_with_json(going)
    httpserver.expect_request("/p5/lumisections").respond_with_json(LUMISECTIONS)
    ask(monkeypatch, httpserver.url_for("/p5"))
    assert main(["conditions", str(RUN)]) == 0
    assert "goes on" in capsys.readouterr().out


def test_runs_that_oms_does_not_know(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    httpserver.expect_request("/p5/runs").respond_with_json(document("runs"))
    ask(monkeypatch, httpserver.url_for("/p5"))
    assert main(["conditions", str(RUN)]) == 0
    assert f"nothing is known of run {RUN}" in capsys.readouterr().out


def _slow(request: Request) -> Response:  # noqa: ARG001
    import time

    time.sleep(0.8)
    return Response("{}")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response("", 401), "OMS cannot be reached"),
        (Response("", 302, headers={"Location": "https://auth.example/login"}), "auth.example"),
        (Response("", 404), "404"),
        (Response("", 429), "429"),
        (Response("", 500), "500"),
        (Response("{", content_type="application/json"), "JSON"),
        (Response("<html>hello</html>", content_type="text/html"), "answers with a web page"),
        (Response('{"rows": []}', content_type="application/json"), "data"),
        (_slow, "0.3 s"),
    ],
)
def test_each_failure_is_one_line_and_exit_code_1(
    answer: Response | Callable[[Request], Response],
    said: str,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = httpserver.expect_request("/p5/runs")
    if isinstance(answer, Response):
        handler.respond_with_response(answer)
    else:
        handler.respond_with_handler(answer)
    patience = 10.0 if isinstance(answer, Response) else 0.3
    ask(monkeypatch, httpserver.url_for("/p5"), timeout=(10.0, patience))
    assert main(["conditions", str(RUN)]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("bhm: ")
    assert said in error


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conditions", str(RUN)]) == 1  # conftest points OMS at a closed port
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(way in error for way in ("p5: ", "oidc: ", "ssh: "))
    assert "--via-ssh HOST, or" in error


@pytest.mark.parametrize("broken", [False, True])
def test_no_secret_is_ever_written(httpserver: HTTPServer, tmp_path: Path, broken: bool) -> None:
    httpserver.expect_request("/p5/runs").respond_with_data("", 401)
    httpserver.expect_request("/token").respond_with_json({"access_token": TOKEN})
    seen: list[str] = []

    def answer(request: Request) -> Response:
        seen.append(request.headers.get("Authorization", ""))
        body = "<html>" if broken else json.dumps(RUNS if request.path.endswith("runs") else LUMISECTIONS)
        return Response(body, content_type="text/html" if broken else "application/json")

    for name in ("runs", "lumisections"):
        httpserver.expect_request(f"/public/{name}").respond_with_handler(answer)
    code = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG); from bhm_columnar.cli import main; "
        f"sys.exit(main(['conditions', '{RUN}', '--debug', '-o', 'c.json']))"
    )
    settings = {
        "BHM_OMS_P5_URL": httpserver.url_for("/p5"),
        "BHM_OMS_URL": httpserver.url_for("/public"),
        "BHM_OMS_TOKEN_URL": httpserver.url_for("/token"),
        "BHM_OMS_CLIENT_ID": "id-of-bhm",
        "BHM_OMS_CLIENT_SECRET": SECRET,
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | settings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == int(broken), done.stderr
    assert seen[0] == f"Bearer {TOKEN}"
    assert "DEBUG" in done.stderr  # logs are on
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert broken or written
    for text in (done.stdout, done.stderr, *written):
        assert SECRET not in text
        assert TOKEN not in text


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder first on PATH with a brilcalc and an ssh that write their words to files and print what brilws prints."""
    folder = tmp_path / "bin"
    folder.mkdir()
    output = (
        "#Data tag : 24v1 , Norm tag: {tag}\\n"
        "#run:fill,ls,time,beamstatus,E(GeV),delivered(/ub),recorded(/ub),avgpu,source\\n"
        f"{RUN}:{FILL},1:1,1692792000,STABLE BEAMS,6800,1000.5,900.25,40.3,HFET\\r\\n"
        "#Summary:\\n#nfill,nrun,nls,ncms,totdelivered(/ub),totrecorded(/ub)\\n#1,1,1,1,1000.5,900.25\\n"
    ).replace("{tag}", "None")
    for name in ("brilcalc", "ssh"):
        (folder / name).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" "" >>"{folder}/{name}.words"\nprintf "{output}"\n'
        )
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def calls(folder: Path, name: str) -> list[list[str]]:
    path = folder / f"{name}.words"
    return [one.split("\n") for one in path.read_text().rstrip("\n").split("\n\n")] if path.exists() else []


def test_luminosity_from_brilcalc(programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "c.json"
    command = ["conditions", str(RUN), "--conditions", "none", "--lumi", "brilcalc", "-o", str(target)]
    assert main(command) == 0
    common = ["lumi", "--byls", "--tssec", "--output-style", "csv"]
    runs = ["--begin", str(RUN), "--end", str(RUN)]
    with_tag = [one for one in calls(programs, "brilcalc") if "--normtag" in one]
    without = [one for one in calls(programs, "brilcalc") if "--normtag" not in one]
    assert without == [[*common, *runs]]
    assert [[*one[:5], *one[7:]] for one in with_tag] == [[*common, *runs]]
    assert with_tag[0][6].endswith("normtag_BRIL.json")
    assert load_conditions(target).lumisections.delivered.tolist() == [1000.5]
    assert "1.0" in capsys.readouterr().out
    assert main(command[:-2]) == 0  # kept
    assert len(calls(programs, "brilcalc")) == 2


def test_luminosity_through_ssh(programs: Path) -> None:
    command = ["conditions", str(RUN), "--conditions", "none", "--lumi", "brilcalc", "--normtag", "none"]
    assert main([*command, "--brilcalc-via-ssh", "lxplus.cern.ch"]) == 0
    (words,) = calls(programs, "ssh")
    assert words[-3:-1] == ["--", "lxplus.cern.ch"]
    assert words[-1] == f"brilcalc lumi --byls --tssec --output-style csv --begin {RUN} --end {RUN}"
    assert calls(programs, "brilcalc") == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["1; rm -rf /"], 2),
        (["12"], 1),
        ([str(RUN), "--via-ssh=-oProxyCommand=touch x"], 1),
        ([str(RUN), "--brilcalc-via-ssh", "host; rm -rf /"], 1),
        ([str(RUN), "--brilcalc-via-ssh", "$(id)"], 1),
        ([str(RUN), "--normtag=--help"], 1),
        ([str(RUN), "--normtag", "a b; c"], 1),
    ],
)
def test_what_could_be_a_command_is_refused_before_anything_starts(
    programs: Path, options: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["conditions", *options, "--conditions", "oms", "--lumi", "brilcalc"]
    if code == 2:
        with pytest.raises(SystemExit, match="2"):
            main(command)
    else:
        assert main(command) == 1
    assert "bhm" in capsys.readouterr().err
    assert calls(programs, "ssh") == calls(programs, "brilcalc") == []


@pytest.mark.parametrize("option", ["--conditions", "--lumi", "--filling"])
def test_a_missing_file_is_found_before_the_work_begins(
    toy: Path, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(toy), "-o", str(tmp_path / "out"), option, str(tmp_path / "none.json")]) == 1
    assert "none.json: no such file; " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_fill_gives_rates_to_any_processor(
    analysed: Path, summary: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fill", str(analysed), "-p", "rates", "--calibration", "v2", "--bin-seconds", "2"]
    for workers in ("1", "2"):
        assert (
            main([*command, "-o", str(tmp_path / workers), "--workers", workers, "--chunksize", "500"]) == 0
        )
    assert capsys.readouterr().out.count("entries along side, region, channel, time") == 2
    one, two = (load_histograms(tmp_path / workers)[0]["rates"] for workers in ("1", "2"))
    assert one == two
    clean = sum(side["clean"] for side in summary["sides"].values())
    assert one[{"region": "SR"}].sum() + one[{"region": "BR"}].sum() == clean
