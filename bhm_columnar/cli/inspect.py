"""Say what dumps hold: events, pulses, runs, TDC states, link words, and lines that cannot be read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ._options import add_side_option, make_console, show_progress

if TYPE_CHECKING:
    from ..io.inspect import FileInspection

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
    total = sum(Path(file).stat().st_size for one in dumps.sides for file in one.files)
    with show_progress("inspect", total) as advance:
        inspections = inspect_dumps(dumps, on_bytes=advance)
    if args.json:
        content = {"files": [one.as_dict() for one in inspections], "ignored": dumps.ignored}
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return 0
    _print_table(inspections)
    console = make_console()
    for file, why in dumps.ignored.items():
        console.print(f"[yellow]{file} would be left aside: it {why}[/]")
    return 0


def _print_table(inspections: list[FileInspection]) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table("file", "side", "MB", "lines", "events", "left out", "pulses", "runs", "orbits")
    for column in table.columns[2:]:
        column.justify = "right"
    for one in inspections:
        report = one.report
        runs = list(report.runs)
        spans = report.runs.values()
        table.add_row(
            one.path,
            one.side.name,
            f"{report.bytes / 1e6:.1f}",
            f"{report.lines:,}",
            f"{report.events:,}",
            f"{report.skipped_events:,}",
            f"{report.pulses:,}",
            f"{runs[0]}-{runs[-1]}" if len(runs) > 1 else ", ".join(map(str, runs)),
            f"{min(span.first_orbit for span in spans)}-{max(span.last_orbit for span in spans)}"
            if runs
            else "",
        )
    console.print(table)
    for one in inspections:
        _print_details(console, one)


def _print_details(console: object, one: FileInspection) -> None:
    write = console.print  # type: ignore[attr-defined]
    content = one.as_dict()
    write(f"\n[bold]{one.path}[/]")
    for reason, count in content["skipped"].items():
        bad = content["first_bad_by_reason"][reason]
        write(f"  [yellow]{reason}: {count}, first in line {bad['line']}: {bad['text']!r}[/]")
    if content["truncated"]:
        write("  [yellow]the file ends in the middle of a line[/]")
    for what, count in content["unusual"].items():
        write(f"  {what}: {count}")
    codes = ", ".join(f"{n} x {count}" for n, count in content["pulses_by_number_of_tdc_codes"].items())
    write(f"  TDC codes per pulse: {codes}")
    for code, entry in content["special_tdc_codes"].items():
        write(f"  TDC {code} ({entry['meaning']}): {entry['count']}")
    for word, by_fibre in content["link_words"].items():
        if by_fibre:
            write(f"  {word}: {', '.join(f'fibre {fibre}: {n}' for fibre, n in by_fibre.items())}")
    write(f"  inputs without a unit: {content['not_connected']} pulses")
    silent = [name for name, n in content["channels"].items() if n == 0]
    if silent:
        write(f"  [yellow]channels without a pulse: {', '.join(silent)}[/]")
