"""Workers on other cores and machines: build a dask cluster or join one, and check what its workers run."""

from __future__ import annotations

import asyncio
import math
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from ..errors import ProcessorError, SelectionError
from .jobscript import (
    CLUSTERS,
    ClusterOptions,
    import_extra,
    job_script,
    keep_warnings,
    load_cluster_options,
    make_job_cluster,
    run_alone,
)

if TYPE_CHECKING:
    from distributed import Client

__all__ = [
    "CLUSTERS",
    "ClusterOptions",
    "check_versions",
    "connect_scheduler",
    "describe_client",
    "job_script",
    "load_cluster_options",
    "open_cluster",
]

#: how long a scheduler may take to answer
CONNECT_SECONDS: Final = 10.0
_ADDRESS: Final = re.compile(r"(tcp|tls)://([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})")
#: run by local workers as they start: a terminal sends Ctrl-C to them too, but it is we who release them
_DEAF: Final = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
#: packages that workers must have in the client's version
_SAME: Final = ("bhm_columnar", "coffea")


@contextmanager
def open_cluster(options: ClusterOptions) -> Iterator[Client]:
    """Build a cluster, and release all of its workers at the end, whatever happens in between.

    Parameters
    ----------
    options
        From `load_cluster_options`.

    Yields
    ------
    a client of the cluster, which has at least one worker; all of them if it is local

    Raises
    ------
    ProcessorError
        If a package or the batch system is missing, a job is refused, or no worker comes in time.
    """
    distributed = import_extra("distributed", "dask")
    with ExitStack() as stack:
        with keep_warnings():
            cluster = _make_cluster(options)
            stack.callback(_close, cluster)
            client = distributed.Client(cluster)
            stack.callback(client.close)
            _start_workers(cluster, options)
        _wait(client, options)
        yield client


def _make_cluster(options: ClusterOptions) -> Any:
    """Start a scheduler without workers, so that there is something to close while they start."""
    if options.kind != "local":
        cluster = make_job_cluster(options)
        command = cluster.job_cls.submit_command.split()[0]
        if shutil.which(command) is None:
            _close(cluster)
            raise ProcessorError(
                f"{command} is not on this machine",
                hint=f"run it where jobs of {options.kind} can be submitted",
            )
        return cluster
    distributed = import_extra("distributed", "dask")
    given = dict(options.options)
    share = import_extra("distributed.system", "dask").MEMORY_LIMIT // options.workers
    return distributed.LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        preload=[_DEAF],
        memory_limit=given.pop("memory", share),
        **given,
    )


def _close(cluster: Any) -> None:
    cluster.close()
    for name, value in vars(cluster).items():
        if name.startswith("_job_") and hasattr(value, "close"):  # the private keys that workers were given
            value.close()


def _start_workers(cluster: Any, options: ClusterOptions) -> None:
    jobs = math.ceil(options.workers / options.options.get("processes", 1))
    for _ in range(jobs):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        # cluster.scale() would do this in the background, where nobody hears that a job was refused
        cluster.sync(cluster._correct_state)
    except (OSError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).rpartition("stderr:")[2].split()) or "no reason given"
        raise ProcessorError(
            f"workers of the {options.kind} cluster cannot be started: {text}", hint=_logs(options)
        ) from error


def _wait(client: Client, options: ClusterOptions) -> None:
    needed = options.workers if options.kind == "local" else 1
    try:
        client.wait_for_workers(needed, timeout=options.wait_seconds)
    except TimeoutError as error:
        raise ProcessorError(
            f"no worker of the {options.kind} cluster came within {options.wait_seconds:g} s",
            hint=_logs(options),
        ) from error


def _logs(options: ClusterOptions) -> str:
    if options.kind == "local":
        return "try fewer workers"
    folder = options.options.get("log_directory")
    if folder is not None:
        return f"the logs of its jobs are in {folder}"
    return f"set log_directory in [{options.kind}] to keep the logs of its jobs"


@contextmanager
def connect_scheduler(address: str) -> Iterator[Client]:
    """Join a cluster that somebody else runs; it goes on when we leave.

    Parameters
    ----------
    address
        ``tcp://HOST:PORT``, or ``tls://HOST:PORT`` with the certificates of dask's configuration.

    Raises
    ------
    SelectionError
        If this is no address.
    ProcessorError
        If dask is missing, or no scheduler answers there.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match[3]) < 65536:
        raise SelectionError(
            f"{address!r} is no address of a dask scheduler", hint="write tcp://HOST:PORT or tls://HOST:PORT"
        )
    distributed = import_extra("distributed", "dask")
    _find_scheduler(distributed, address)
    with distributed.Client(address, timeout=CONNECT_SECONDS) as client:
        yield client


def _find_scheduler(distributed: Any, address: str) -> None:
    """Ask who is there; a `Client` would wait for ever if it is not dask that listens."""
    secrets = distributed.Security().get_connection_args("client")
    if address.startswith("tls") and secrets.get("ssl_context") is None:
        raise ProcessorError(
            f"no certificates for {address}", hint="set distributed.comm.tls in dask's configuration"
        )

    async def ask() -> Any:
        async with distributed.rpc(address, connection_args=secrets) as remote:
            return await asyncio.wait_for(remote.identity(), CONNECT_SECONDS)

    try:
        found = run_alone(ask()).get("type", "something else")
    except (OSError, ValueError) as error:  # TimeoutError is an OSError; what is not dask's is often no value
        raise ProcessorError(
            f"no dask scheduler answers at {address}", hint="check the address, and that the scheduler runs"
        ) from error
    if found != "Scheduler":
        raise ProcessorError(f"no dask scheduler answers at {address} but a {found}", hint="check the port")


def check_versions(client: Client) -> None:
    """Refuse workers that run another bhm_columnar, coffea or Python than we do: their histograms could differ.

    Raises
    ------
    ProcessorError
        With the worker's address and both versions.
    """
    mine, workers = _ask_versions(client)
    for address, theirs in sorted(workers.items()):
        for name, wanted in mine.items():
            if theirs.get(name) != wanted:
                raise ProcessorError(
                    f"worker {address} has {name} {theirs.get(name) or 'not at all'}, this is {wanted}",
                    hint="start it in the same environment",
                )


def _ask_versions(client: Client) -> tuple[dict[str, str | None], dict[str, dict[str, str | None]]]:
    """Versions here, and those of each worker by its address; empty for a worker that does not say."""
    # dask asks by a message, not by a function, which another Python might not unpickle
    answers: Any = client.get_versions(packages=list(_SAME))
    connected = client.scheduler_info(n_workers=-1)["workers"]
    return _pick(answers["client"]), {
        address: _pick(answers["workers"].get(address, {})) for address in connected
    }


def _pick(answer: Any) -> dict[str, str | None]:
    packages = answer.get("packages", {})
    python = packages.get("python")
    versions = {name: packages.get(name) for name in _SAME}
    return {**versions, "python": python and ".".join(python.split(".")[:2])}


def describe_client(client: Client) -> dict[str, Any]:
    """Say what a cluster offers: its scheduler's address, workers, threads, memory in bytes, and the dashboard."""
    info = client.scheduler_info(n_workers=-1)
    workers = info["workers"].values()
    return {
        "scheduler": info["address"],
        "workers": len(workers),
        "threads": sum(worker["nthreads"] for worker in workers),
        "memory": sum(worker["memory_limit"] or 0 for worker in workers),
        "dashboard": client.dashboard_link,
    }
