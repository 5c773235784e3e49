"""Convert dumps to events: OUT/plusZ.root and OUT/minusZ.root, or .parquet.

Every file holds all 20 samples and all TDC codes of each pulse, and what it was made from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ._options import add_format_option, add_side_option, make_console, make_stages

HELP = "dumps to events in ROOT or Parquet files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("data", nargs="+", metavar="DATA", help="folder of dumps, or dump files")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="folder to write to")
    add_side_option(parser)
    add_format_option(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..execution.datasets import find_events  # noqa: PLC0415
    from ..io.convert import convert_folder  # noqa: PLC0415
    from ..io.folders import find_dumps  # noqa: PLC0415

    dumps = find_dumps(args.data, side=args.side)
    stages = make_stages()
    size = sum(Path(file).stat().st_size for one in dumps.sides for file in one.files)
    with stages.run("convert", size) as advance:
        paths = convert_folder(
            dumps, args.out, format=args.format, overwrite=args.overwrite, on_bytes=advance
        )
    files = find_events(paths)
    console = make_console()
    for file in files:
        about = file.provenance
        read = about.read
        console.print(
            f"{file.path}: {about.side.name}, {about.entries:,} events, {read['pulses']:,} pulses"
            f" from {len(about.inputs)} file{'s' if len(about.inputs) != 1 else ''}"
        )
        for reason, count in read["skipped"].items():
            first = read["first_bad_by_reason"][reason]
            console.print(
                f"  [yellow]left out, {reason}: {count}, first in {first['file']}:{first['line']}[/]"
            )
    for path, why in dumps.ignored.items():
        console.print(f"[yellow]{path} was left aside: it {why}[/]")
    console.print(f"{stages.seconds['convert']:.1f} s")
    return 0
