"""Measure the TDC peak and the ADC cut of each channel from converted events."""

from __future__ import annotations

import argparse

from ._options import (
    add_fill_options,
    job_options,
    make_console,
    open_request,
    resume_folder,
    show_job_script,
)

HELP = "TDC peak and ADC cut of each channel"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument(
        "data", nargs="+", metavar="DATA", help="events: what `bhm convert` or `bhm analyse` wrote"
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="calibration file to write (JSON)")
    parser.add_argument(
        "--write-cuts",
        metavar="FILE",
        help='also write the "custom cuts" JSON that the earlier program loads',
    )
    add_fill_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from rich.table import Table  # noqa: PLC0415

    from ..calibration.store import save_calibration, save_cuts  # noqa: PLC0415
    from ..detector.channels import CHANNELS  # noqa: PLC0415
    from ..execution.job import open_job  # noqa: PLC0415

    if show_job_script(args):
        return 0
    resume = resume_folder(args, args.out or "calibration")
    with open_request(args) as request:
        job = open_job(args.data, request=request, resume=resume, **job_options(args))
        made, _ = job.align()
    job.forget()
    table = Table("channel", "TDC peak", "ADC cut", "")
    for channel in CHANNELS:
        flag = made.flags.get(channel.name, "")
        table.add_row(channel.name, str(made.tdc_peak[channel.index]), str(made.adc_cut[channel.index]), flag)
    console = make_console()
    console.print(table)
    for path, save in ((args.out, save_calibration), (args.write_cuts, save_cuts)):
        if path:
            save(made, path)
            console.print(f"written to {path}")
    return 0
