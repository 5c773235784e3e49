"""Fetch what the LHC was doing in some runs: run times, luminosity and the filling scheme; print it, and save it.

  bhm conditions 372923,372925 -o conditions.json        run times from OMS
  bhm conditions 372923 --lumi brilcalc --filling oms -o conditions.json
  bhm conditions 372923 --via-ssh cmsusr --brilcalc-via-ssh lxplus.cern.ch -o conditions.json
  bhm analyse dumps -o out --conditions conditions.json  use it, without any network

OMS is asked inside of P5 without login; outside with an OIDC client, whose id and secret are taken from
BHM_OMS_CLIENT_ID and BHM_OMS_CLIENT_SECRET or the keyring of the system (service bhm_columnar, extra [oms]).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ._options import add_source_options, make_console, parse_runs, read_wanted

if TYPE_CHECKING:
    from rich.console import Console

    from ..conditions.model import Conditions

HELP = "run times, luminosity and filling schemes from OMS, brilcalc or files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument(
        "runs", type=parse_runs, metavar="RUNS", help="run numbers, such as 362000,362002-362004"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="save for `bhm analyse --conditions FILE`")
    parser.add_argument(
        "--write-lumi",
        metavar="FILE",
        help="save luminosity in brilcalc's nine columns, as coffea's LumiData and others read it",
    )
    add_source_options(parser, conditions="oms")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..conditions.brilcalc import write_brilcalc  # noqa: PLC0415
    from ..conditions.gather import gather_conditions  # noqa: PLC0415
    from ..conditions.store import save_conditions  # noqa: PLC0415

    found = gather_conditions(args.runs, read_wanted(args)).select(args.runs)
    console = make_console()
    _print_runs(found, args.runs, console)
    if args.output:
        save_conditions(found, args.output)
        console.print(f"saved in {args.output}")
    if args.write_lumi:
        missing = write_brilcalc(found.lumisections, args.write_lumi)
        console.print(
            f"luminosity: {args.write_lumi}; {missing} lumisections without luminosity are left out"
        )
    return 0


def _print_runs(found: Conditions, asked: list[int], console: Console) -> None:
    from rich.table import Table  # noqa: PLC0415

    from ..conditions.model import format_time  # noqa: PLC0415

    table = Table(
        "run", "fill", "start (UTC)", "end (UTC)", "lumisections", "delivered [1/nb]", "beam status"
    )
    lumi = found.lumisections
    for run in sorted(set(found.runs) | set(lumi.run.tolist())):
        info = found.runs.get(run)
        rows = lumi.select(lumi.run == run)
        known = rows.delivered[rows.delivered == rows.delivered]
        start, end = (info.start, info.end) if info else (None, None)
        table.add_row(
            str(run),
            str(info.fill)
            if info and info.fill
            else str(rows.fill[0])
            if len(rows) and rows.fill[0]
            else "-",
            format_time(start) if start is not None else "-",
            format_time(end) if end is not None else "goes on" if start is not None else "-",
            str(len(rows)),
            f"{known.sum() / 1e3:,.3f}" if len(known) else "-",
            ", ".join(dict.fromkeys(filter(None, rows.status.tolist()))) or "-",
        )
    console.print(table)
    for fill, filling in found.fillings.items():
        console.print(
            f"fill {fill or '(from a file)'}: {filling.name or 'scheme without a name'}, {len(filling.beam1)} and "
            f"{len(filling.beam2)} bunches, {len(filling.colliding)} colliding in CMS"
        )
    for source in found.sources:
        console.print(f"{source.what}: {source.where}, {source.retrieved}")
    unknown = sorted(set(asked) - set(found.runs) - set(lumi.run.tolist()))
    if unknown:
        console.print(f"nothing is known of run {', '.join(map(str, unknown))}", style="yellow")
