from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest
from distributed import LocalCluster
from pytest_httpserver import HTTPServer

from bhm_columnar.errors import ProcessorError, SelectionError
from bhm_columnar.execution import cluster
from bhm_columnar.execution.cluster import (
    CLUSTERS,
    ClusterOptions,
    check_versions,
    connect_scheduler,
    describe_client,
    job_script,
    load_cluster_options,
    open_cluster,
)

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "cluster.toml"

#: runs the job here instead of submitting it; the id of its "cluster" is the process group of the job
SUBMIT = """#!{python}
import re, subprocess, sys
text = open(sys.argv[-1]).read()
command = re.search(r"^Arguments = \\"-c '(.*)'\\"$", text, re.MULTILINE)[1]
command = command.replace("''", "'").replace('""', '"')
job = subprocess.Popen(
    ["/bin/sh", "-c", command], start_new_session=True, stdin=subprocess.DEVNULL,
    stdout=open({folder!r} + "/worker.log", "a"), stderr=subprocess.STDOUT,
)
open({folder!r} + "/jobs", "a").write(str(job.pid) + "\\n")
print(f"1 job(s) submitted to cluster {{job.pid}}.")
"""
REMOVE = """#!{python}
import os, signal, sys
os.killpg(int(sys.argv[-1].partition(".")[0]), signal.SIGTERM)
"""
REFUSE = """#!{python}
import sys
sys.exit("ERROR: no credentials,\\nrun kinit")
"""
QUEUE = """#!{python}
print("1 job(s) submitted to cluster 7.")
"""
NOTHING = "#!/bin/sh\n"

#: opens a cluster and waits for Ctrl-C
WAITER = """
import sys, time
from bhm_columnar.execution.cluster import load_cluster_options, open_cluster
with open_cluster(load_cluster_options(sys.argv[1], sys.argv[2], workers=1)):
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _own_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dask_lxplus writes a file into the user's configuration of dask when it is imported."""
    monkeypatch.setattr(dask.config, "PATH", str(tmp_path / "dask"))
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "dask"))


@pytest.fixture
def condor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of an HTCondor that runs its jobs on this machine."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    install(tmp_path, condor_submit=SUBMIT, condor_rm=REMOVE)
    (tmp_path / "jobs").touch()
    return tmp_path


def install(folder: Path, **commands: str) -> None:
    for name, text in commands.items():
        path = folder / "bin" / name
        path.write_text(text.format(python=sys.executable, folder=str(folder)))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def write(folder: Path, text: str) -> Path:
    path = folder / "cluster.toml"
    path.write_text(text)
    return path


def condor_table(folder: Path, kind: str = "htcondor", more: str = "") -> Path:
    text = f'[{kind}]\nlocal_directory = "{folder}/scratch"\n{more}\n[{kind}.scheduler_options]\nhost = "127.0.0.1"\n'
    return write(folder, text)


def open_condor(folder: Path, *, workers: int = 1, kind: str = "htcondor", more: str = "") -> Any:
    return open_cluster(load_cluster_options(kind, condor_table(folder, kind, more), workers=workers))


def alive(groups: set[int]) -> list[int]:
    """Processes of process groups that are left after a while."""
    left: list[int] = []
    for _ in range(50):
        left = []
        for process in psutil.process_iter(["status"]):
            try:
                if process.info["status"] != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) in groups:
                    left.append(process.pid)
            except ProcessLookupError:
                continue
        if not left:
            break
        time.sleep(0.1)
    return left


def jobs(folder: Path) -> set[int]:
    return {int(line) for line in (folder / "jobs").read_text().split()}


@pytest.mark.parametrize("kind", CLUSTERS)
def test_the_example_describes_every_cluster(kind: str) -> None:
    options = load_cluster_options(kind, EXAMPLE)
    assert options.kind == kind
    assert options.workers == (2 if kind == "local" else 20)
    defaults = load_cluster_options(kind, None, workers=options.workers)
    for name, value in defaults.options.items():
        if not isinstance(value, dict):
            assert options.options[name] == value, f"the example has another {name} than the default"


def test_workers_override_the_file_and_tables_are_merged(tmp_path: Path) -> None:
    path = write(tmp_path, "[htcondor]\nworkers = 5\nwait_seconds = 7\nscheduler_options.port = 8786\n")
    options = load_cluster_options(None, path, workers=3)
    assert (options.kind, options.workers, options.wait_seconds) == ("htcondor", 3, 7.0)
    assert options.options["scheduler_options"] == {"dashboard_address": ":0", "port": 8786}
    assert load_cluster_options(None, path).workers == 5
    assert "port" not in load_cluster_options("htcondor", None).options["scheduler_options"]


def test_without_a_file_a_cluster_is_local() -> None:
    assert load_cluster_options(None, None).kind == "local"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[pbs]", r"cluster\.toml: no cluster is called 'pbs'; clusters are local, htcondor, slurm, lxplus"),
        ("[slurm]\ndisk = '1 GB'", r"\[slurm\] knows no 'disk'; names are workers, .*walltime"),
        ("[slurm]\ncores = '1'", r"cores = '1' in \[slurm\]; give a whole number"),
        ("[slurm]\ncores = true", r"cores = True in \[slurm\]; give a whole number"),
        ("[slurm]\ncores = 0", r"cores = 0 in \[slurm\]; give a number above 0"),
        ("[slurm]\nwait_seconds = 'x'", r"wait_seconds = 'x' in \[slurm\]; give a number of seconds"),
        ("[slurm]\nprocesses = 2", r"2 processes in \[slurm\] share 1 cores; give each process a core"),
        ("[slurm]\nmemory = 'much'", r"memory = 'much' in \[slurm\] is no size; write it as '2 GB'"),
        ("[slurm]\nworker_extra_args = [1]", r"worker_extra_args = \[1\] in \[slurm\]; give a list of str"),
        ("[slurm]\nscheduler_options = 1", r"slurm\.scheduler_options = 1 is no table"),
        ("[slurm.scheduler_options]\nx = 1", r"\[slurm\.scheduler_options\] knows no 'x'; names are host"),
        ("[slurm]\n[local]\ndisk = 1", r"\[local\] knows no 'disk'"),
        ("slurm = 1", "slurm = 1 is no table"),
        ("[slurm", r"cluster\.toml: is not TOML"),
        ("[local]", r"has no table \[slurm\]; it has local"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        load_cluster_options("slurm", write(tmp_path, text))


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="no cluster is called 'pbs'; clusters are local"):
        load_cluster_options("pbs", None)
    with pytest.raises(SelectionError, match="describes local, htcondor, slurm, lxplus; say which"):
        load_cluster_options(None, EXAMPLE)
    with pytest.raises(SelectionError, match=r"no\.toml: cannot be read \(No such file"):
        load_cluster_options(None, tmp_path / "no.toml")
    with pytest.raises(SelectionError, match="0 workers are asked for"):
        load_cluster_options("local", None, workers=0)


def test_job_scripts_ask_for_what_was_asked(tmp_path: Path) -> None:
    asked = "cores = 4\nprocesses = 2\nmemory = '8 GB'\npython = '/env/bin/python'\n"
    path = write(
        tmp_path,
        f"[htcondor]\n{asked}disk = '7 GB'\njob_extra_directives.\"+MaxRuntime\" = 7200\n"
        f"[slurm]\n{asked}queue = 'short'\nwalltime = '01:00:00'\njob_extra_directives = ['--exclusive']\n"
        f"[lxplus]\n{asked}worker_image = '/cvmfs/image'\n",
    )
    scripts = {kind: job_script(load_cluster_options(kind, path)) for kind in CLUSTERS[1:]}
    for text in scripts.values():
        assert "/env/bin/python -m distributed.cli.dask_worker" in text
        assert "--nthreads 2 --memory-limit 3.73GiB --nworkers 2" in text
        assert "--death-timeout 60" in text
    for kind in ("htcondor", "lxplus"):
        assert "MY.DaskWorkerCores = 4\nMY.DaskWorkerMemory = 8000000000\n" in scripts[kind]
    assert "MY.DaskWorkerDisk = 7000000000\n" in scripts["htcondor"]
    assert "+MaxRuntime = 7200\n" in scripts["htcondor"]
    for line in ("--cpus-per-task=4", "--mem=8G", "-p short", "-t 01:00:00", "--exclusive"):
        assert f"#SBATCH {line}\n" in scripts["slurm"]
    assert 'MY.SingularityImage = "/cvmfs/image"\n' in scripts["lxplus"]
    assert 'MY.JobFlavour = "longlunch"\n' in scripts["lxplus"]
    assert "-c 'export XRD_RUNFORKHANDLER=1; /env/bin/python" in scripts["lxplus"]
    assert "--worker-port 10000:10100" in scripts["lxplus"]


def test_jobs_run_the_python_that_submits() -> None:
    assert f"{sys.executable} -m distributed" in job_script(load_cluster_options("slurm", None))


def test_a_local_cluster_has_no_job_script() -> None:
    with pytest.raises(SelectionError, match="a local cluster submits no jobs; job scripts are of htcondor"):
        job_script(load_cluster_options("local", None))


def test_options_that_dask_does_not_take_are_an_error() -> None:
    with pytest.raises(ProcessorError, match=r"no slurm cluster can be made: .*unexpected keyword.*'x'"):
        job_script(ClusterOptions("slurm", 1, {"cores": 1, "memory": "1 GB", "x": 1}))


@pytest.mark.parametrize(
    ("module", "kind", "message"),
    [
        ("distributed", "local", r"needs dask and distributed; pip install 'bhm-columnar\[dask\]'"),
        ("dask_jobqueue", "slurm", r"needs dask-jobqueue; pip install 'bhm-columnar\[cluster\]'"),
        ("dask_lxplus", "lxplus", r"needs dask-lxplus; pip install 'bhm-columnar\[cluster\]'"),
    ],
)
def test_missing_packages_name_the_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, kind: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with (
        pytest.raises(ProcessorError, match=message),
        open_cluster(load_cluster_options(kind, None, workers=1)),
    ):
        pass


def test_a_local_cluster_computes_is_joined_and_closes() -> None:
    with open_cluster(load_cluster_options("local", None, workers=2)) as client:
        offer = describe_client(client)
        assert (offer["workers"], offer["threads"]) == (2, 2)
        assert 0 < offer["memory"] <= psutil.virtual_memory().total
        assert offer["dashboard"].startswith("http://127.0.0.1:")
        assert offer["scheduler"].startswith("tcp://127.0.0.1:")
        check_versions(client)
        pids = set(client.run(os.getpid).values())
        with connect_scheduler(offer["scheduler"]) as guest:
            assert guest.submit(sum, range(10)).result() == 45
        assert client.submit(pow, 2, 10).result() == 1024  # the guest left, the cluster goes on
    assert len(pids) == 2
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


def refused(address: str, message: str) -> None:
    with pytest.raises(ProcessorError, match=message), connect_scheduler(address):
        pass


def test_no_scheduler_at_an_address_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as listens:  # but never answers
        address = f"tcp://127.0.0.1:{listens.getsockname()[1]}"
        refused(address, f"^no dask scheduler answers at {address}; check the address")
    refused(address, f"^no dask scheduler answers at {address}; check the address")
    refused("tls://127.0.0.1:9", "^no certificates for tls://127.0.0.1:9; set distributed.comm.tls")


def test_a_web_server_or_a_worker_is_no_scheduler(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1.0)
    refused(f"tcp://127.0.0.1:{httpserver.port}", f"no dask scheduler answers at .*:{httpserver.port}; check")
    with LocalCluster(
        n_workers=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as running:
        refused(running.workers[0].address, "no dask scheduler answers at .* but a Worker; check the port")


@pytest.mark.parametrize(
    "address", ["localhost:8786", "http://a:80", "tcp://a", "tcp://a:0", "tcp://a:99999"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with (
        pytest.raises(SelectionError, match=f"'{address}' is no address of a dask scheduler; write tcp://"),
        connect_scheduler(address),
    ):
        pass


def test_condor_jobs_compute_and_end(condor: Path) -> None:
    with open_condor(condor, workers=2) as client:
        client.wait_for_workers(2, timeout=30)
        check_versions(client)
        assert client.gather(client.map(abs, [-1, -2, -3])) == [1, 2, 3]
        groups = jobs(condor)
        assert {os.getpgid(pid) for pid in client.run(os.getpid).values()} == groups
        assert len(groups) == 2
    assert alive(groups) == []


def test_one_job_holds_two_workers_behind_certificates(condor: Path) -> None:
    pytest.importorskip("cryptography")
    more = f'cores = 2\nprocesses = 2\nsecurity = true\nshared_temp_directory = "{condor}"'
    with open_condor(condor, workers=2, more=more) as client:
        client.wait_for_workers(2, timeout=30)
        assert describe_client(client)["scheduler"].startswith("tls://127.0.0.1:")
        assert client.submit(sum, [1, 2]).result() == 3
        assert len(jobs(condor)) == 1
    assert alive(jobs(condor)) == []
    assert not list(condor.glob(".dask-jobqueue*"))


def test_lxplus_jobs_compute_and_leave_the_warnings_alone(condor: Path) -> None:
    before = list(warnings.filters)
    with open_condor(condor, kind="lxplus") as client:
        assert client.submit(sum, [1, 2]).result() == 3
        assert warnings.filters == before
    assert alive(jobs(condor)) == []


def test_a_worker_of_another_version_is_refused(condor: Path) -> None:
    old = condor / "old" / "bhm_columnar-0.0.7.dist-info"
    old.mkdir(parents=True)
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: bhm-columnar\nVersion: 0.0.7\n")
    more = f'job_script_prologue = ["export PYTHONPATH={old.parent}"]'
    with open_condor(condor, more=more) as client:
        (address,) = client.scheduler_info(n_workers=-1)["workers"]
        with pytest.raises(ProcessorError, match=f"worker {address} has bhm_columnar 0.0.7, this is "):
            check_versions(client)


def test_another_python_or_none_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = {"bhm_columnar": "1", "coffea": "2", "python": "3.11"}
    for theirs, message in (
        ({**mine, "python": "3.12"}, "worker tcp://w:1 has python 3.12, this is 3.11; start it"),
        ({**mine, "coffea": None}, "worker tcp://w:1 has coffea not at all, this is 2"),
        ({}, "worker tcp://w:1 has bhm_columnar not at all, this is 1"),
    ):
        answer = (mine, {"tcp://a:1": mine, "tcp://w:1": theirs})
        monkeypatch.setattr(cluster, "_ask_versions", lambda _, answer=answer: answer)
        with pytest.raises(ProcessorError, match=message):
            check_versions(None)  # type: ignore[arg-type]


def test_a_refused_job_says_why(condor: Path) -> None:
    install(condor, condor_submit=REFUSE)
    message = (
        "workers of the htcondor cluster cannot be started: ERROR: no credentials, run kinit; set log_dir"
    )
    with pytest.raises(ProcessorError, match=message), open_condor(condor, workers=2):
        pass


def test_jobs_that_do_not_start_are_an_error(condor: Path) -> None:
    install(condor, condor_submit=QUEUE, condor_rm=NOTHING)
    more = f'wait_seconds = 0.3\nlog_directory = "{condor}/logs"'
    message = (
        f"no worker of the htcondor cluster came within 0.3 s; the logs of its jobs are in {condor}/logs"
    )
    with pytest.raises(ProcessorError, match=message), open_condor(condor, more=more):
        pass


def test_a_machine_without_the_batch_system_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(ProcessorError, match="sbatch is not on this machine"),
        open_cluster(load_cluster_options("slurm", None)),
    ):
        pass


@pytest.mark.parametrize("kind", ["local", "htcondor"])
def test_an_interrupt_releases_the_workers(condor: Path, kind: str) -> None:
    path = write(condor, "[local]\n") if kind == "local" else condor_table(condor)
    command = [sys.executable, "-c", WAITER, kind, str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: workers of this machine get it too
        _, errors = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert errors.endswith("KeyboardInterrupt\n")
    assert errors.count("Traceback") == 1
    assert alive({process.pid, *jobs(condor)}) == []
