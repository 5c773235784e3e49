"""Write OUT/report.html: one page that opens from disk, without network, and tells a shifter in a minute how it went.

  bhm report out                          from what `bhm analyse` wrote
  bhm report out --reference good_run     with the differences from another analysis

It holds the status of data quality, the rates of beam halo, what is odd, a map of the units that leads to the histograms of
each, the figures, and where everything came from. A page that is there is replaced.
"""

from __future__ import annotations

import argparse

from ._options import make_console

HELP = "one page about an analysis, as HTML"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument("--reference", metavar="OTHER", help="another analysis, to show the differences from")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..report.page import write_report  # noqa: PLC0415

    path = write_report(args.out, reference=args.reference)
    make_console().print(f"report: {path} ({path.stat().st_size / 1e6:.1f} MB)")
    return 0
