"""What happens to histograms when workers, schedulers and jobs are killed: ``python -m benchmarks.faults``.

Simulated events are filled on a local dask cluster while one of its workers is killed (SIGKILL) at a random moment; then with a
single worker, which the cluster replaces; then the whole job is killed and resumed; then its scheduler. The result must be
that of one process, or an error.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster
from rich.console import Console

from bhm_columnar import fill_histograms, find_events, load_calibration, make_processor, simulate_dumps
from bhm_columnar.errors import ProcessorError
from bhm_columnar.execution.executors import Execution
from bhm_columnar.io.convert import convert_folder
from bhm_columnar.io.folders import find_dumps

CHUNK = 2_000


def processors() -> dict[str, Any]:
    given = {"calibration": load_calibration("v2")}
    return {name: make_processor(name, given) for name in ("adc_tdc", "halo", "stability")}


@contextmanager
def cluster(workers: int) -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=":0",
            worker_dashboard_address=None,
            host="127.0.0.1",
            silence_logs=50,
        ) as local,
        Client(local) as client,
    ):
        yield client


def kill_one(client: Client, rng: np.random.Generator, within_s: float) -> threading.Timer:
    pids = [one["pid"] for one in client.run(lambda: {"pid": os.getpid()}).values()]
    timer = threading.Timer(rng.uniform(0, within_s), os.kill, (int(rng.choice(pids)), signal.SIGKILL))
    timer.start()
    return timer


def start_worker(address: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--death-timeout",
            "30",
        ],
        stderr=subprocess.DEVNULL,
    )


def run_killed(
    data: Path, expected: Any, *, workers: int, runs: int, rng: np.random.Generator, say: Console
) -> bool:
    """Kill one worker; where it was the only one, a new one joins."""
    files, exact, usual = find_events(data), 0, 0.0
    for run in range(runs + 1):  # the first run says how long it takes
        with cluster(workers) as client:
            client.wait_for_workers(workers, timeout=120)
            timer = kill_one(client, rng, usual) if run else None
            joining = start_worker(client.scheduler.address) if run and workers == 1 else None
            start = time.perf_counter()
            filled = fill_histograms(
                files, processors(), execution=Execution("dask", client=client), chunksize=CHUNK
            )
            if timer is None:
                usual = time.perf_counter() - start
            else:
                timer.join()
                exact += filled.output == expected.output
            if joining is not None:
                joining.kill()
                joining.wait()
    say.print(
        f"{workers} worker(s), one killed at a random moment within {usual:.1f} s: {exact} of {runs} exact"
    )
    return exact == runs


def run_resumed(data: Path, expected: Any, *, runs: int, rng: np.random.Generator, say: Console) -> bool:
    """Kill the main process, and let the same job go on."""
    code = (
        "import sys; from benchmarks.faults import *; "
        "fill_histograms(find_events(sys.argv[1]), processors(), chunksize=CHUNK, resume=sys.argv[2])"
    )
    good, kept = 0, []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            job = subprocess.Popen([sys.executable, "-c", code, str(data), folder])
            while not any(Path(folder).rglob("*.coffea")) and job.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 1.0))
            job.kill()
            job.wait()
            filled = fill_histograms(find_events(data), processors(), chunksize=CHUNK, resume=folder)
            good += filled.output == expected.output and filled.resumed > 0
            kept.append(filled.resumed)
    say.print(
        f"main process killed, then resumed: {good} of {runs} exact; {kept} of {expected.chunks} chunks were kept"
    )
    return good == runs


def run_without_scheduler(data: Path, *, say: Console) -> bool:
    with socket_free() as port:
        address = f"tcp://127.0.0.1:{port}"
    tool = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    scheduler = subprocess.Popen([*tool, "--no-dashboard"], stderr=subprocess.DEVNULL)
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--death-timeout",
            "5",
        ],
        stderr=subprocess.DEVNULL,
    )
    said = ""
    try:
        client = Client(address, timeout=60)
        client.wait_for_workers(1, timeout=60)
        threading.Timer(0.5, scheduler.kill).start()
        try:
            fill_histograms(
                find_events(data), processors(), execution=Execution("dask", client=client), chunksize=200
            )
        except ProcessorError as error:
            said = str(error)
    finally:
        worker.kill()
        scheduler.kill()
        worker.wait()
        scheduler.wait()
    say.print(f"scheduler killed: {said or 'nothing was said'}")
    return bool(said)


@contextmanager
def socket_free() -> Iterator[int]:
    import socket  # noqa: PLC0415

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--events", type=int, default=100_000, help="per side")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    say, rng = Console(width=140), np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        simulate_dumps(folder, events=args.events, seed=args.seed)
        data = Path(folder) / "events"
        convert_folder(find_dumps(folder), data)
        expected = fill_histograms(find_events(data), processors(), chunksize=CHUNK)
        results = [
            run_killed(data, expected, workers=2, runs=args.runs, rng=rng, say=say),
            run_killed(data, expected, workers=1, runs=max(1, args.runs // 4), rng=rng, say=say),
            run_resumed(data, expected, runs=max(1, args.runs // 4), rng=rng, say=say),
            run_without_scheduler(data, say=say),
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
