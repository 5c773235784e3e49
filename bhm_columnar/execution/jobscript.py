"""Clusters as a user describes them: kinds, settings in a TOML file, and the jobs that they would submit."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import warnings
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ..errors import ProcessorError, SelectionError
from ..io.toml import read_toml

__all__ = [
    "CLUSTERS",
    "ClusterOptions",
    "import_extra",
    "job_script",
    "keep_warnings",
    "load_cluster_options",
    "make_job_cluster",
    "run_alone",
]

#: kinds of clusters
CLUSTERS: Final = ("local", "htcondor", "slurm", "lxplus")

#: workers that are asked of a batch system if nobody says how many
DEFAULT_JOBS: Final = 10

#: module and class of the kinds that submit jobs
_CLASSES: Final = {
    "htcondor": ("dask_jobqueue", "HTCondorCluster"),
    "slurm": ("dask_jobqueue", "SLURMCluster"),
    "lxplus": ("dask_lxplus", "CernCluster"),
}

# What a table may hold: a type, `list` for a list of strings, `dict` for a table of strings and numbers,
# or the names of a table within the table.
_OURS: Final[dict[str, Any]] = {"workers": int, "wait_seconds": float}
_JOB: Final[dict[str, Any]] = {
    **_OURS,
    "cores": int,
    "processes": int,
    "memory": str,
    "interface": str,
    "nanny": bool,
    "death_timeout": float,
    "local_directory": str,
    "log_directory": str,
    "python": str,
    "shebang": str,
    "security": bool,
    "shared_temp_directory": str,
    "worker_extra_args": list,
    "job_script_prologue": list,
    "job_directives_skip": list,
    "scheduler_options": {"host": str, "port": int, "interface": str, "dashboard_address": str},
}
_CONDOR: Final[dict[str, Any]] = {
    **_JOB,
    "disk": str,
    "job_extra_directives": dict,
    "submit_command_extra": list,
    "cancel_command_extra": list,
}
_KNOWN: Final[dict[str, dict[str, Any]]] = {
    "local": {**_OURS, "memory": str, "local_directory": str, "dashboard_address": str},
    "htcondor": _CONDOR,
    "slurm": {
        **_JOB,
        "queue": str,
        "account": str,
        "walltime": str,
        "job_cpu": int,
        "job_mem": str,
        "job_extra_directives": list,
    },
    "lxplus": {
        **_CONDOR,
        "worker_image": str,
        "container_runtime": str,
        "batch_name": str,
        "gpus": int,
        "lcg": bool,
    },
}
_WORDS: Final = {
    int: "a whole number",
    float: "a number of seconds",
    str: "a string",
    bool: "true or false",
    list: "a list of strings",
    dict: "a table of strings and numbers",
}
_MAY_BE_ZERO: Final = ("port", "gpus")
_BYTES: Final = re.compile(r"\d+(\.\d+)?\s*([kMGT]i?)?B")

_JOB_DEFAULTS: Final[dict[str, Any]] = {
    "cores": 1,
    "processes": 1,
    "memory": "2 GB",
    "death_timeout": 60,
    "scheduler_options": {"dashboard_address": ":0"},  # two clusters of one machine would collide on 8787
}
_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "local": {"dashboard_address": "127.0.0.1:0"},
    "htcondor": {**_JOB_DEFAULTS, "disk": "5 GB"},
    "slurm": {**_JOB_DEFAULTS, "walltime": "02:00:00"},
    "lxplus": {
        **_JOB_DEFAULTS,
        "disk": "10 GB",
        "lcg": False,
        "container_runtime": "singularity",
        "job_extra_directives": {"MY.JobFlavour": '"longlunch"'},
        "job_script_prologue": ["export XRD_RUNFORKHANDLER=1"],
    },
}


@dataclass(frozen=True)
class ClusterOptions:
    """A cluster that can be opened: which kind, how many workers, and what its jobs ask for.

    Parameters
    ----------
    kind
        One of `CLUSTERS`.
    workers
        Number of worker processes; a job holds ``processes`` of them.
    options
        Passed on to the cluster's class, by the names that dask gives them.
    wait_seconds
        How long to wait for the first worker.
    """

    kind: str
    workers: int
    options: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: float = 300.0


def load_cluster_options(
    kind: str | None, path: str | Path | None, *, workers: int | None = None
) -> ClusterOptions:
    """Read how a cluster is to be built from a TOML file with a table per kind; `docs/examples/cluster.toml` is one.

    Parameters
    ----------
    kind
        One of `CLUSTERS`; if `None`, the only table of the file, or ``local`` without a file.
    path
        The file; defaults of the kind if `None`. All of its tables are checked.
    workers
        Number of worker processes; overrides the file.

    Raises
    ------
    SelectionError
        If the file cannot be read, or kinds, names or values do not fit.
    """
    tables = (
        {}
        if path is None
        else read_toml(path, hint="write tables such as [htcondor] with `name = value` lines")
    )
    try:
        for name, table in tables.items():
            _check_kind(name)
            _check_table(name, table, _KNOWN[name])
        chosen = _choose(kind, tables)
        return _complete(chosen, tables.get(chosen, {}), workers)
    except SelectionError as error:
        raise SelectionError(error.what, where=path, hint=error.hint) from error


def _check_kind(kind: str) -> None:
    if kind not in CLUSTERS:
        raise SelectionError(f"no cluster is called {kind!r}", hint=f"clusters are {', '.join(CLUSTERS)}")


def _choose(kind: str | None, tables: Mapping[str, Any]) -> str:
    if kind is None:
        if len(tables) > 1:
            raise SelectionError(f"describes {', '.join(tables)}", hint="say which cluster is meant")
        return next(iter(tables), "local")
    _check_kind(kind)
    if tables and kind not in tables:
        raise SelectionError(f"has no table [{kind}]", hint=f"it has {', '.join(tables)}")
    return kind


def _check_table(name: str, table: Any, known: Mapping[str, Any]) -> None:
    if not isinstance(table, dict):
        raise SelectionError(f"{name} = {table!r} is no table", hint=f"write [{name}] on a line of its own")
    for key, value in table.items():
        if key not in known:
            raise SelectionError(f"[{name}] knows no {key!r}", hint=f"names are {', '.join(known)}")
        if isinstance(known[key], Mapping):
            _check_table(f"{name}.{key}", value, known[key])
        elif not _fits(value, known[key]):
            raise SelectionError(f"{key} = {value!r} in [{name}]", hint=f"give {_WORDS[known[key]]}")
        elif key in {"memory", "disk"} and not _BYTES.fullmatch(value):
            raise SelectionError(f"{key} = {value!r} in [{name}] is no size", hint="write it as '2 GB'")
        elif type(value) in {int, float} and not (value > 0 or (value == 0 and key in _MAY_BE_ZERO)):
            raise SelectionError(f"{key} = {value!r} in [{name}]", hint="give a number above 0")


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if kind is dict:
        return isinstance(value, dict) and all(isinstance(one, str | int | float) for one in value.values())
    return type(value) is kind or (kind is float and type(value) is int)


def _complete(kind: str, table: Mapping[str, Any], workers: int | None) -> ClusterOptions:
    options = dict(_DEFAULTS[kind])
    for key, value in table.items():
        both = isinstance(value, dict) and key in options
        options[key] = {**options[key], **value} if both else value
    few = os.cpu_count() or 1 if kind == "local" else DEFAULT_JOBS
    of_table, wait = options.pop("workers", few), options.pop("wait_seconds", 300.0)
    wanted = of_table if workers is None else workers
    if wanted < 1:
        raise SelectionError(f"{wanted} workers are asked for", hint="give a number above 0")
    if options.get("processes", 1) > options.get("cores", 1):
        what = f"{options['processes']} processes in [{kind}] share {options['cores']} cores"
        raise SelectionError(what, hint="give each process a core")
    if "log_directory" in options:
        options["log_directory"] = str(Path(options["log_directory"]).expanduser())
    return ClusterOptions(kind, wanted, options, float(wait))


def import_extra(name: str, extra: str) -> ModuleType:
    """Import a module of dask, which not every installation has.

    Raises
    ------
    ProcessorError
        If it, or something that it needs, is not installed; names the extra that brings it.
    """
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with keep_warnings():
            return import_module(name)
    except ModuleNotFoundError as error:
        needs = "dask and distributed" if extra == "dask" else name.replace("_", "-")
        raise ProcessorError(f"needs {needs}", hint=f"pip install 'bhm-columnar[{extra}]'") from error
    finally:
        # importing dask_jobqueue 0.9.0 turns Ctrl-C into sys.exit(): no KeyboardInterrupt, and exit code 0
        if signal.getsignal(signal.SIGINT) is not on_interrupt:
            signal.signal(signal.SIGINT, on_interrupt)


@contextmanager
def keep_warnings() -> Iterator[None]:
    """Leave the filters for warnings as they were: dask_lxplus resets them for the whole process."""
    with warnings.catch_warnings():
        # dask_lxplus 0.3.3 writes "\W" for r"\W", of which Python warns when it compiles the module
        warnings.filterwarnings("ignore", "invalid escape|.* is an invalid escape", DeprecationWarning)
        warnings.filterwarnings("ignore", "invalid escape|.* is an invalid escape", SyntaxWarning)
        yield


def make_job_cluster(options: ClusterOptions, **more: Any) -> Any:
    """Make the object of dask_jobqueue or dask_lxplus that will submit the jobs; none is submitted yet.

    Parameters
    ----------
    more
        Further arguments of its class.

    Raises
    ------
    ProcessorError
        If the package is missing, or it does not take the options.
    """
    cluster = _cluster_class(options.kind)
    given = {key: list(value) if isinstance(value, list) else value for key, value in options.options.items()}
    made = cluster.__new__(cluster)
    try:
        made.__init__(job_cls=_closing(cluster.job_cls), **given, **more)
    except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        made.status = _status().closed  # else dask warns that nobody closed what was never open
        what = f"no {options.kind} cluster can be made: {' '.join(str(error).split())}"
        raise ProcessorError(what, hint="see the options of the cluster") from error
    return made


def _status() -> Any:
    return import_extra("distributed.core", "dask").Status


def _cluster_class(kind: str) -> Any:
    import_extra("distributed", "dask")
    module, name = _CLASSES[kind]
    return getattr(import_extra(module, "cluster"), name)


def _closing(job: Any) -> Any:
    """Jobs that say so when they are closed; dask_jobqueue 0.9.0 forgets it, and dask then fails to close the rest."""

    class ClosingJob(job):  # type: ignore[misc]
        async def close(self) -> None:
            await super().close()
            self.status = _status().closed

    return ClosingJob


def job_script(options: ClusterOptions) -> str:
    """Show the job that would be submitted for each worker, or for each few of them; nothing is submitted or started.

    Only the address of the scheduler and the worker's name stand for those of a real job. The folder for logs is made.

    Raises
    ------
    SelectionError
        If the cluster is a local one.
    ProcessorError
        If a package is missing, or does not take the options.
    """
    if options.kind == "local":
        raise SelectionError(
            "a local cluster submits no jobs", hint=f"job scripts are of {', '.join(CLUSTERS[1:])}"
        )

    async def write() -> str:
        # inside a running loop, an asynchronous cluster starts no scheduler before it is awaited
        cluster = make_job_cluster(options, asynchronous=True)
        try:
            return str(cluster.job_script())
        finally:
            await cluster.close()

    _cluster_class(options.kind)  # which the thread could not import, because it sets a signal's handler
    with keep_warnings():
        return str(run_alone(write()))


def run_alone(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own, because a notebook's thread already runs a loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
