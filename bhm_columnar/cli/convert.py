"""Convert dumps to events: OUT/plusZ.root and OUT/minusZ.root, or .parquet.

Every file holds all 20 samples and all TDC codes of each pulse, and what it was made from. --format uhtr writes one .uhtr file
per dump instead, for the earlier program; it holds less.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ._options import (
    add_cluster_options,
    add_format_option,
    add_side_option,
    add_tolerance_options,
    describe_execution,
    describe_order,
    make_console,
    make_stages,
    open_request,
    read_tolerance,
    show_job_script,
)

if TYPE_CHECKING:
    from ..io.folders import DumpFiles

HELP = "dumps to events in ROOT or Parquet files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("data", nargs="+", metavar="DATA", help="folder of dumps, or dump files")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="folder to write to")
    add_side_option(parser)
    add_format_option(parser, uhtr=True)
    add_tolerance_options(parser)
    add_cluster_options(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if show_job_script(args):
        return 0
    from ..execution.maps import open_map  # noqa: PLC0415
    from ..io.folders import find_dumps  # noqa: PLC0415

    dumps = find_dumps(args.data, side=args.side)
    console = make_console()
    stages = make_stages()
    size = dumps.total_bytes
    with (
        open_request(args) as request,
        open_map(request) as ranges,
        stages.run("convert", size) as advance,
    ):
        lines = _convert(args, dumps, on_bytes=advance, map_ranges=ranges.map)
    for line in lines:
        console.print(line, style="yellow" if line.startswith(" ") else None)
    for path, why in dumps.ignored.items():
        console.print(f"{path} was left aside: it {why}", style="yellow")
    seconds = stages.seconds["convert"]
    console.print(f"executor: {describe_execution(ranges.describe())}")
    console.print(f"{seconds:.1f} s, {size / 1e6 / seconds:,.0f} MB/s")
    return 0


def _convert(args: argparse.Namespace, dumps: DumpFiles, **more: Any) -> list[str]:
    from ..execution.datasets import find_events  # noqa: PLC0415
    from ..io.convert import convert_folder, convert_to_uhtr  # noqa: PLC0415

    options = {"tolerance": read_tolerance(args), "overwrite": args.overwrite, **more}
    lines = []
    if args.format == "uhtr":
        for path, report in convert_to_uhtr(dumps, args.out, **options).items():
            lines.append(f"{path}: {report.events:,} events, {report.pulses:,} pulses read")
            lines += _describe_skipped(report.as_dict())
        return lines
    for file in find_events(convert_folder(dumps, args.out, format=args.format, **options)):
        about = file.provenance
        lines.append(
            f"{file.path}: {about.side.name}, {about.entries:,} events, {about.read['pulses']:,} pulses"
            f" from {len(about.inputs)} file{'s' if len(about.inputs) != 1 else ''}"
        )
        lines += _describe_skipped(about.read)
        lines += [f"  {line}" for line in describe_order(about.order)]
    return lines


def _describe_skipped(read: dict[str, Any]) -> list[str]:
    firsts = read["first_bad_by_reason"]
    return [
        f"  left out, {reason}: {count}, first in {firsts[reason]['file']}:{firsts[reason]['line']}"
        for reason, count in read["skipped"].items()
    ]
