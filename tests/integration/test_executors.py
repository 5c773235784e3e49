"""The same histograms from every executor, and nothing lost when workers die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import awkward as ak
import pytest
from distributed import Client, LocalCluster
from hist import Hist

from bhm_columnar import (
    analyse,
    fill_histograms,
    find_events,
    load_calibration,
    load_histograms,
    read_events,
    simulate_dumps,
)
from bhm_columnar.cli import main
from bhm_columnar.conditions.context import find_context
from bhm_columnar.errors import ProcessorError
from bhm_columnar.execution.executors import Execution
from bhm_columnar.execution.job import open_job
from bhm_columnar.execution.registry import describe_processors, make_processor
from bhm_columnar.io.convert import convert_folder, read_provenance
from bhm_columnar.io.folders import find_dumps

#: a processor of a user's, slow enough to be killed in the middle
USER = '''
import time
import awkward as ak
from coffea.processor import ProcessorABC
from hist import Hist

class Peaks(ProcessorABC):
    """Peaks of all pulses, by hand."""

    def process(self, events):
        h = Hist.new.Reg(256, -0.5, 255.5, name="adc").Int64()
        return {"peaks": h.fill(adc=ak.flatten(events.Pulse.peak)), "events": len(events)}

class Slow(Peaks):
    def process(self, events):
        time.sleep(0.05)
        return super().process(events)

class Slower(Peaks):
    def process(self, events):
        time.sleep(0.5)
        return super().process(events)

class Failing(Peaks):
    def process(self, events):
        if events.event[0] > 20:
            raise ValueError("no such thing")
        return super().process(events)
'''


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("user") / "user.py"
    path.write_text(USER)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of 40 converted events a side, for chunks of single events."""
    folder = tmp_path_factory.mktemp("small")
    simulate_dumps(folder, events=40, seed=2)
    convert_folder(find_dumps(folder), folder / "events")
    return folder / "events"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            host="127.0.0.1",
            worker_dashboard_address=":0",
        ) as cluster,
        Client(cluster) as one,
    ):
        yield one


def processors(data: Path, user: Path) -> dict[str, Any]:
    """Every shipped processor, and one of a user's."""
    job = open_job(data)
    given = {
        "calibration": load_calibration("v2"),
        "times": find_context(job.coverage, job.chosen_runs).times,
    }
    names = [*describe_processors(), f"{user}:Peaks"]
    return {name: make_processor(name, given) for name in names}


def flat(output: dict[str, Any]) -> dict[str, Any]:
    return {f"{one}.{name}": value for one, values in output.items() for name, value in values.items()}


@pytest.mark.parametrize("chunksize", [1, 7, 1000])
def test_the_same_from_every_executor(small: Path, user: Path, client: Client, chunksize: int) -> None:
    files, chosen = find_events(small), processors(small, user)
    expected = flat(fill_histograms(files, chosen).output)
    assert sum(isinstance(one, Hist) for one in expected.values()) >= 10
    assert expected[f"{user}:Peaks.events"] == 80
    for execution in (
        Execution(),
        Execution("futures", 1),
        Execution("futures", 2),
        Execution("dask", client=client),
    ):
        filled = fill_histograms(files, chosen, execution=execution, chunksize=chunksize)
        assert flat(filled.output) == expected
        assert filled.chunks == 2 * max(1, -(-40 // chunksize))
        assert sum(spent["events"] for spent in filled.workers.values()) == 80
        assert filled.bytes > 0


def test_one_dask_worker_gives_the_same(small: Path, user: Path) -> None:
    files, chosen = find_events(small), processors(small, user)
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=":0",
            host="127.0.0.1",
            worker_dashboard_address=":0",
        ) as cluster,
        Client(cluster) as one,
    ):
        filled = fill_histograms(files, chosen, execution=Execution("dask", client=one), chunksize=7)
    assert flat(filled.output) == flat(fill_histograms(files, chosen).output)


def test_a_dask_worker_that_is_killed_loses_nothing(toy_events: Path, user: Path, client: Client) -> None:
    files = find_events(toy_events)
    slow = {"slow": make_processor(f"{user}:Slow", {})}
    workers = [worker["pid"] for worker in client.run(lambda: {"pid": os.getpid()}).values()]
    killer = threading.Timer(0.7, os.kill, (workers[0], signal.SIGKILL))
    killer.start()
    filled = fill_histograms(files, slow, execution=Execution("dask", client=client), chunksize=100)
    killer.join()
    assert filled.output == fill_histograms(files, {"slow": make_processor(f"{user}:Peaks", {})}).output
    client.wait_for_workers(2, timeout=60)
    now = [worker["pid"] for worker in client.run(lambda: {"pid": os.getpid()}).values()]
    assert workers[0] not in now


def test_a_process_that_is_killed_is_an_error(toy_events: Path, tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(
        "import os, signal\nfrom coffea.processor import ProcessorABC\n"
        "class Deadly(ProcessorABC):\n    def process(self, events):\n        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    deadly = {"deadly": make_processor(f"{tmp_path}/deadly.py:Deadly", {})}
    with pytest.raises(
        ProcessorError, match=r"a worker process died .*none of the 6 chunks is used.*--resume"
    ):
        fill_histograms(find_events(toy_events), deadly, execution=Execution("futures", 2), chunksize=1000)


@pytest.mark.parametrize("executor", ["iterative", "futures", "dask"])
def test_a_processor_that_raises_shows_its_traceback_and_its_chunk(
    small: Path, user: Path, tmp_path: Path, executor: str, capfd: pytest.CaptureFixture[str]
) -> None:
    where = ["--executor", executor, "--workers", "1"]
    command = ["fill", str(small), "-p", f"{user}:Failing", "-o", str(tmp_path / "out"), "--chunksize", "10"]
    assert main([*command, *where]) == 1
    said = capfd.readouterr().err
    assert 'raise ValueError("no such thing")' in said
    assert "plusZ.root, events 20 to 30: processor" in said
    assert "failed with ValueError: no such thing" in said.splitlines()[-1]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_a_file_that_changes_meanwhile_is_an_error(
    toy: Path, user: Path, tmp_path: Path, damage: str
) -> None:
    convert_folder(find_dumps(toy), tmp_path)
    files = find_events(tmp_path)
    target = tmp_path / "minusZ.root"

    def spoil() -> None:
        if damage == "gone":
            target.unlink()
        elif damage == "cut":
            os.truncate(target, 100_000)
        else:
            os.replace(tmp_path / "plusZ.root", target)  # noqa: PTH105

    threading.Timer(0.4, spoil).start()
    slow = {"slow": make_processor(f"{user}:Slow", {})}
    with pytest.raises(ProcessorError, match=r"minusZ\.root|plusZ\.root"):
        fill_histograms(files, slow, chunksize=200)


def test_a_killed_job_goes_on_where_it_was(toy_events: Path, user: Path, tmp_path: Path) -> None:
    """SIGKILL in the middle, then --resume: identical, and fewer chunks than in a full run."""
    out = tmp_path / "out"
    command = [
        "fill",
        str(toy_events),
        "-p",
        f"{user}:Slow",
        "-o",
        str(out),
        "--chunksize",
        "100",
        "--resume",
    ]
    code = "from bhm_columnar.cli import main; raise SystemExit(main())"
    job = subprocess.Popen([sys.executable, "-c", code, *command], stdout=subprocess.DEVNULL)
    kept = Path(f"{out}.resume")
    deadline = time.monotonic() + 60
    while len(list(kept.rglob("*.coffea"))) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    job.kill()
    job.wait()
    assert not out.exists()
    done = len(list(kept.rglob("*.coffea")))
    assert 20 <= done < 60
    assert main(command) == 0
    account = json.loads((out / "output.json").read_text())
    assert account["events"] == 6000
    assert not kept.exists()
    plain = fill_histograms(find_events(toy_events), {"p": make_processor(f"{user}:Peaks", {})}).output["p"]
    assert load_histograms(out)[0]["peaks"] == plain["peaks"]
    details = load_histograms(out)[1]["execution"]["stages"]["fill"]
    assert done - 1 <= details["resumed_chunks"] <= done
    assert details["chunks"] == 60


def test_what_another_job_kept_is_not_used(toy_events: Path, user: Path, tmp_path: Path) -> None:
    files = find_events(toy_events)

    def resumed(**given: Any) -> int:
        one = {"stability": make_processor("stability", {"calibration": load_calibration("v2"), **given})}
        return fill_histograms(files, one, chunksize=1000, resume=tmp_path).resumed

    assert resumed() == 0
    assert resumed() == 6
    assert resumed(calibration=load_calibration("v1")) == 0
    assert resumed(runs=[380001]) == 0
    own = {"own": make_processor(f"{user}:Peaks", {})}
    assert fill_histograms(files, own, chunksize=1000, resume=tmp_path).resumed == 0
    assert fill_histograms(files, own, chunksize=1000, resume=tmp_path).resumed == 6
    user.write_text(USER + "\n# changed\n")
    assert fill_histograms(files, own, chunksize=1000, resume=tmp_path).resumed == 0
    for path in tmp_path.rglob("*.coffea"):
        os.truncate(path, path.stat().st_size // 2)  # as if killed while writing
    again = fill_histograms(files, own, chunksize=1000, resume=tmp_path)
    assert again.output == fill_histograms(files, own).output


@pytest.mark.parametrize(
    "where", [["--workers", "2"], ["--executor", "futures"], ["--cluster", "local", "--workers", "1"]]
)
def test_conversion_is_the_same_everywhere(
    toy: Path, toy_events: Path, tmp_path: Path, where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", str(toy), "-o", str(tmp_path / "events"), *where]) == 0
    assert "executor: " in capsys.readouterr().out
    for name in ("plusZ.root", "minusZ.root"):
        assert ak.array_equal(read_events(tmp_path / "events" / name), read_events(toy_events / name))
        made, expected = (read_provenance(folder / name) for folder in (tmp_path / "events", toy_events))
        assert made == expected


def test_a_killed_analysis_goes_on_with_its_events(toy: Path, analysed: Path, tmp_path: Path) -> None:
    """What was converted is taken over if the dumps are still the same, and converted again if they are not."""
    out = tmp_path / "out"
    kept = tmp_path / "out.resume"
    convert_folder(find_dumps(toy), kept / "events")
    before = (kept / "events" / "plusZ.root").stat().st_mtime_ns
    (kept / "events" / "minusZ.root").unlink()
    summary = analyse(toy, out, figures=False, resume=kept)
    assert not kept.exists()
    assert (out / "events" / "plusZ.root").stat().st_mtime_ns == before
    assert sorted(path.name for path in (out / "events").iterdir()) == ["minusZ.root", "plusZ.root"]
    expected = json.loads((analysed / "summary.json").read_text())
    assert summary["sides"] == expected["sides"]
    assert summary["execution"]["executor"] == "iterative"
    assert summary["execution"]["stages"]["fill"]["events"] == 6000


def test_options_that_do_not_go_together(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fill", str(small), "-p", "halo", "-o", str(tmp_path / "out")]
    for options, said in (
        (
            ["--scheduler", "tcp://127.0.0.1:1", "--cluster", "local"],
            "--scheduler joins a cluster, --cluster",
        ),
        (["--executor", "futures", "--cluster", "local"], "--executor futures needs no cluster"),
        (["--cluster-options", "x.toml"], "--cluster-options need --cluster"),
        (["--scheduler", "tcp://127.0.0.1:9"], "tcp://127.0.0.1:9"),
    ):
        assert main([*command, *options]) == 1
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_job_script_is_shown_without_anything_submitted(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fill", str(small), "-p", "halo", "-o", str(tmp_path / "out"), "--show-job-script"]
    assert main([*command, "--cluster", "slurm"]) == 0
    assert "#SBATCH" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_running_scheduler_is_joined(small: Path, tmp_path: Path, client: Client) -> None:
    address = client.scheduler.address
    command = ["fill", str(small), "-p", "halo", "--calibration", "v2", "-o", str(tmp_path / "out")]
    assert main([*command, "--scheduler", address]) == 0
    about = load_histograms(tmp_path / "out")[1]["execution"]
    assert (about["executor"], about["workers"]) == ("dask", 2)


def is_there(session: int) -> bool:
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "where", [["--executor", "futures", "--workers", "2"], ["--cluster", "local", "--workers", "1"]]
)
def test_ctrl_c_releases_the_workers(toy_events: Path, user: Path, tmp_path: Path, where: list[str]) -> None:
    """Everybody of the terminal gets the signal; nobody is left, and nothing under the final name."""
    command = [
        "fill",
        str(toy_events),
        "-p",
        f"{user}:Slower",
        "-o",
        str(tmp_path / "out"),
        "--chunksize",
        "50",
    ]
    code = "from bhm_columnar.cli import main; raise SystemExit(main())"
    job = subprocess.Popen(
        [sys.executable, "-c", code, *command, *where, "--resume"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 90
    while not any(tmp_path.rglob("*.coffea")) and time.monotonic() < deadline and job.poll() is None:
        time.sleep(0.05)
    assert job.poll() is None
    os.killpg(job.pid, signal.SIGINT)
    _, said = job.communicate(timeout=60)
    assert job.returncode == 130
    assert said.splitlines()[-1] == "bhm: interrupted; nothing unfinished was left behind"
    assert not (tmp_path / "out").exists()
    while is_there(job.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_there(job.pid)  # the session of the job has nobody any more
