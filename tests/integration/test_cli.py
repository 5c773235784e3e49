"""The command line, end to end."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import uproot
from pytest_httpserver import HTTPServer

from bhm_columnar import load_calibration, load_histograms
from bhm_columnar.calibration.store import save_calibration
from bhm_columnar.cli import main
from bhm_columnar.plotting.figures import FIGURES

GOLDEN = Path(__file__).parents[1] / "golden" / "cases"


def run(*argv: object) -> int:
    return main([str(one) for one in argv])


def test_analyse_leaves_what_it_says(analysed: Path, summary: dict) -> None:
    assert sorted(path.name for path in analysed.iterdir()) == [
        "README.txt",
        "calibration.json",
        "conditions.json",
        "events",
        "exposure.json",
        "figures",
        "histograms.root",
        "histograms.uhi.zip",
        "report.html",
        "summary.json",
    ]
    assert sorted(path.name for path in (analysed / "events").iterdir()) == ["minusZ.root", "plusZ.root"]
    figures = {path.name for path in (analysed / "figures").iterdir()}
    assert len(figures) == 2 * (7 * 2 + 2 + 2 * 4 + 1)
    assert all((analysed / "figures" / name).stat().st_size > 5000 for name in figures)
    for side in summary["sides"].values():
        assert side["read"]["events"] == 3000
        assert side["clean"] == side["regions"]["SR"] + side["regions"]["BR"]
        assert side["regions"]["SR"] > 500


def test_dumps_of_a_web_server(
    toy: Path,
    analysed: Path,
    summary: dict,
    tmp_path: Path,
    httpserver: HTTPServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = ("uHTR4.txt", "uHTR11.txt")
    for name in names:
        httpserver.expect_request(f"/{name}").respond_with_data((toy / name).read_bytes())
    urls = [httpserver.url_for(f"/{name}") for name in names]
    assert run("analyse", *urls, "-o", tmp_path / "web", "--no-figures") == 0
    assert load_calibration(tmp_path / "web" / "calibration.json") == load_calibration(
        analysed / "calibration.json"
    )
    there = json.loads((tmp_path / "web" / "summary.json").read_text())
    assert [side["regions"] for side in there["sides"].values()] == [
        side["regions"] for side in summary["sides"].values()
    ]
    capsys.readouterr()
    assert run("inspect", *urls, "--json") == 0
    inspected = json.loads(capsys.readouterr().out)["sides"]
    assert [side["events"] for side in inspected.values()] == [3000, 3000]


def test_root_histograms_hold_the_numbers_of_the_summary(analysed: Path, summary: dict) -> None:
    with uproot.open(analysed / "histograms.root") as file:
        for name, folder in (("+Z", "plusZ"), ("-Z", "minusZ")):
            side = summary["sides"][name]
            for region, total in side["regions"].items():
                assert file[f"{folder}/{region}/occupancy"].values().sum() == total
                assert file[f"{folder}/{region}/charge"].values(flow=True).sum() == total
                channels = file[f"{folder}/{region}/channels"]
                counts = dict(zip(channels.axis().labels(), channels.values(), strict=True))
                assert counts == {channel: values[region] for channel, values in side["channels"].items()}
            assert file[f"{folder}/tdc_adc"].values().sum() == side["clean"]
            spectra = [file[f"{folder}/{channel}/adc"].values().sum() for channel in side["channels"]]
            assert sum(spectra) == side["clean"]
            occupancy = file[f"{folder}/SR/occupancy"]
            assert occupancy.axis().edges().size == 3565
            assert occupancy.member("fXaxis").member("fTitle") == "BX of the board"


def test_runs_calibration_cuts_and_format(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = tmp_path / "cuts.toml"
    cuts.write_text("tdc_window = 2\n")
    out = tmp_path / "out"
    options = [
        "--runs",
        "380001-380002",
        "--calibration",
        "v2",
        "--cuts",
        cuts,
        "--format",
        "parquet",
        "--no-figures",
    ]
    assert run("analyse", toy, "-o", out, *options, "--workers", "2", "--chunksize", "1000") == 0
    printed = capsys.readouterr().out
    assert "2 runs (380001 to 380002), reference run 380001" in printed
    summary = json.loads((out / "summary.json").read_text())
    assert summary["runs"] == [380001, 380002]
    assert summary["cuts"]["tdc_window"] == 2
    assert summary["calibration"]["name"] == "v2"
    assert sorted(path.name for path in (out / "events").iterdir()) == ["minusZ.parquet", "plusZ.parquet"]
    assert load_calibration(out / "calibration.json") == load_calibration("v2")


def test_the_steps_one_by_one_give_the_same(toy: Path, analysed: Path, tmp_path: Path) -> None:
    events, calibration, filled = tmp_path / "events", tmp_path / "c.json", tmp_path / "filled"
    assert run("convert", toy, "-o", events) == 0
    assert run("align", events, "-o", calibration, "--write-cuts", tmp_path / "cuts.json") == 0
    assert run("fill", events, "-p", "halo", "--calibration", tmp_path / "cuts.json", "-o", filled) == 0
    mine, theirs = load_histograms(filled)[0], load_histograms(analysed)[0]
    assert mine == {name: theirs[name] for name in mine}
    made, expected = load_calibration(calibration), load_calibration(analysed / "calibration.json")
    assert made == expected


def test_fill_measures_the_calibration_itself(analysed: Path, tmp_path: Path) -> None:
    assert run("fill", analysed, "-p", "stability", "-o", tmp_path / "out") == 0
    assert load_histograms(tmp_path / "out")[0]["stability"] == load_histograms(analysed)[0]["stability"]
    assert (tmp_path / "out" / "calibration.json").exists()


def test_a_processor_of_the_users_own(analysed: Path, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "docs" / "examples" / "pulse_height.py"
    out = tmp_path / "out"
    assert (
        run(
            "fill",
            analysed,
            "-p",
            f"{source}:PulseHeight",
            "-o",
            out,
            "--workers",
            "2",
            "--chunksize",
            "1000",
        )
        == 0
    )
    histograms, about = load_histograms(out)
    summary = json.loads((analysed / "summary.json").read_text())
    assert histograms["height"].sum() == sum(side["clean"] for side in summary["sides"].values())
    assert json.loads((out / "output.json").read_text())["pulses"] == histograms["height"].sum()
    assert about["processor"].endswith(":PulseHeight")


def test_plot(analysed: Path, tmp_path: Path) -> None:
    assert run("plot", analysed, "--figure", "adc", "--of", "MF03", "-o", tmp_path / "adc.svg") == 0
    assert "MF03" not in (tmp_path / "adc.svg").name
    assert (tmp_path / "adc.svg").read_text().startswith("<?xml")
    assert (
        run("plot", analysed, "--figure", "occupancy", "-o", tmp_path / "o.png", "--label", "Private work")
        == 0
    )
    assert (tmp_path / "o.png").read_bytes().startswith(b"\x89PNG")


def test_plot_draws_all_again(analysed: Path, tmp_path: Path) -> None:
    assert run("plot", analysed, "-o", tmp_path / "figures") == 0
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == sorted(path.name for path in (analysed / "figures").iterdir())


def test_inspect(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("inspect", GOLDEN / "truncated") == 0
    printed = capsys.readouterr().out.replace("\n", "")
    assert "uHTR11.txt.xz:7369: unterminated_line, 1 in all: '7 3 2 5 6 6 101 55" in printed
    assert "ends in the middle of a line" in printed
    assert run("inspect", GOLDEN / "wrapped", "--json") == 0
    sides = json.loads(capsys.readouterr().out)["sides"]
    assert {name: (side["events"], side["order"]["orbit_wraps"]) for name, side in sides.items()} == {
        "+Z": (2400, 1),
        "-Z": (2400, 1),
    }
    assert len(sides["+Z"]["files"]) == 2


def test_what_goes_backwards_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("analyse", GOLDEN / "letters", "-o", tmp_path / "out", "--no-figures") == 0
    assert (
        "+Z: 1 event(s) or file(s) are out of order, first at run 362000 event 1" in capsys.readouterr().out
    )
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["sides"]["+Z"]["order"]["duplicates"] == 0


def test_uhtr_files_for_the_earlier_program(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", toy, "-o", tmp_path, "--format", "uhtr") == 0
    assert "uHTR11.uhtr: 3,000 events" in capsys.readouterr().out
    assert run("analyse", tmp_path, "-o", tmp_path / "out", "--no-figures") == 0


def test_how_much_may_be_bad(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (toy / "uHTR4.txt").read_text()
    (tmp_path / "uHTR4.txt").write_text(text.replace("EVT: 1", "EVT: x"))
    assert run("analyse", tmp_path, "-o", tmp_path / "out", "--no-figures") == 1
    error = capsys.readouterr().err
    assert "1111 of 3000 events cannot be read, 1111 of them for a header without its four numbers" in error
    assert run("analyse", tmp_path, "-o", tmp_path / "out", "--no-figures", "--max-bad", "40%") == 0
    assert run("convert", tmp_path / "uHTR4.txt", "-o", tmp_path / "x", "--strict") == 1
    assert "uHTR4.txt:1: a header without its four numbers (bad_header)" in capsys.readouterr().err


def test_processors(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("processors") == 0
    printed = capsys.readouterr().out
    assert "adc_tdc" in printed
    assert "Count clean pulses by side and region" in printed


def test_simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run("simulate", tmp_path / "toy", "--events", "50", "--seed", "3", "--style", "debug", "--runs", "1")
        == 0
    )
    assert "100 events" in capsys.readouterr().out
    assert "RUN: 380000, dbg" in (tmp_path / "toy" / "uHTR11.txt").read_text()


def test_bad_lines_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], toy: Path) -> None:
    text = (toy / "uHTR4.txt").read_text().split("\n")
    text[2] = text[2].replace(" ", " x", 1)
    (tmp_path / "uHTR4.txt").write_text("\n".join(text))
    (tmp_path / "notes.txt").write_text("hello")
    assert run("analyse", tmp_path, "-o", tmp_path / "out", "--no-figures") == 0
    printed = capsys.readouterr().out.replace("\n", "")
    assert "uHTR4.txt:3 (bad_character)" in printed
    assert "notes.txt was left aside" in printed
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["sides"]["+Z"]["read"]["skipped"] == {"bad_character": 1}
    assert summary["sides"]["+Z"]["read"]["first_bad"]["line"] == 3
    assert "-Z" not in summary["sides"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["analyse", "{tmp}/nowhere", "-o", "{tmp}/out"], "nowhere: no such file or folder; give a folder"),
        (["analyse", "{tmp}", "-o", "{tmp}/out"], "holds no dump"),
        (["analyse", "{toy}", "-o", "{tmp}/out", "--runs", "5"], "run 5 is not in the data; runs are 380000"),
        (["analyse", "{toy}", "-o", "{tmp}/out", "--calibration", "{tmp}/x"], "cannot be read (No such file"),
        (["analyse", "{toy}", "-o", "{tmp}/out", "--cuts", "{tmp}/x"], "cannot be read (No such file"),
        (["analyse", "{toy}", "-o", "/dev/null/out"], "/dev/null/out: cannot be written"),
        (["analyse", "{toy}", "-o", "{analysed}"], "exists already; give another name, or --overwrite"),
        (
            ["analyse", "{golden}/unnamed", "-o", "{tmp}/out"],
            "does not tell which side wrote it; say it with --side",
        ),
        (["convert", "{tmp}/nowhere", "-o", "{tmp}/out"], "no such file or folder"),
        (["fill", "{toy}", "-p", "halo", "-o", "{tmp}/out"], "holds no converted events"),
        (["fill", "{analysed}", "-p", "x", "-o", "{tmp}/out"], "no processor is called 'x'"),
        (["align", "{analysed}/histograms.root"], "holds no BHM events with provenance"),
        (["plot", "{tmp}", "-o", "{tmp}/figures"], "no histograms can be read"),
        (["plot", "{analysed}", "--of", "PN", "-o", "{tmp}/x"], "--of and --region need --figure"),
        (["simulate", "{toy}", "--events", "5"], "exists already"),
    ],
)
def test_bad_input_is_said_in_one_line(
    argv: list[str],
    message: str,
    tmp_path: Path,
    toy: Path,
    analysed: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"tmp": tmp_path, "toy": toy, "analysed": analysed, "golden": GOLDEN}
    assert run(*(one.format(**places) for one in argv)) == 1
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert printed.startswith("bhm: ")
    assert not (tmp_path / "out").exists()


def test_a_side_can_be_given(tmp_path: Path) -> None:
    for words in (["--side", "-Z"], ["--side=-Z"]):
        assert run("convert", GOLDEN / "unnamed", "-o", tmp_path, *words, "--overwrite") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["minusZ.root"]


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such file or folder"):
        run("analyse", tmp_path / "nowhere", "-o", tmp_path / "out", "--debug")


def test_an_existing_result_is_replaced_only_if_told(toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").touch()
    save_calibration(load_calibration("v1"), tmp_path / "v1.json")
    assert run("analyse", toy / "uHTR4.txt", "-o", out) == 1
    assert [path.name for path in out.iterdir()] == ["old"]
    options = ["--overwrite", "--no-figures", "--calibration", tmp_path / "v1.json"]
    assert run("analyse", toy / "uHTR4.txt", "-o", out, *options) == 0
    assert not (out / "old").exists()
    assert json.loads((out / "summary.json").read_text())["calibration"]["name"] == "v1"


def test_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        run("analyse")


@pytest.mark.parametrize(
    "code", ["import bhm_columnar", "from bhm_columnar.cli import make_parser; make_parser()"]
)
def test_nothing_heavy_is_imported_before_it_is_used(code: str) -> None:
    watch = "import sys; print(*(m for m in ('coffea', 'matplotlib', 'numba', 'dask', 'numpy') if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {watch}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_a_person_sees_progress_and_a_pipe_does_not(toy: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from bhm_columnar.cli import main; raise SystemExit(main())",
        "convert",
        toy,
    ]
    piped = subprocess.run([*command, "-o", tmp_path / "a"], capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    reader, terminal = pty.openpty()
    with subprocess.Popen(
        [*command, "-o", tmp_path / "b"], stderr=terminal, stdout=subprocess.DEVNULL
    ) as watched:
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while piece := os.read(reader, 65536):
                seen += piece
    os.close(reader)
    assert watched.returncode == 0
    assert b"convert" in seen
    assert b"100%" in seen


def test_every_figure_has_a_name_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert all(f"`{name}`" in text for name in FIGURES)


def test_figures_without_a_label(toy: Path, tmp_path: Path) -> None:
    assert run("analyse", toy, "-o", tmp_path / "out", "--no-figures", "--label", "") == 0
    assert load_histograms(tmp_path / "out")[1]["label"] == ""
