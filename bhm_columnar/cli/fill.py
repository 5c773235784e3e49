"""Fill the histograms of a processor from converted events.

OUT gets histograms.root for ROOT, histograms.uhi.zip for Python, and output.json with everything that is no histogram.
A processor is one of `bhm processors`, or a class of yours as file.py:Class.
"""

from __future__ import annotations

import argparse
from typing import Any

from ._options import add_fill_options, job_options, make_console

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
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..execution.job import fill_processor, open_job  # noqa: PLC0415

    job = open_job(args.data, **job_options(args))
    filled = fill_processor(
        job, args.processor, args.out, calibration=args.calibration, overwrite=args.overwrite
    )
    console = make_console()
    for name, value in filled.output.items():
        console.print(f"{name}: {_describe(value)}")
    console.print(
        f"{filled.events:,} events in {filled.chunks} chunks, {filled.seconds:.1f} s\nresults are in {args.out}"
    )
    return 0


def _describe(value: Any) -> str:
    from hist import Hist  # noqa: PLC0415

    if isinstance(value, Hist):
        return f"{value.sum(flow=True):,.0f} entries along {', '.join(axis.name for axis in value.axes)}"
    return str(value)
