"""Draw figures again from what `bhm analyse` wrote.

Without --figure all figures are drawn into a folder; with it, one figure into one file:
  bhm plot out --figure occupancy --of plusZ -o occupancy.pdf
  bhm plot out --figure rates --region CP --channels 'PN*,MN*' --unit /min -o rates.png
  bhm plot out --figure rates --from '2023-08-23 12:00:00' --to '2023-08-23 13:00:00' -o hour.pdf
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ._options import add_view_options, make_console, make_stages, read_view

if TYPE_CHECKING:
    from ..plotting.results import Results

HELP = "figures from the results of an analysis"
_NAMES = (
    "occupancy",
    "tdc_adc",
    "tdc_stability",
    "tdc_violins",
    "channel_events",
    "charge",
    "rates",
    "rate_luminosity",
    "bunch_occupancy",
    "bunch_rates",
    "adc",
    "tdc",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument("--figure", choices=_NAMES, help="which figure (default: all)")
    parser.add_argument(
        "--of",
        metavar="PART",
        help="a side (plusZ, minusZ); for rates a region (SR); for rate_luminosity and bunch_rates both (plusZ_SR); for "
        "adc and tdc a group or channel (PN, PN03)",
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE|DIR", help=".pdf, .png or .svg file, or a folder"
    )
    parser.add_argument("--label", help="text behind CMS (default: as analysed)")
    add_view_options(parser)
    parser.add_argument("--region", help="of rates, in place of --of (default SR)")


#: options that each figure can obey, besides --of
_OBEYED = {
    "rates": ("region", "channels", "start", "stop", "unit"),
    "rate_luminosity": ("region", "channels", "start", "stop"),
    "bunch_rates": ("region",),
}
_WORDS = {"region": "--region", "channels": "--channels", "start": "--from", "stop": "--to", "unit": "--unit"}


def _check_options(args: argparse.Namespace) -> None:
    """Refuse options that the figure cannot obey, rather than draw something else than was asked for."""
    from ..errors import SelectionError  # noqa: PLC0415

    if args.figure is None and (args.of or args.region):
        raise SelectionError("--of and --region need --figure", hint=f"figures are {', '.join(_NAMES)}")
    if args.of and args.region:
        raise SelectionError("--of and --region say the same", hint="give one of them")
    given = [word for word in _WORDS if getattr(args, word) not in (None, "Hz")]
    for word in given:
        if args.figure is None or word not in _OBEYED.get(args.figure, ()):
            takes = ", ".join(name for name, words in _OBEYED.items() if word in words)
            raise SelectionError(f"{_WORDS[word]} is for --figure {takes}", hint="leave it out")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..execution.executors import count_cores  # noqa: PLC0415
    from ..plotting.figures import FIGURES, draw_figure, draw_figures, list_figures  # noqa: PLC0415
    from ..plotting.results import load_results  # noqa: PLC0415

    _check_options(args)
    results = load_results(args.out, label=args.label)
    results = replace(results, view=read_view(args, results.exposure))
    console = make_console()
    if args.figure is None:
        parts = list_figures(results, FIGURES)
        with make_stages().run("draw", len(parts)) as advance:
            written = draw_figures(
                results, args.output, on_figure=lambda _: advance(1), workers=count_cores()
            )
        console.print(f"{len(written)} files in {args.output}")
        return 0
    of = args.of or _choose_part(results, args.figure, args.region)
    draw_figure(results, args.figure, of, [Path(args.output)])
    console.print(f"{args.figure} of {of}: {args.output}")
    return 0


def _choose_part(results: Results, figure: str, region: str | None) -> str:
    """Part that a figure is drawn of when only a region is given, or nothing."""
    from ..detector.channels import CHANNELS  # noqa: PLC0415
    from ..plotting.figures import list_figures  # noqa: PLC0415

    seen = results.view.channels
    sides = [side for side in results.sides if seen is None or any(CHANNELS[k].side == side for k in seen)]
    first = (sides or results.sides)[0].directory
    if figure == "rates":
        return region or "SR"
    if figure in ("rate_luminosity", "bunch_rates"):
        return f"{first}_{region or 'SR'}"
    parts = list_figures(results, [figure])
    return parts[0][1] if parts else first
