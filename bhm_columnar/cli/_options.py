"""Options that several verbs share, and the terminal."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from ..conditions.gather import Wanted
    from ..execution.executors import Request
    from ..execution.stages import Stages
    from ..histograms.exposure import Exposure
    from ..io.report import Tolerance
    from ..plotting.results import View
    from ..selection.cuts import Cuts

__all__ = [
    "add_cluster_options",
    "add_executor_options",
    "add_fill_options",
    "add_format_option",
    "add_side_option",
    "add_source_options",
    "add_time_bin_option",
    "add_tolerance_options",
    "add_view_options",
    "describe_execution",
    "describe_order",
    "job_options",
    "make_console",
    "make_stages",
    "open_request",
    "parse_runs",
    "percent",
    "positive",
    "read_tolerance",
    "read_view",
    "read_wanted",
    "resume_folder",
    "show_job_script",
    "show_lines",
    "show_progress",
]

_MAX_RUNS = 100_000


def parse_runs(text: str) -> list[int]:
    """Read ``362000,362002-362004`` as a list of runs."""
    runs: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise argparse.ArgumentTypeError(f"{part!r} is no run and no range; write 362000,362002-362004")
        low, high = int(first), int(last or first)
        if high < low or high - low > _MAX_RUNS:
            raise argparse.ArgumentTypeError(f"{part!r} is no range of runs; write the smaller one first")
        runs.extend(range(low, high + 1))
    return runs


def positive(text: str) -> int:
    """Read a whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above zero")
    return int(text)


def add_side_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--side``."""
    parser.add_argument(
        "--side",
        choices=["+Z", "-Z"],
        help="side of files whose names do not tell it: +Z (uHTR4, beam 1) or -Z (uHTR11, beam 2)",
    )


def add_format_option(parser: argparse.ArgumentParser, *, uhtr: bool = False) -> None:
    """Add ``--format``."""
    parser.add_argument(
        "--format",
        choices=["ttree", "rntuple", "parquet", *(["uhtr"] if uhtr else [])],
        default="ttree",
        help="of the converted events: ttree opens in any ROOT (default), rntuple is smaller, parquet for pandas"
        + (", uhtr for the earlier program" if uhtr else ""),
    )


def add_cluster_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add where a job runs."""
    group = parser.add_argument_group("where it runs")
    group.add_argument(
        "--executor",
        choices=["iterative", "futures", "dask"],
        help="here, in processes of this machine, or on a dask cluster (default: by the number of events)",
    )
    group.add_argument("--workers", type=positive, metavar="N", help="processes, or workers of the cluster")
    group.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="join a running dask cluster")
    group.add_argument(
        "--cluster",
        choices=["local", "htcondor", "slurm", "lxplus"],
        help="start a dask cluster (needs bhm-columnar[dask], and [cluster] for batch systems)",
    )
    group.add_argument(
        "--cluster-options", metavar="FILE", help="TOML file about it, as docs/examples/cluster.toml"
    )
    group.add_argument(
        "--show-job-script", action="store_true", help="print what --cluster would submit, and stop"
    )
    return group


def add_executor_options(parser: argparse.ArgumentParser) -> None:
    """Add where a job runs, and that it may go on."""
    add_cluster_options(parser).add_argument(
        "--resume",
        action="store_true",
        help="keep finished chunks in OUT.resume, and go on there if the job was killed before",
    )


@contextmanager
def open_request(args: argparse.Namespace) -> Iterator[Request]:
    """Turn the options of `add_executor_options` into a `Request`; a cluster lives as long as the block."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..execution.executors import Request  # noqa: PLC0415

    if args.scheduler and args.cluster:
        raise SelectionError("--scheduler joins a cluster, --cluster starts one", hint="give one of them")
    if (args.scheduler or args.cluster) and args.executor not in (None, "dask"):
        raise SelectionError(f"--executor {args.executor} needs no cluster", hint="leave one of them out")
    if not (args.scheduler or args.cluster or args.executor == "dask"):
        if args.cluster_options:
            raise SelectionError("--cluster-options need --cluster", hint="say which")
        yield Request(args.executor, args.workers)
        return
    from ..execution.cluster import (  # noqa: PLC0415
        check_versions,
        connect_scheduler,
        describe_client,
        load_cluster_options,
        open_cluster,
    )

    if args.scheduler:
        opened = connect_scheduler(args.scheduler)
    else:
        opened = open_cluster(load_cluster_options(args.cluster, args.cluster_options, workers=args.workers))
    with opened as client:
        check_versions(client)
        about = describe_client(client)
        sys.stderr.write(f"dask: {about['workers']} workers, dashboard {about['dashboard'] or 'off'}\n")
        yield Request("dask", client=client)


def show_job_script(args: argparse.Namespace) -> bool:
    """Print the job script if that is what was asked for; says whether it was."""
    if not args.show_job_script:
        return False
    from ..execution.cluster import job_script, load_cluster_options  # noqa: PLC0415

    sys.stdout.write(
        job_script(load_cluster_options(args.cluster, args.cluster_options, workers=args.workers))
    )
    return True


def describe_execution(execution: Mapping[str, Any]) -> str:
    """Say where a job ran, and why there."""
    workers = execution["workers"]
    return f"{execution['executor']}, {workers} worker{'s' if workers != 1 else ''} ({execution['why']})"


def resume_folder(args: argparse.Namespace, out: str) -> str | None:
    """Where finished chunks are kept: beside what is to be made."""
    return f"{out.rstrip('/')}.resume" if args.resume else None


def add_fill_options(parser: argparse.ArgumentParser) -> None:
    """Add what filling histograms can be told."""
    parser.add_argument(
        "--runs", type=parse_runs, metavar="RUNS", help="only these, such as 362000,362002-362004"
    )
    parser.add_argument("--cuts", metavar="FILE", help="TOML file that overrides cuts (see docs/cli.md)")
    add_executor_options(parser)
    parser.add_argument(
        "--chunksize", type=positive, default=500_000, metavar="N", help="events per chunk (default 500000)"
    )


def percent(text: str) -> float:
    """Read a percentage as a part of one."""
    try:
        part = float(text.removesuffix("%")) / 100
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage")
    return part


def _seconds(text: str) -> float:
    """Read a length of time above zero, in seconds."""
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above zero")
    return value


def add_time_bin_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--bin-seconds``."""
    parser.add_argument(
        "--bin-seconds",
        type=_seconds,
        metavar="S",
        help="length of the time bins of rates (default: lumisections, 23.311 s)",
    )


def add_source_options(parser: argparse.ArgumentParser, *, conditions: str = "none") -> None:
    """Add where run times, luminosity and the filling scheme come from."""
    group = parser.add_argument_group("conditions")
    group.add_argument(
        "--conditions",
        default=conditions,
        metavar="FILE|oms|none",
        help="run times: a file of `bhm conditions`, a saved answer of OMS (JSON or CSV), or OMS itself "
        f"(default {conditions})",
    )
    group.add_argument(
        "--lumi",
        default="none",
        metavar="FILE|brilcalc|none",
        help="luminosity and beam status: CSV of `brilcalc lumi --byls --output-style csv`, or brilcalc itself "
        "(default none)",
    )
    group.add_argument(
        "--filling",
        default="none",
        metavar="FILE|oms|none",
        help="filling scheme: JSON or CSV of the LPC, a saved answer of OMS, or OMS itself (default none)",
    )
    group.add_argument("--via-ssh", metavar="HOST", help="reach OMS by curl on this host, such as cmsusr")
    group.add_argument(
        "--brilcalc-via-ssh", metavar="HOST", help="run brilcalc on this host, such as lxplus.cern.ch"
    )
    group.add_argument(
        "--normtag", metavar="TAG", help="for brilcalc (default: that of BRIL; none for luminosity without)"
    )
    group.add_argument("--offline", action="store_true", help="ask nobody: take what was fetched before")
    group.add_argument("--refresh", action="store_true", help="fetch again what was fetched before")


def read_wanted(args: argparse.Namespace) -> Wanted:
    """Turn the options of `add_source_options` into a `Wanted`; files that are missing are found at once."""
    from ..conditions.cache import Cache  # noqa: PLC0415
    from ..conditions.gather import Wanted, check_sources  # noqa: PLC0415

    wanted = Wanted(
        conditions=args.conditions,
        lumi=args.lumi,
        filling=args.filling,
        via_ssh=args.via_ssh,
        brilcalc_via_ssh=args.brilcalc_via_ssh,
        cache=Cache(offline=args.offline, refresh=args.refresh),
        **({} if args.normtag is None else {"normtag": None if args.normtag == "none" else args.normtag}),
    )
    check_sources(wanted)
    return wanted


def add_view_options(parser: argparse.ArgumentParser) -> None:
    """Add which part of the rates is wanted."""
    parser.add_argument("--channels", metavar="NAMES", help="units, such as PN01,MF* (default all)")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="TIME",
        help="UTC such as '2023-08-23 12:00:00'; without run times, hours",
    )
    parser.add_argument("--to", dest="stop", metavar="TIME", help="as --from")
    parser.add_argument(
        "--unit",
        default="Hz",
        metavar="UNIT",
        help="of rates: Hz, /min, /h, /LS, /nb (luminosity) or Hz/1e11p (beam intensity); default Hz",
    )


def read_view(args: argparse.Namespace, exposure: Exposure | None) -> View:
    """Turn the options of `add_view_options` into a `View`."""
    from ..detector.channels import select_channels  # noqa: PLC0415
    from ..errors import SelectionError  # noqa: PLC0415
    from ..plotting.results import View  # noqa: PLC0415

    if exposure is None and (args.start or args.stop):
        raise SelectionError("--from and --to need rates", where=args.out, hint="run `bhm analyse` again")
    chosen = None if args.channels is None else select_channels(args.channels)
    return View(
        channels=None if chosen is None else tuple(channel.index for channel in chosen),
        start=exposure.read_time(args.start) if exposure and args.start else None,
        stop=exposure.read_time(args.stop) if exposure and args.stop else None,
        unit=args.unit,
    )


def add_tolerance_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--strict`` and ``--max-bad``."""
    parser.add_argument("--strict", action="store_true", help="the first line that does not fit is an error")
    parser.add_argument(
        "--max-bad",
        type=percent,
        default=0.01,
        metavar="PERCENT",
        help="of a file's events that may be left out before it is an error (default 1)",
    )


def read_tolerance(args: argparse.Namespace) -> Tolerance:
    """Turn the options of `add_tolerance_options` into a `Tolerance`."""
    from ..io.report import Tolerance  # noqa: PLC0415

    return Tolerance(strict=args.strict, max_bad=args.max_bad)


def read_cuts(path: str | None) -> Cuts:
    """Read the file of ``--cuts``, or take the defaults."""
    from ..selection.cuts import DEFAULT_CUTS, load_cuts  # noqa: PLC0415

    return DEFAULT_CUTS if path is None else load_cuts(path)


def job_options(args: argparse.Namespace) -> dict[str, Any]:
    """Turn the options of `add_fill_options` into those of `open_job`."""
    return {
        "runs": args.runs,
        "cuts": read_cuts(args.cuts),
        "chunksize": args.chunksize,
        "stages": make_stages(),
    }


def describe_order(order: Mapping[str, Any]) -> list[str]:
    """Say in sentences what goes backwards in the events of a side, with the first case."""
    from ..events.sequence import SENTENCES  # noqa: PLC0415

    lines = []
    for kind, sentence in SENTENCES.items():
        if n := order.get(kind, 0):
            first = order["first"].get("repeats" if kind == "duplicates" else kind)
            place = f", first at run {first['run']} event {first['event']}" if first else ""
            lines.append(sentence.format(n=n) + place)
    return lines


def make_console() -> Console:
    """Make a console for tables on stdout; colours only on a terminal."""
    from rich.console import Console  # noqa: PLC0415

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False, soft_wrap=False)


def make_stages() -> Stages:
    """Time the stages of a job, with progress bars if a person watches."""
    from ..execution.stages import Stages  # noqa: PLC0415

    watched = sys.stderr.isatty()
    return Stages(show=show_progress if watched else show_lines, fill_progress=watched)


#: seconds that a stage takes before lines about it are written
_PATIENCE_S = 5.0


@contextmanager
def show_lines(name: str, total: float) -> Iterator[Callable[[float], None]]:
    """Write a line on stderr for every tenth of a stage that takes longer than a few seconds."""
    start = time.monotonic()
    done, tenths = 0.0, 0

    def advance(more: float) -> None:
        nonlocal done, tenths
        done += more
        spent = time.monotonic() - start
        if spent > _PATIENCE_S and done < total and int(10 * done / total) > tenths:
            tenths = int(10 * done / total)
            left = spent * (total / done - 1)
            sys.stderr.write(f"{name} {10 * tenths} %, {spent:.0f} s, {left:.0f} s left\n")

    yield advance


@contextmanager
def show_progress(name: str, total: float) -> Iterator[Callable[[float], None]]:
    """Draw a progress bar on stderr, if that is a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>8}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=total)
        yield lambda more: progress.advance(task, more)
