"""Rates of regions and units from what `bhm analyse` wrote: counts, live time and mean rate with errors.

  bhm rates out                                          beam halo, both sides
  bhm rates out --region SR,CP --channels 'PN*' --unit /min
  bhm rates out --from '2023-08-23 12:00:00' --to '2023-08-23 13:00:00' --csv hour.csv
  bhm rates out --unit /nb                               per delivered luminosity, if it is known
  bhm rates out --bunches bunches                        rate of each LHC slot, as CSV and ROOT

Errors are one-sigma Poisson intervals. Pulses of one event are counted each by itself. Live time is that between the first
and the last event of a run in a dump.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._options import add_view_options, make_console, read_view

if TYPE_CHECKING:
    from rich.console import Console

    from ..histograms.counts import Histogram
    from ..histograms.exposure import Exposure
    from ..report.rates import RateTable
    from ..selection.pattern import BunchPattern

HELP = "counts, live time and mean rates with errors; tables by time bin and by bunch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument(
        "--region", default="SR", metavar="R[,R]", help="SR, BR, CP, AR, or several with commas (default SR)"
    )
    add_view_options(parser)
    parser.add_argument("--csv", metavar="FILE", help="write every time bin as a row")
    parser.add_argument(
        "--bunches",
        metavar="DIR",
        help="write rates by LHC slot over all units and times, bunches_SIDE_REGION.csv and .root",
    )


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..histograms.axes import REGIONS  # noqa: PLC0415
    from ..histograms.exposure import cut_time  # noqa: PLC0415
    from ..histograms.output import load_histograms  # noqa: PLC0415
    from ..report.rates import list_rates, write_rates_csv  # noqa: PLC0415
    from ..selection.pattern import load_exposure  # noqa: PLC0415

    histograms, _ = load_histograms(args.out)
    exposure, pattern = load_exposure(args.out)
    if exposure is None or "rates" not in histograms:
        raise SelectionError(
            "holds no rates", where=args.out, hint="run `bhm analyse`, or `bhm fill -p rates`"
        )
    regions = [region.strip() for region in args.region.split(",")]
    if unknown := [region for region in regions if region not in REGIONS]:
        raise SelectionError(f"{unknown[0]!r} is no region", hint=f"regions are {', '.join(REGIONS)}")
    if args.bunches and (args.channels or args.start or args.stop):
        raise SelectionError(
            "--bunches are of all units and times", hint="leave out --channels, --from and --to"
        )
    view = read_view(args, exposure)
    h, shown = cut_time(histograms["rates"], exposure, view.start, view.stop)
    rates = list_rates(h, shown, regions=regions, channels=view.channels, unit=view.unit)
    console = make_console()
    _print_rates(rates, shown, view.unit, console)
    if args.csv:
        write_rates_csv(shown, rates, args.csv)
        console.print(f"time bins: {args.csv}")
    if args.bunches:
        _write_bunches(histograms, exposure, pattern, regions, Path(args.bunches), console)
    return 0


def _print_rates(rates: RateTable, exposure: Exposure, unit: str, console: Console) -> None:
    from rich.table import Table  # noqa: PLC0415

    is_missing = any(one.counts > one.mean.counts[0] for one in rates.values())
    more = ["not counted"] if is_missing else []
    table = Table("side", "region", "pulses", "live time [s]", f"mean rate [{unit}]", "error", *more)
    for column in table.columns[2:]:
        column.justify = "right"
    for (side, region), one in rates.items():
        mean = one.mean
        missing = [f"{one.counts - mean.counts[0]:,.0f}"] if is_missing else []
        table.add_row(
            side,
            region,
            f"{mean.counts[0]:,.0f}",
            f"{one.live_s:,.1f}",
            *_write_rate(mean),
            *missing,
        )
    console.print(table)
    if is_missing:
        console.print(
            "not counted: pulses in time bins without luminosity, which is missing there", style="yellow"
        )
    live = sum(any(seconds[k] > 0 for seconds in exposure.live.values()) for k in range(len(exposure)))
    console.print(f"{live} time bins with data, {exposure.name_time(0)} to {exposure.name_time(-1)}")


def _write_rate(mean: Any) -> tuple[str, str]:
    """Write a mean and its errors with the figures that mean something."""
    value, low, high = mean.value[0], mean.low[0], mean.high[0]
    if value != value:  # noqa: PLR0124  (nan)
        return "-", "-"
    return f"{value:.5g}", f"-{value - low:.2g} +{high - value:.2g}"


def _write_bunches(
    histograms: Mapping[str, Histogram],
    exposure: Exposure,
    pattern: BunchPattern | None,
    regions: list[str],
    folder: Path,
    console: Console,
) -> None:
    from rich.table import Table  # noqa: PLC0415

    from ..detector.channels import SIDES  # noqa: PLC0415
    from ..errors import SelectionError  # noqa: PLC0415
    from ..selection.bunch_rates import save_bunch_rates  # noqa: PLC0415

    written = []
    table = Table("side", "region", "bunch class", "slots", "pulses", "mean rate of a slot [mHz]", "error")
    for side in (side for side in SIDES if side.name in exposure.live):
        for region in regions:
            rates = pattern and pattern.rates(
                histograms["occupancy"], side.name, region, exposure.total_live[side.name]
            )
            if not rates:
                continue
            for ending in (".csv", ".root"):
                written.append(folder / f"bunches_{side.directory}_{region}{ending}")
                save_bunch_rates(rates, written[-1])
            for name, one in rates.per_class().items():
                error = f"-{1e3 * (one.rate - one.low):.2g} +{1e3 * (one.high - one.rate):.2g}"
                numbers = (f"{one.slots:,}", f"{one.counts:,}", f"{1e3 * one.rate:.4g}", error)
                table.add_row(side.name, region, name, *numbers)
    if not written:
        raise SelectionError(
            "no side's BX are aligned with LHC slots",
            where="--bunches",
            hint="give the scheme with `bhm analyse --filling`",
        )
    for column in table.columns[3:]:
        column.justify = "right"
    console.print(table)
    for path in written:
        console.print(f"bunches: {path}")
