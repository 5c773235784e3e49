"""Say what dumps hold, file by file and side by side: events, pulses, runs, what goes backwards, TDC states, link words, dead
and hot channels, and lines that cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from ._options import add_side_option, describe_order, make_console, show_progress

if TYPE_CHECKING:
    from rich.console import Console

    from ..io.inspect import Inspection, SideInspection

HELP = "what dumps hold, and what cannot be read"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("data", nargs="+", metavar="DATA", help="folder of dumps, or dump files")
    add_side_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..io.folders import find_dumps  # noqa: PLC0415
    from ..io.inspect import inspect_dumps  # noqa: PLC0415

    dumps = find_dumps(args.data, side=args.side)
    total = dumps.total_bytes
    with show_progress("inspect", total) as advance:
        sides = inspect_dumps(dumps, on_bytes=advance)
    if args.json:
        content = {
            "sides": {one.together.side.name: one.as_dict() for one in sides},
            "ignored": dumps.ignored,
        }
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return 0
    console = make_console()
    _print_files(console, sides)
    for one in sides:
        console.print(f"\n{one.together.side.title}", style="bold")
        _print_side(console, one.together.as_dict())
    for file, why in dumps.ignored.items():
        console.print(f"{file} would be left aside: it {why}", style="yellow")
    return 0


def _print_files(console: Console, sides: list[SideInspection]) -> None:
    from rich.table import Column, Table  # noqa: PLC0415

    table = Table(
        Column("file", overflow="fold"),
        "side",
        "MB",
        "lines",
        "events",
        "left out",
        "pulses",
        "runs",
        "orbits",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for one in sides:
        for path, file in one.files.items():
            table.add_row(path, *_cells(file))
        if len(one.files) > 1:
            table.add_row("together", *_cells(one.together), style="bold")
    console.print(table)
    for one in sides:
        for path, file in one.files.items():
            report = file.report
            for reason, count in report.skipped.items():
                bad = report.first_bad[reason]
                console.print(f"{path}:{bad.line}: {reason}, {count} in all: {bad.text!r}", style="yellow")
            if report.truncated:
                console.print(f"{path}: ends in the middle of a line", style="yellow")
            if len(one.files) > 1:
                for line in describe_order(file.order.as_dict()):
                    console.print(f"{path}: {line}", style="yellow")


def _cells(one: Inspection) -> list[str]:
    report = one.report
    runs = list(report.runs)
    spans = report.runs.values()
    return [
        one.side.name,
        f"{report.bytes / 1e6:.1f}",
        f"{report.lines:,}",
        f"{report.events:,}",
        f"{sum(report.skipped.values()):,}",
        f"{report.pulses:,}",
        f"{runs[0]}-{runs[-1]}" if len(runs) > 1 else ", ".join(map(str, runs)),
        f"{min(span.first_orbit for span in spans)}-{max(span.last_orbit for span in spans)}" if runs else "",
    ]


def _print_side(console: Console, content: dict[str, Any]) -> None:
    for line in describe_order(content["order"]):
        console.print(f"  {line}", style="yellow")
    for what, count in content["unusual"].items():
        console.print(f"  {what}: {count:,}")
    codes = ", ".join(f"{n}: {count:,}" for n, count in content["pulses_by_number_of_tdc_codes"].items())
    console.print(f"  pulses by number of TDC codes: {codes}")
    for code, entry in content["special_tdc_codes"].items():
        console.print(f"  TDC {code} ({entry['meaning']}): {entry['count']:,}")
    for word, by_fibre in content["link_words"].items():
        if by_fibre:
            places = ", ".join(f"fibre {fibre}: {n:,}" for fibre, n in by_fibre.items())
            console.print(f"  {word}, a link word decoded as data: {places}")
    console.print(f"  pulses of inputs without a unit: {content['not_connected']:,}")
    for kind, meaning in (("dead", "no pulse"), ("hot", "more than five times the middle channel")):
        if content[kind]:
            console.print(f"  {kind} channels ({meaning}): {', '.join(content[kind])}", style="yellow")
