"""Do the whole job: convert dumps to events, calibrate, fill histograms, draw figures, and sum up.

OUT gets report.html, events/, calibration.json, histograms.root, histograms.uhi.zip, conditions.json, exposure.json, figures/,
summary.json, and README.txt, which says what is where. It is complete, or it is not there.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ._options import (
    add_fill_options,
    add_format_option,
    add_side_option,
    add_source_options,
    add_time_bin_option,
    add_tolerance_options,
    describe_execution,
    describe_order,
    job_options,
    make_console,
    open_request,
    read_tolerance,
    read_wanted,
    resume_folder,
    show_job_script,
)

if TYPE_CHECKING:
    from rich.console import Console

HELP = "the whole job: dumps to events, histograms, figures and a report"
_FLAGS_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("data", nargs="+", metavar="DATA", help="folder of dumps, or dump files")
    parser.add_argument("-o", "--out", required=True, metavar="OUT", help="folder to make")
    add_side_option(parser)
    parser.add_argument(
        "--calibration",
        default="auto",
        metavar="auto|v1|v2|FILE",
        help="measure it from these data (auto, default), a shipped table, or a JSON file, also of the earlier program",
    )
    parser.add_argument(
        "--method",
        choices=("interval", "fit"),
        default="interval",
        help="how it is measured: the 68 %% interval of the earlier program (default), or fits of the peaks",
    )
    parser.add_argument(
        "--reference",
        metavar="OUT",
        help="another folder of results to compare with, in data quality and in report.html",
    )
    parser.add_argument("--thresholds", metavar="FILE", help="limits of data quality (TOML), see `bhm check`")
    add_fill_options(parser)
    add_format_option(parser)
    add_tolerance_options(parser)
    add_time_bin_option(parser)
    parser.add_argument("--label", help="text behind CMS in the figures (default: Preliminary)")
    parser.add_argument("--no-figures", action="store_true", help="draw none; `bhm plot` draws them later")
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    add_source_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    if show_job_script(args):
        return 0
    from ..pipeline import analyse  # noqa: PLC0415

    options = {**job_options(args), "conditions": read_wanted(args), "resume": resume_folder(args, args.out)}
    with open_request(args) as request:
        summary = analyse(args.data, args.out, request=request, **_options(args), **options)
    _print_summary(summary, args.out)
    return 0


def _options(args: argparse.Namespace) -> dict[str, Any]:
    from ..quality.thresholds import DEFAULT_THRESHOLDS, load_thresholds  # noqa: PLC0415

    return {
        "side": args.side,
        "method": args.method,
        "reference": args.reference,
        "thresholds": DEFAULT_THRESHOLDS if args.thresholds is None else load_thresholds(args.thresholds),
        "calibration": args.calibration,
        "format": args.format,
        "tolerance": read_tolerance(args),
        "label": args.label,
        "figures": not args.no_figures,
        "bin_seconds": args.bin_seconds,
        "overwrite": args.overwrite,
    }


def _print_summary(summary: dict[str, Any], out: str) -> None:
    from rich.table import Table  # noqa: PLC0415

    console = make_console()
    table = Table(
        "side", "events", "left out", "pulses", "clean", "SR halo", "BR", "CP collisions", "AR activation"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, side in summary["sides"].items():
        read = side["read"]
        numbers = [read["events"], read["headers"] - read["events"], read["pulses"], side["clean"]]
        table.add_row(name, *(f"{n:,}" for n in [*numbers, *side["regions"].values()]))
    console.print(table)
    for name, side in summary["sides"].items():
        if side["assumed"]:
            console.print(
                f"{name}: the side of some files was given, not told from their names", style="yellow"
            )
        if bad := side["read"]["first_bad"]:
            console.print(
                f"{name}: first line left out: {bad['file']}:{bad['line']} ({bad['reason']})", style="yellow"
            )
        for line in describe_order(side["order"]):
            console.print(f"{name}: {line}", style="yellow")
    for file, why in summary["ignored_files"].items():
        console.print(f"{file} was left aside: it {why}", style="yellow")
    runs = summary["runs"]
    reference = summary["reference"]
    if runs and reference:
        console.print(
            f"{len(runs)} run{'s' if len(runs) != 1 else ''} ({runs[0]} to {runs[-1]}), reference run "
            f"{reference['run']} at orbit {reference['orbit']}"
        )
    _print_conditions(summary, console)
    flags = summary["calibration"]["flags"]
    if flags:
        console.print(f"calibration: {len(flags)} channels are flagged, see calibration.json", style="yellow")
    console.print(f"executor: {describe_execution(summary['execution'])}")
    _print_quality(summary["quality"], console)
    seconds = ", ".join(f"{stage} {time:.1f} s" for stage, time in summary["seconds"].items())
    console.print(f"{seconds}\nresults are in {out}; open {out}/report.html")


def _print_quality(quality: dict[str, Any], console: Console) -> None:
    """Print the status and the first flags."""
    flags = quality["flags"]
    style = {"OK": "green", "WARN": "yellow", "BAD": "red"}[quality["status"]]
    more = f", {len(flags)} flag{'s' if len(flags) != 1 else ''}" if flags else ""
    console.print(f"data quality: {quality['status']}{more}", style=style)
    for flag in flags[:_FLAGS_SHOWN]:
        console.print(f"  {flag['level']}: {flag['text']}", style=style)
    if len(flags) > _FLAGS_SHOWN:
        console.print("  and more, see report.html or `bhm check`", style=style)


def _print_conditions(summary: dict[str, Any], console: Console) -> None:
    for name, regions in summary["rates"].items():
        halo = regions["SR"]
        if halo["hz"] is not None:
            console.print(
                f"{name}: beam halo {halo['hz']:.4g} Hz (-{halo['hz'] - halo['hz_low']:.2g} "
                f"+{halo['hz_high'] - halo['hz']:.2g}) in {halo['live_s']:,.1f} s"
            )
    for line in summary["conditions"]["problems"]:
        console.print(f"conditions: {line}", style="yellow")
    for name, found in summary["bunches"]["alignment"].items():
        if found["offset"] is None:
            console.print(f"{name}: BX cannot be aligned: {found['reason']}", style="yellow")
        else:
            console.print(
                f"{name}: BX of the dump = LHC slot + {found['offset']} ({found['significance']:.0f} standard deviations, "
                f"{found['lead']:.1f} ahead of the next shift)"
            )
