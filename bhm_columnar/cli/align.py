"""Measure the TDC peak and the ADC cut of each channel from converted events.

  bhm align out -o calibration.json                      as the BHM group has done it: 68 % interval
  bhm align out --method fit                             fits of both peaks, with errors and the purity of SR
  bhm align out --method fit --target 6                  by how many phase steps each channel is off TDC 6
  bhm align out --method fit --target 6 --phases current.txt --write-phases new.txt

A phase step is 0.5 ns; one step more makes the TDC one code smaller. Proposed phases are legal (0..49 and 64..113). Channels
whose peak is not measured, or whose phase would leave the range, keep theirs. The interval looks for peaks at TDC 0..14, the
fit at 0..24.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ._options import (
    add_fill_options,
    job_options,
    make_console,
    open_request,
    resume_folder,
    show_job_script,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from ..calibration.model import Calibration
    from ..calibration.phase import PhaseProposal

HELP = "TDC peak and ADC cut of each channel; QIE phases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument(
        "data", nargs="+", metavar="DATA", help="events: what `bhm convert` or `bhm analyse` wrote"
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="calibration file to write (JSON)")
    parser.add_argument(
        "--method",
        choices=["interval", "fit"],
        default="interval",
        help="fullest bin and 68%% interval (default), or fits of the peaks; see docs/calibration.md",
    )
    parser.add_argument(
        "--write-cuts",
        metavar="FILE",
        help='also write the "custom cuts" JSON that the earlier program loads',
    )
    group = parser.add_argument_group("QIE phases")
    group.add_argument(
        "--target", type=int, metavar="TDC", help="TDC code 0..49 where the halo peaks are wanted"
    )
    group.add_argument(
        "--phases",
        metavar="FILE",
        help="the phases that the data were taken with, as docs/examples/phases.txt: propose new ones",
    )
    group.add_argument(
        "--write-phases", metavar="FILE", help="write the `put` lines to a file instead of the terminal"
    )
    add_fill_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..calibration.phase import find_shifts, propose_phases  # noqa: PLC0415
    from ..calibration.phase_file import read_phases  # noqa: PLC0415
    from ..calibration.store import save_calibration, save_cuts  # noqa: PLC0415
    from ..execution.job import open_job  # noqa: PLC0415

    if show_job_script(args):
        return 0
    _check_target(args)
    phases = read_phases(args.phases) if args.phases else None
    resume = resume_folder(args, args.out or "calibration")
    with open_request(args) as request:
        job = open_job(args.data, request=request, resume=resume, **job_options(args))
        made, _ = job.align(args.method)
    job.forget()
    shifts = None if args.target is None else find_shifts(made, args.target)
    proposals = () if phases is None else propose_phases(phases, made, args.target)
    console = make_console()
    console.print(_make_table(made, shifts, proposals))
    for path, save in ((args.out, save_calibration), (args.write_cuts, save_cuts)):
        if path:
            save(made, path)
            console.print(f"written to {path}")
    if proposals:
        _show_proposals(args, proposals, console)
    return 0


def _check_target(args: argparse.Namespace) -> None:
    """Refuse phase options that do not go together, before anything is read."""
    from ..detector.qie import TDC_CODES  # noqa: PLC0415
    from ..errors import SelectionError  # noqa: PLC0415

    if args.phases and args.target is None:
        raise SelectionError("--phases needs --target", hint="say at which TDC code the halo is wanted")
    if args.write_phases and not args.phases:
        raise SelectionError("--write-phases needs --phases", hint="say what the phases are now")
    if args.target is not None and args.target not in TDC_CODES:
        raise SelectionError(f"--target {args.target} is no TDC code", hint=f"give 0..{TDC_CODES.stop - 1}")


def _make_table(
    made: Calibration, shifts: tuple[Any, dict[str, str]] | None, proposals: Sequence[PhaseProposal]
) -> Table:
    """One row per channel, with the columns that there is something to say in."""
    from rich.table import Table  # noqa: PLC0415

    from ..detector.channels import CHANNELS  # noqa: PLC0415

    fits, by_side = made.fits, {one.side: one for one in proposals}
    table = Table("channel", "TDC peak", "ADC cut")
    names = (
        *(("fitted TDC", "fitted ADC", "SR purity [%]") if fits else ()),
        *(("steps",) if shifts else ()),
        *(("phase",) if by_side else ()),
    )
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for channel in CHANNELS:
        row = [channel.name, str(made.tdc_peak[channel.index]), str(made.adc_cut[channel.index])]
        if fits:
            fit = fits[channel.index]
            row += [
                _with_error(fit.tdc.position, fit.tdc.position_error),
                _with_error(fit.adc.position, fit.adc.position_error),
                _with_error(fit.purity, fit.purity_error, 100.0),
            ]
        if shifts:
            step = int(shifts[0][channel.index])
            row.append("" if channel.name in shifts[1] else f"{step:+d}" if step else "0")
        if by_side:
            one = by_side.get(channel.side)
            row.append("" if one is None else _step(one, channel.qie - 1))
        table.add_row(*row, made.flags.get(channel.name, ""))
    return table


def _with_error(value: float | None, error: float | None, scale: float = 1.0) -> str:
    if value is None or error is None:
        return ""
    return f"{value * scale:.2f} ± {error * scale:.2f}"


def _step(proposal: PhaseProposal, place: int) -> str:
    old, new = proposal.current[place], proposal.proposed[place]
    return str(old) if old == new else f"{old} -> {new}"


def _show_proposals(args: argparse.Namespace, proposals: Sequence[PhaseProposal], console: Console) -> None:
    """Write the `put` lines, and say which phases stay as they are and why."""
    from ..calibration.phase_file import format_put, write_phases  # noqa: PLC0415

    for one in proposals:
        for name, reason in one.kept.items():
            console.print(f"{name}: phase unchanged, {reason}")
    if args.write_phases:
        write_phases(proposals, args.target, args.write_phases)
        console.print(f"written to {args.write_phases}")
        return
    for one in proposals:
        console.print(format_put(one), soft_wrap=True)
