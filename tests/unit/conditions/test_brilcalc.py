from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from coffea.lumi_tools import LumiData

from bhm_columnar.conditions.brilcalc import NORMTAG, read_brilcalc, run_brilcalc, write_brilcalc
from bhm_columnar.conditions.brilws import parse_brilcalc
from bhm_columnar.conditions.model import LumiTable
from bhm_columnar.errors import ConditionsError, OutputError

from .fake_brilcalc import ROWS, TAG, output, row


def test_a_file_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    path.write_bytes(output(*ROWS).encode())
    assert b"HFET\r\n" in path.read_bytes()
    assert read_brilcalc(path).as_dict() == parse_brilcalc(output(*ROWS), path).as_dict()
    path.write_text("\ufeff" + output(*ROWS), encoding="utf-8")
    assert len(read_brilcalc(path)) == 2


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "lumi.csv").write_bytes(b"\x1f\x8b\x08\xff\xfe")
    with pytest.raises(ConditionsError, match=r"lumi\.csv: is no text; write it with"):
        read_brilcalc(tmp_path / "lumi.csv")
    with pytest.raises(ConditionsError, match=r"nowhere\.csv: cannot be read \(No such file or directory\)"):
        read_brilcalc(tmp_path / "nowhere.csv")


class Programs:
    """Programs first on PATH that note how they were called, and print what they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, plain: str, tagged: str, *, fails_with: str = "nothing") -> None:
        told = self.folder / name
        told.with_suffix(".json").write_text(json.dumps({"plain": plain, "tagged": tagged}))
        told.write_text(
            f"#!{sys.executable} -S\n"
            "import json, pathlib, sys\n"
            f"told = pathlib.Path({str(told)!r})\n"
            "with open(str(told) + '.argv', 'a') as file:\n"
            "    file.write(json.dumps(sys.argv[1:]) + '\\n')\n"
            "is_tagged = any('--normtag' in word for word in sys.argv)\n"
            f"if is_tagged and {fails_with!r} == 'tagged' or {fails_with!r} == 'all':\n"
            "    sys.stderr.write('Traceback\\nValueError: no such iov\\n')\n"
            "    sys.exit(3)\n"
            "texts = json.loads(told.with_suffix('.json').read_text())\n"
            "sys.stdout.write(texts['tagged' if is_tagged else 'plain'])\n"
        )
        told.chmod(0o755)

    def calls(self, name: str) -> list[list[str]]:
        path = self.folder / f"{name}.argv"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    made = Programs(folder)
    # the tag that is printed is not trusted: versions of brilws print None for both
    plain = output(row(1, 100), row(2, 200), row(1, 1, run=372924), row(1, 300, run=372930))
    tagged = output(row(2, 222), row(1, 2, run=372924))
    made.put("brilcalc", plain, tagged)
    made.put("ssh", plain, tagged)
    return made


LUMI = ["lumi", "--byls", "--tssec", "--output-style", "csv"]
RANGE = ["--begin", "372923", "--end", "372930"]


def test_brilcalc_is_asked_with_and_without_normtag(programs: Programs) -> None:
    table = run_brilcalc([372930, "372923", 372923])
    assert programs.calls("brilcalc") == [[*LUMI, *RANGE], [*LUMI, "--normtag", NORMTAG, *RANGE]]
    assert table.run.tolist() == [372923, 372923, 372930]
    np.testing.assert_array_equal(table.delivered, [np.nan, 222, np.nan])
    assert table.status.tolist() == ["STABLE BEAMS"] * 3


def test_brilcalc_on_another_host(programs: Programs) -> None:
    run_brilcalc([372923, 372930], via_ssh="me@lxplus.cern.ch", normtag=TAG, program="/afs/x y/brilcalc")
    ssh = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "--", "me@lxplus.cern.ch"]
    before = "'/afs/x y/brilcalc' lumi --byls --tssec --output-style csv"
    after = "--begin 372923 --end 372930"
    assert programs.calls("ssh") == [[*ssh, f"{before} {after}"], [*ssh, f"{before} --normtag {TAG} {after}"]]
    assert programs.calls("brilcalc") == []


def test_without_normtag_brilcalc_is_asked_once(programs: Programs) -> None:
    table = run_brilcalc([372923], normtag=None)
    assert programs.calls("brilcalc") == [[*LUMI, "--begin", "372923", "--end", "372923"]]
    assert table.delivered.tolist() == [100, 200]


def test_no_runs_no_question(programs: Programs) -> None:
    assert len(run_brilcalc([])) == 0
    assert programs.calls("brilcalc") == []


@pytest.mark.parametrize("hostile", ["1; rm -rf /", "-oProxyCommand=x", "--help", "", "$(id)", "a\nb"])
def test_hostile_words_start_nothing(programs: Programs, hostile: str) -> None:
    with pytest.raises(ConditionsError, match=r"is no CMS run number; runs have six digits"):
        run_brilcalc([372923, hostile])
    with pytest.raises(ConditionsError, match=r"is no normtag; give a path or a name without blanks"):
        run_brilcalc([372923], normtag=hostile)
    with pytest.raises(ConditionsError, match=r"is no host name; give HOST or USER@HOST"):
        run_brilcalc([372923], via_ssh=hostile)
    assert programs.calls("brilcalc") == programs.calls("ssh") == []


@pytest.mark.parametrize(
    ("program", "host"), [("--help", None), ("", None), ("~/brilcalc", "lxplus.cern.ch")]
)
def test_programs_that_cannot_be_run(programs: Programs, program: str, host: str | None) -> None:
    with pytest.raises(ConditionsError, match=r"cannot be run; give the whole path of brilcalc"):
        run_brilcalc([372923], program=program, via_ssh=host)
    assert programs.calls("ssh") == []


def test_a_normtag_that_fails_is_an_error(programs: Programs) -> None:
    programs.put("brilcalc", output(row(1, 100)), "", fails_with="tagged")
    match = (
        r"brilcalc: the query with normtag /cvmfs/normtag_BRIL\.json failed, the one without it worked: "
        r"failed with code 3 \(ValueError: no such iov\); choose another normtag, or none"
    )
    with pytest.raises(ConditionsError, match=match):
        run_brilcalc([372923], normtag=TAG)
    assert run_brilcalc([372923], normtag=None).delivered.tolist() == [100]


def test_brilcalc_fails(programs: Programs) -> None:
    programs.put("brilcalc", "", "", fails_with="all")
    with pytest.raises(ConditionsError, match=r"^brilcalc: failed with code 3 \(ValueError: no such iov\)"):
        run_brilcalc([372923])
    assert len(programs.calls("brilcalc")) == 1


def test_an_output_that_breaks_off(programs: Programs) -> None:
    programs.put("ssh", output(*ROWS).partition("#Summary")[0], "")
    with pytest.raises(
        ConditionsError, match=r"brilcalc on lxplus\.cern\.ch: the output is cut: it has no #Summary"
    ):
        run_brilcalc([372923], via_ssh="lxplus.cern.ch")


def some_table() -> LumiTable:
    return LumiTable.make(
        run=[372923, 372923, 372924, 372924],
        lumisection=[1, 12, 7, 8],
        fill=[9068, 9068, 9068, 9068],
        start=[1692800000, 1692800256, 1692803000.25, 1692803023],
        delivered=[0, 160000.792, 150000.5, np.nan],
        recorded=[0, 154234.862, 140000.25, np.nan],
        pileup=[0, 40.3, np.nan, np.nan],
        status=["FLAT TOP", "STABLE BEAMS", "STABLE BEAMS", ""],
    )


def test_a_table_is_written_as_brilws_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    assert write_brilcalc(some_table().select(np.array([0, 1])), path) == 0
    unknown = [line.replace("HFET", "UNKNOWN").replace("6800", "0") for line in ROWS]
    wanted = output(*unknown).replace("24v1", "None").removesuffix("\n")
    assert path.read_bytes() == wanted.encode()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    assert write_brilcalc(some_table(), path) == 1
    assert read_brilcalc(path).as_dict() == some_table().select(np.arange(3)).as_dict()


def test_lumisections_without_time_are_not_written(tmp_path: Path) -> None:
    table = LumiTable.make(run=[372923], lumisection=[1], delivered=[1], recorded=[1])
    assert write_brilcalc(table, tmp_path / "lumi.csv") == 1
    assert len(read_brilcalc(tmp_path / "lumi.csv")) == 0


def test_coffea_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    write_brilcalc(some_table(), path)
    lumi = LumiData(str(path))
    assert lumi.get_lumi(np.array([[372923, 12], [372924, 7]])) == pytest.approx(154234.862 + 140000.25)
    assert lumi.get_lumi(np.array([[372923, 1], [372924, 8]])) == 0


def test_coffea_and_this_program_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "lumi.csv"
    path.write_bytes(output(*(row(ls, 1000.0 + ls) for ls in range(1, 50))).encode())
    table = read_brilcalc(path)
    both = np.stack([table.run, table.lumisection], axis=1)
    assert LumiData(str(path)).get_lumi(both) == pytest.approx(table.recorded.sum())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"cannot be written"):
        write_brilcalc(some_table(), tmp_path / "file" / "lumi.csv")
