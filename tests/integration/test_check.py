"""Data quality, from dumps with injected faults to the exit code of `bhm check`."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.quality import FAULTS, measure
from bhm_columnar import analyse, load_histograms, simulate_dumps
from bhm_columnar.cli import main
from bhm_columnar.execution.job import open_job
from bhm_columnar.histograms.output import save_histograms
from bhm_columnar.quality.folder import check_folder
from bhm_columnar.quality.model import Quality
from bhm_columnar.quality.thresholds import Thresholds, load_thresholds

FAULTY = ("dead:PN03", "hot:MF07:6", "tdc:MN02:1.0", "gain:PF02:0.75", "link:-Z:4:0.4")


def run(*argv: object) -> int:
    return main([str(one) for one in argv])


def add_fates(out: Path) -> None:
    """Count the fates of pulses beside what an analysis has counted, if it has not."""
    histograms, about = load_histograms(out)
    if "quality" not in histograms:
        counted = open_job(out / "events").fill("fill", ["quality"]).output["quality"]
        save_histograms({**histograms, **counted}, out, about)


def drop_fates(out: Path) -> None:
    histograms, about = load_histograms(out)
    histograms.pop("quality", None)
    save_histograms(histograms, out, about)


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """What `analyse` makes of dumps simulated with these options."""

    def make(*options: str, seed: int) -> Path:
        folder = tmp_path_factory.mktemp("made")
        assert run("simulate", folder / "toy", "--events", 8000, "--seed", seed, *options) == 0
        analyse(folder / "toy", folder / "out", figures=False)
        add_fates(folder / "out")
        return folder / "out"

    return make


@pytest.fixture(scope="module")
def sound(make: Callable[..., Path]) -> Path:
    return make(seed=21)


@pytest.fixture(scope="module")
def faulty(make: Callable[..., Path]) -> Path:
    return make(*(word for fault in FAULTY for word in ("--fault", fault)), seed=22)


def test_sound_dumps_are_ok(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", sound) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("OK (no flags; compared with v2)")


def test_each_fault_is_flagged_and_nothing_else(
    sound: Path, faulty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", faulty, "--reference", sound, "--json") == 4
    content = json.loads(capsys.readouterr().out)
    found = {(one["flag"], one["channel"]) for one in content["flags"]}
    on_fibre = {("link_words", name) for name in (None, "MN05", "MN06", "MN07", "MN08")}
    assert found == {("dead", "PN03"), ("hot", "MF07"), ("tdc", "MN02"), ("gain", "PF02"), *on_fibre}
    assert content["status"] == "BAD"
    assert content["reference"] == str(sound)
    assert content["channels"]["PN03"]["status"] == "BAD"
    assert content["channels"]["PF02"]["gain"] == pytest.approx(0.75, abs=0.05)
    assert content["channels"]["MN02"]["tdc_shift"] == pytest.approx(1.0, abs=0.15)
    assert Quality.from_dict(content).status == "BAD"


def test_the_table_says_what_and_why(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", faulty) == 4
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "PN03 gives 0 clean pulses" in printed
    assert "Fibre 4 of -Z has" in printed
    assert (
        "not judged: tdc, gain, calibration, link_words, codes_62, codes_63, dll, invalid (PN03: 0 pulses)"
        in printed
    )
    assert "compared with v2)" in printed


def test_warnings_have_their_own_exit_code(make: Callable[..., Path], sound: Path) -> None:
    weak = make("--fault", "gain:PF02:0.75", seed=23)
    assert run("check", weak, "--reference", sound) == 3
    assert run("check", weak) == 0


def test_thresholds_of_a_file(sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "limits.toml"
    assert run("check", "--write-thresholds", path) == 0
    assert load_thresholds(path) == Thresholds()
    assert run("check", "--write-thresholds", path) == 1
    assert "exists already; give another name" in capsys.readouterr().err
    path.write_text("codes_63 = [0.005, 0.01]\n")
    assert run("check", sound, "--thresholds", path) == 4
    path.write_text("codes_36 = [0.005, 0.01]\n")
    assert run("check", sound, "--thresholds", path) == 1
    assert "limits.toml: no threshold is called 'codes_36'" in capsys.readouterr().err


def test_results_without_fates_say_so(
    faulty: Path, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = tmp_path / "older"
    shutil.copytree(faulty, older)
    drop_fates(older)
    assert run("check", older, "--reference", sound) == 4
    printed = capsys.readouterr().out
    assert "link_words, codes_62, codes_63, dll, invalid (+Z: there is no histogram `quality`" in printed
    assert {one.flag for one in check_folder(older, reference=sound).flags} == {"dead", "hot", "tdc", "gain"}


def test_one_side_is_a_warning(tmp_path: Path) -> None:
    simulate_dumps(tmp_path / "toy", events=3000, seed=4)
    analyse(tmp_path / "toy" / "uHTR4.txt", tmp_path / "out", figures=False)
    quality = check_folder(tmp_path / "out")
    assert [(one.flag, one.side) for one in quality.flags] == [("missing_side", "-Z")]
    lenient = check_folder(tmp_path / "out", thresholds=replace(Thresholds(), missing_side="OK"))
    assert lenient.status == "OK"


def test_a_reference_may_be_a_table_or_a_calibration(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", sound, "--reference", "v1") == 4
    assert run("check", sound, "--reference", sound / "calibration.json") == 0
    assert run("check", sound, "--reference", "nothing.json") == 1
    assert "nothing.json: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("summary.json", None, "summary.json: cannot be read .*; give a folder that `bhm analyse` wrote"),
        ("summary.json", "[]", "summary.json: is no summary"),
        ("histograms.uhi.zip", None, "no histograms can be read"),
        ("calibration.json", "{", "calibration.json: is not JSON"),
    ],
)
def test_damaged_results_are_refused(
    name: str,
    content: str | None,
    what: str,
    sound: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    shutil.copytree(sound, out)
    (out / name).unlink()
    if content is not None:
        (out / name).write_text(content)
    assert run("check", out) == 1
    printed = capsys.readouterr().err
    assert re.search(what, printed), printed


def test_out_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 1
    assert "OUT is missing" in capsys.readouterr().err


def test_faults_of_many_samples_are_found_and_nothing_wrong_is_said() -> None:
    """The benchmark in small."""
    scores = measure(20_000, [1, 2])
    for by_fault in scores.values():
        assert list(by_fault) == list(FAULTS)
        assert [dict(one.wrong) for one in by_fault.values()] == [{}] * len(FAULTS)
    for name, one in scores["with a reference"].items():
        if name != "none":
            assert (name, one.found, one.undecided, one.missed) == (name, 2, 0, 0)


def test_what_few_events_cannot_tell_is_said() -> None:
    scores = measure(1_500, [1, 2])["with a reference"]
    assert [dict(one.wrong) for one in scores.values()] == [{}] * len(FAULTS)
    assert [one.missed for one in scores.values()] == [0] * len(FAULTS)
    assert scores["gain 0.8"].undecided > 0


def test_faults_that_make_no_sense_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", tmp_path / "x", "--fault", "gain:PN01:-1") == 1
    assert "gain -1 of PN01 makes no sense" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
