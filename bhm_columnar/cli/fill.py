"""Fill the histograms of a processor from converted events.

OUT gets histograms.root for ROOT, histograms.uhi.zip for Python, and output.json with everything that is no histogram.
A processor is one of `bhm processors`, or a class of yours as file.py:Class. Those that ask for `times`, such as
rates, get the time bins of the data; in UTC if run times are given.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ._options import (
    add_fill_options,
    add_source_options,
    add_time_bin_option,
    describe_execution,
    job_options,
    make_console,
    open_request,
    read_wanted,
    resume_folder,
    show_job_script,
)

if TYPE_CHECKING:
    from ..execution.executors import Request

HELP = "histograms of a processor, also one of yours"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument(
        "data", nargs="+", metavar="DATA", help="events: what `bhm convert` or `bhm analyse` wrote"
    )
    parser.add_argument("-p", "--processor", required=True, metavar="NAME", help="a name, or file.py:Class")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="folder to make")
    parser.add_argument(
        "--calibration",
        default="auto",
        metavar="auto|v1|v2|FILE",
        help="for processors that ask for it (default auto)",
    )
    add_fill_options(parser)
    add_time_bin_option(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    add_source_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if show_job_script(args):
        return 0
    with open_request(args) as request:
        return _fill(args, request)


def _fill(args: argparse.Namespace, request: Request) -> int:
    from ..conditions.context import find_context  # noqa: PLC0415
    from ..execution.job import fill_processor, open_job  # noqa: PLC0415
    from ..execution.registry import asks_for  # noqa: PLC0415

    wanted = read_wanted(args)
    resume = resume_folder(args, args.out)
    job = open_job(args.data, request=request, resume=resume, **job_options(args))
    problems: tuple[str, ...] = ()
    if asks_for(args.processor, "times"):
        context = find_context(job.coverage, job.chosen_runs, wanted, bin_seconds=args.bin_seconds)
        job, problems = replace(job, extra={"times": context.times}), context.problems
    filled = fill_processor(
        job, args.processor, args.out, calibration=args.calibration, overwrite=args.overwrite
    )
    console = make_console()
    for line in problems:
        console.print(f"conditions: {line}", style="yellow")
    for name, value in filled.output.items():
        console.print(f"{name}: {_describe(value)}")
    console.print(f"executor: {describe_execution(job.execution.describe())}")
    console.print(
        f"{filled.events:,} events in {filled.chunks} chunks, {filled.seconds:.1f} s\nresults are in {args.out}"
    )
    return 0


def _describe(value: Any) -> str:
    from hist import Hist  # noqa: PLC0415

    if isinstance(value, Hist):
        return f"{value.sum(flow=True):,.0f} entries along {', '.join(axis.name for axis in value.axes)}"
    return str(value)
