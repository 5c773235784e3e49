"""Draw figures again from what `bhm analyse` wrote.

Without --figure all figures are drawn into a folder; with it, one figure into one file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ._options import make_console, make_stages

HELP = "figures from the results of an analysis"
_NAMES = ("occupancy", "tdc_adc", "tdc_stability", "tdc_violins", "channel_events", "charge", "adc", "tdc")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument("--figure", choices=_NAMES, help="which figure (default: all)")
    parser.add_argument(
        "--of", metavar="PART", help="a side (plusZ, minusZ); for adc and tdc a group or channel (PN, PN03)"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE|DIR", help=".pdf, .png or .svg file, or a folder"
    )
    parser.add_argument("--label", help="text behind CMS (default: as analysed)")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..plotting.figures import FIGURES, draw_figure, draw_figures, list_figures  # noqa: PLC0415
    from ..plotting.results import load_results  # noqa: PLC0415

    results = load_results(args.out, label=args.label)
    console = make_console()
    if args.figure is None:
        if args.of:
            raise SelectionError("--of needs --figure", hint=f"figures are {', '.join(FIGURES)}")
        parts = list_figures(results.sides, FIGURES)
        with make_stages().run("draw", len(parts)) as advance:
            written = draw_figures(results, args.output, on_figure=lambda _: advance(1))
        console.print(f"{len(written)} files in {args.output}")
        return 0
    of = args.of or list_figures(results.sides, [args.figure])[0][1]
    draw_figure(results, args.figure, of, [Path(args.output)])
    console.print(f"{args.figure} of {of}: {args.output}")
    return 0
