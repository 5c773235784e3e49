"""Compare two analyses channel by channel: has the halo peak moved in time or charge, or between channels?

  bhm compare out good_run                       the ten channels that differ most, and the sides
  bhm compare out good_run -o differences.html   a page with all of them, and with the histograms of both
  bhm compare out good_run --json

Differences are A minus B, B being the reference. A pull is a difference in units of its standard error: by chance, one in 370
is beyond 3.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from ._options import make_console, positive

if TYPE_CHECKING:
    from rich.console import Console

    from ..report.tables import Table

HELP = "differences of two analyses, channel by channel, with pulls"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("a", metavar="A", help="what `bhm analyse` wrote")
    parser.add_argument("b", metavar="B", help="the same of the reference")
    parser.add_argument("-o", "--output", metavar="FILE.html", help="write a page with everything")
    parser.add_argument(
        "--rows", type=positive, default=10, metavar="N", help="channels to print (default 10)"
    )
    parser.add_argument("--json", action="store_true", help="write everything as JSON on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..report.compare import compare_results  # noqa: PLC0415
    from ..report.differences import (  # noqa: PLC0415
        tabulate_channel_shifts,
        tabulate_pulls,
        tabulate_side_shifts,
    )
    from ..report.page import write_comparison  # noqa: PLC0415

    if args.output is None:
        comparison = compare_results(args.a, args.b)
    else:
        comparison = write_comparison(args.a, args.b, args.output)
    if args.json:
        sys.stdout.write(json.dumps(comparison.as_dict(), indent=2) + "\n")
        return 0
    console = make_console()
    for note in comparison.notes:
        console.print(note, style="yellow")
    for table in (
        tabulate_side_shifts(comparison),
        tabulate_channel_shifts(comparison, args.rows, fits=False),  # more columns than a terminal has
        tabulate_pulls(comparison),
    ):
        _print_table(table, console)
    if args.output is not None:
        console.print(f"page: {args.output}")
    return 0


def _print_table(table: Table, console: Console) -> None:
    from rich.table import Table as RichTable  # noqa: PLC0415

    shown = RichTable(*table.columns, title=table.caption, title_justify="left")
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in table.rows:
        shown.add_row(*(cell.text for cell in row))
    console.print(shown)
