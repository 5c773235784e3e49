"""Write the numbers behind figures as tables for HEPData.

Tables are named FIGURE:PART, as `bhm plot --figure FIGURE --of PART` draws them:
  bhm export out occupancy:plusZ occupancy:minusZ rates:SR -o hepdata
  bhm export out tdc:PN03 adc:PN03 -o hepdata

The folder holds submission.yaml, a YAML file per table, and submission.tar.gz, which is what hepdata.net takes. It needs
hepdata-lib: pip install 'bhm-columnar[hepdata]'.
"""

from __future__ import annotations

import argparse

from ._options import make_console

HELP = "the numbers of figures, for HEPData"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument(
        "tables",
        nargs="+",
        metavar="FIGURE:PART",
        help="occupancy, charge, channel_events or tdc_stability of plusZ or minusZ; adc or tdc of a channel; rates of a region",
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="folder to make")
    parser.add_argument("--overwrite", action="store_true", help="replace the folder")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..plotting.results import load_results  # noqa: PLC0415
    from ..report.figuredata import figure_data  # noqa: PLC0415
    from ..report.hepdata import write_hepdata  # noqa: PLC0415

    parts = [table.partition(":") for table in args.tables]
    for name, colon, of in parts:
        if not (colon and of):
            raise SelectionError(f"{name!r} names no part", hint="write FIGURE:PART, such as occupancy:plusZ")
    results = load_results(args.out)
    tables = [figure_data(results, name, of) for name, _, of in parts]
    archive = write_hepdata(tables, args.output, overwrite=args.overwrite)
    make_console().print(f"{len(tables)} table{'s' if len(tables) != 1 else ''} in {archive}")
    return 0
