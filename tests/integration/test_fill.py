"""A simulated LHC fill with known truth: rates, luminosity, beam status, filling scheme."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import pytest
import uproot

from bhm_columnar import analyse, flatten_pulses, load_histograms, read_dump, simulate_dumps
from bhm_columnar.calibration.store import load_calibration
from bhm_columnar.cli import main
from bhm_columnar.conditions.context import Context, find_context
from bhm_columnar.conditions.gather import Wanted
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.detector.lhc import ABORT_GAP, LUMISECTION_S, N_BX
from bhm_columnar.execution.job import open_job
from bhm_columnar.histograms.counts import pick
from bhm_columnar.histograms.rates import count_pulses
from bhm_columnar.selection.cleaning import clean_pulses
from bhm_columnar.selection.regions import classify_regions, is_in, region_table
from bhm_columnar.simulation.fill import Fill
from bhm_columnar.simulation.model import ORIGINS, Model

EVENTS = 200_000
OFFSET = 1234
#: one pulse per event, so that pulses are independent as Poisson intervals take them
MODEL = Model(fill=Fill(), bx_offset=OFFSET, multiplicity=((1, 1.0),), rate_hz=60.0)
CALIBRATION = "v2"


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def wanted(folder: Path) -> Wanted:
    return Wanted(conditions=folder / "runs.json", lumi=folder / "lumi.csv", filling=folder / "filling.json")


@pytest.fixture(scope="module")
def fill(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """Folder of dumps, folder of results, and the summary."""
    folder = tmp_path_factory.mktemp("fill")
    simulate_dumps(folder / "toy", events=EVENTS, seed=4, model=MODEL)
    summary = analyse(
        folder / "toy",
        folder / "out",
        calibration=CALIBRATION,
        figures=False,
        conditions=wanted(folder / "toy"),
    )
    return folder / "toy", folder / "out", summary


def context_of(toy: Path, out: Path) -> Context:
    job = open_job(out)
    return find_context(job.coverage, job.chosen_runs, wanted(toy))


def region_shares(dump: str, truth: Path, side: str) -> dict[str, np.ndarray]:
    """Part of the pulses of each origin that falls into each region."""
    events, _ = read_dump(dump)
    pulses = flatten_pulses(events)
    rows = pq.read_table(truth, filters=[("side", "=", side)])
    origin = ak.to_numpy(ak.from_arrow(rows["origin"].combine_chunks().indices))
    pulses = ak.with_field(pulses, origin, "origin")
    clean, _ = clean_pulses(pulses)
    bits = classify_regions(clean, region_table(load_calibration(CALIBRATION)))
    total = np.bincount(origin, minlength=len(ORIGINS))
    return {
        region: np.bincount(ak.to_numpy(clean.origin)[is_in(bits, region)], minlength=len(ORIGINS)) / total
        for region in ("SR", "CP", "AR")
    }


def test_rates_are_the_true_ones_within_their_errors(fill: tuple[Path, Path, dict[str, Any]]) -> None:
    toy, out, _ = fill
    plan = MODEL.plan_fill(EVENTS)
    assert plan is not None
    times = context_of(toy, out).times
    rates = load_histograms(out)[0]["rates"]
    pulls = []
    for side in SIDES:
        shares = region_shares(str(toy / f"uHTR{side.uhtr}.txt"), toy / "truth.parquet", side.name)
        # true lumisections on the measured time axis; what is expected of each is flat within it
        start = times.seconds(side.name, plan.run, plan.first_orbit)
        for region, parts in shares.items():
            expected = EVENTS * (parts @ plan.shares)
            points = np.stack([start, start + LUMISECTION_S], axis=1).ravel()
            so_far = np.stack([np.cumsum(expected) - expected, np.cumsum(expected)], axis=1).ravel()
            in_bin = np.diff(np.interp(times.exposure.edges, points, so_far))
            counts = count_pulses(rates, side=side.name, region=region)
            usable = in_bin > 20
            pulls.append((counts - in_bin)[usable] / np.sqrt(in_bin[usable]))
    pull = np.concatenate(pulls)
    assert len(pull) > 500
    assert abs(pull.mean()) < 0.1
    assert abs(pull.std() - 1) < 0.1


def test_every_clean_pulse_has_its_time(fill: tuple[Path, Path, dict[str, Any]]) -> None:
    _, out, summary = fill
    histograms, _ = load_histograms(out)
    for side in SIDES:
        for region in ("SR", "BR", "CP", "AR"):
            at = {"side": side.name, "region": region}
            assert np.array_equal(
                pick(histograms["rates"], **at).project("channel").values(),
                pick(histograms["channels"], **at).values(),
            )
            assert summary["rates"][side.name][region]["without_time"] == 0


def test_luminosity_and_status_are_those_of_the_fill(fill: tuple[Path, Path, dict[str, Any]]) -> None:
    toy, out, summary = fill
    plan = MODEL.plan_fill(EVENTS)
    assert plan is not None
    exposure = context_of(toy, out).times.exposure
    rows = exposure.lumisection > 0
    place = {
        (run, ls): k
        for k, (run, ls) in enumerate(zip(plan.run.tolist(), plan.lumisection.tolist(), strict=True))
    }
    found = [
        place[key]
        for key in zip(exposure.run[rows].tolist(), exposure.lumisection[rows].tolist(), strict=True)
    ]
    assert found == list(range(len(plan.run)))
    assert [exposure.status[row] for row in np.flatnonzero(rows)] == plan.status.tolist()
    assert exposure.delivered[rows] == pytest.approx(plan.luminosity * LUMISECTION_S, rel=0.1)
    assert summary["conditions"]["delivered_per_ub"] == pytest.approx(
        plan.luminosity.sum() * LUMISECTION_S, rel=0.01
    )
    assert summary["conditions"]["problems"] == []
    assert summary["conditions"]["time"]["uncertainty_s"] < 1


def test_bx_are_aligned_and_the_abort_gap_is_found(fill: tuple[Path, Path, dict[str, Any]]) -> None:
    _, _, summary = fill
    for side in SIDES:
        found = summary["bunches"]["alignment"][side.name]
        assert found["offset"] == OFFSET
        assert found["significance"] > 50
        assert found["lead"] > 10
        gap = summary["bunches"]["abort_gap"][side.name]
        assert gap["significance"] > 10
        # slots next to it are empty as well
        assert abs(gap["first"] - (ABORT_GAP[0] + OFFSET) % N_BX) < 30
        assert gap["counts"] < 0.01 * gap["expected"]


def test_the_command_line_says_the_same(
    fill: tuple[Path, Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, summary = fill
    table = tmp_path / "rates.csv"
    assert (
        main(["rates", str(out), "--region", "SR,CP", "--csv", str(table), "--bunches", str(tmp_path / "b")])
        == 0
    )
    said = capsys.readouterr().out
    counts = summary["rates"]["+Z"]["SR"]["counts"]
    assert f"{counts:,}" in said
    rows = read_csv(table)
    assert sum(int(row["+Z_SR_pulses"]) for row in rows) == counts
    assert {row["status"] for row in rows} >= {"FLAT TOP", "ADJUST", "STABLE BEAMS"}
    live = sum(float(row["+Z_live_s"]) for row in rows)
    assert float(summary["rates"]["+Z"]["SR"]["hz"]) == pytest.approx(counts / live)
    slots = read_csv(tmp_path / "b" / "bunches_plusZ_SR.csv")
    assert len(slots) == N_BX
    of_class = {
        name: sum(int(row["counts"]) for row in slots if row["class"] == name)
        for name in {row["class"] for row in slots}
    }
    assert of_class["beam 2 only"] < 0.01 * of_class["beam 1 only"] + 5
    with uproot.open(tmp_path / "b" / "bunches_plusZ_SR.root") as file:
        assert file["bunches"]["counts"].array(library="np").sum() == counts


def test_one_hour_in_other_units(
    fill: tuple[Path, Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = fill
    hour = ["--from", "2023-08-23 12:10:00", "--to", "2023-08-23T12:20:00Z"]
    assert main(["rates", str(out), *hour, "--channels", "PN*", "--unit", "/min"]) == 0
    said = capsys.readouterr().out
    assert "mean rate [/min]" in said
    assert "-Z" not in said
    assert main(["rates", str(out), "--unit", "/nb"]) == 0
    assert main(["rates", str(out), "--unit", "Hz/1e11p"]) == 1
    assert "no beam intensity is known; give `bhm analyse --filling`" in capsys.readouterr().err
    assert main(["rates", str(out), "--from", "2024-01-01 00:00:00"]) == 1
    assert "the data go from 2023-08-23 1" in capsys.readouterr().err
    assert main(["rates", str(out), "--from", "noon"]) == 1
    assert "'noon' is no time; write 2023-08-23 12:00:00 (UTC)" in capsys.readouterr().err
    assert main(["rates", str(out), "--region", "XX"]) == 1
    assert "'XX' is no region" in capsys.readouterr().err


def split(dump: Path, folder: Path, parts: int) -> None:
    """Divide a dump at event boundaries into files of a row."""
    blocks = dump.read_bytes().split(b"--- START")
    events = [b"--- START" + block for block in blocks[1:]]
    folder.mkdir(exist_ok=True)
    for k in range(parts):
        piece = events[len(events) * k // parts : len(events) * (k + 1) // parts]
        (folder / f"{dump.stem}_{k + 1}.txt").write_bytes((blocks[0] if k == 0 else b"") + b"".join(piece))


def test_a_wrap_and_a_split_over_files_change_no_count(tmp_path: Path) -> None:
    rates = {}
    late = 2**32 - 1_500_000
    for name, first in (("plain", 1_000_000), ("wrapped", late)):
        model = replace(MODEL, first_orbit=first)
        simulate_dumps(tmp_path / name, events=20_000, seed=9, model=model)
        if name == "wrapped":
            for side in SIDES:
                split(tmp_path / name / f"uHTR{side.uhtr}.txt", tmp_path / "split", 12)
            toy = tmp_path / "split"
        else:
            toy = tmp_path / name
        summary = analyse(
            toy,
            tmp_path / f"{name}_out",
            calibration=CALIBRATION,
            figures=False,
            conditions=wanted(tmp_path / name),
        )
        assert summary["sides"]["+Z"]["order"]["orbit_wraps"] == (name == "wrapped")
        rates[name] = load_histograms(tmp_path / f"{name}_out")[0]["rates"]
    assert rates["plain"].axes["time"].edges == pytest.approx(rates["wrapped"].axes["time"].edges, abs=1e-6)
    assert np.array_equal(rates["plain"].values(flow=True), rates["wrapped"].values(flow=True))
    assert rates["plain"].sum() > 10_000


def test_conditions_that_contradict_the_data_are_left_out_and_said(
    fill: tuple[Path, Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy, _, _ = fill
    content = json.loads((toy / "runs.json").read_text())
    for run in content["data"]:
        run["attributes"]["end_time"] = "2023-08-23T11:00:00Z"
    (tmp_path / "runs.json").write_text(json.dumps(content))
    command = [
        "analyse",
        str(toy),
        "-o",
        str(tmp_path / "out"),
        "--no-figures",
        "--conditions",
        str(tmp_path / "runs.json"),
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "run 380000 begins at 2023-08-23 12:00:00 and ends before, at 2023-08-23 11:00:00" in said.replace(
        "\n", " "
    )
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["conditions"]["time"]["absolute"] is False
    assert summary["conditions"]["runs"] == []
    assert summary["rates"]["+Z"]["SR"]["hz"] > 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "plot {out} --figure bunch_rates --channels PN01 -o {tmp}/x.png",
            "--channels is for --figure rates, rate_lumi",
        ),
        (
            "plot {out} --figure occupancy --unit /h -o {tmp}/x.png",
            "--unit is for --figure rates; leave it out",
        ),
        ("plot {out} --figure rates --of CP --region SR -o {tmp}/x.png", "--of and --region say the same"),
        ("plot {out} --channels PN01 -o {tmp}/figs", "--channels is for --figure"),
        ("rates {out} --bunches {tmp}/b --channels PN01", "--bunches are of all units and times"),
        ("rates {out} --unit kHz", "no unit is called 'kHz'"),
        ("rates {out} --channels XX", "no channel matches 'XX'"),
        ("rates {tmp}", "no histograms can be read"),
    ],
)
def test_what_cannot_be_obeyed_is_refused(
    fill: tuple[Path, Path, dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    said: str,
) -> None:
    words = [word.format(out=fill[1], tmp=tmp_path) for word in command.split()]
    assert main(words) == 1
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_figures_of_a_part(fill: tuple[Path, Path, dict[str, Any]], tmp_path: Path) -> None:
    part = ["--from", "2023-08-23 12:10:00", "--to", "2023-08-23 12:30:00", "--channels", "MN*"]
    for figure, more in (
        ("rates", [*part, "--unit", "/min", "--region", "CP"]),
        ("rate_luminosity", [*part, "--region", "CP"]),
        ("bunch_rates", ["--of", "minusZ_CP"]),
        ("bunch_occupancy", ["--of", "minusZ"]),
    ):
        target = tmp_path / f"{figure}.png"
        assert main(["plot", str(fill[1]), "--figure", figure, *more, "-o", str(target)]) == 0
        assert target.stat().st_size > 10_000


def test_rates_of_filled_histograms(
    fill: tuple[Path, Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy, out, summary = fill
    conditions = ["--conditions", str(toy / "runs.json"), "--lumi", str(toy / "lumi.csv")]
    command = ["fill", str(out), "-p", "rates", "--calibration", CALIBRATION, "-o", str(tmp_path / "h")]
    assert main([*command, *conditions]) == 0
    capsys.readouterr()
    assert main(["rates", str(tmp_path / "h")]) == 0
    assert f"{summary['rates']['+Z']['SR']['counts']:,}" in capsys.readouterr().out
    with uproot.open(tmp_path / "h" / "histograms.root") as file:
        live = summary["conditions"]["live_s"]["+Z"]
        assert file["plusZ/live_time"].values().sum() == pytest.approx(live)
    assert main(["rates", str(tmp_path / "h"), "--bunches", str(tmp_path / "b")]) == 1
