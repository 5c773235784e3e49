"""Draw figures again from what `bhm analyse` wrote.

Without --figure the standard set is drawn into a folder; with it, one figure into one file:
  bhm plot out --figure occupancy --of plusZ -o occupancy.pdf
  bhm plot out --figure train --of minusZ --from-bx 440 --to-bx 560 --region BR,SR -o train.svg
  bhm plot out --figure tdc_stability --runs 380001 --channels 'PN*' -o stability.png
  bhm plot out --figure rates --region CP --channels 'PN*,MN*' --unit /min -o rates.png
  bhm plot out --figure rates --from '2023-08-23 12:00:00' --to '2023-08-23 13:00:00' -o hour.pdf
  bhm plot out --style dark -o control_room
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ._options import add_view_options, make_console, make_stages, parse_runs, read_view

if TYPE_CHECKING:
    from ..plotting.results import Results, View

HELP = "figures from the results of an analysis"
_NAMES = (
    "occupancy",
    "tdc_adc",
    "tdc_stability",
    "tdc_violins",
    "tdc_runs",
    "channel_events",
    "charge",
    "cutflow",
    "rates",
    "rate_luminosity",
    "bunch_occupancy",
    "bunch_rates",
    "adc",
    "tdc",
)
#: figures that are drawn only when they are asked for
_EXTRA = ("train", "class_occupancy", "azimuth", "lego", "pulse_shapes", "pulse_shape")
_ORIENTATIONS = ("as-mapped", "mirrored", "facing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", help="what `bhm analyse` wrote")
    parser.add_argument(
        "--figure",
        choices=(*_NAMES, *_EXTRA),
        metavar="NAME",
        help=f"which figure (default: the standard set): {', '.join(_NAMES)}; on demand {', '.join(_EXTRA)}",
    )
    parser.add_argument(
        "--of",
        metavar="PART",
        help="a side (plusZ, minusZ); for rates a region (SR); for rate_luminosity and bunch_rates both (plusZ_SR); for "
        "adc, tdc and pulse_shape a group or channel (PN, PN03); for tdc_adc and lego a side or channel",
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="FILE|DIR", help=".pdf, .png or .svg file, or a folder"
    )
    parser.add_argument(
        "--label", help="text behind CMS, such as Internal, or '' for none (default: as analysed)"
    )
    parser.add_argument(
        "--style", choices=("light", "dark"), default="light", help="dark is for control rooms"
    )
    add_view_options(parser)
    parser.add_argument("--region", help="SR, BR, CP or AR; several for occupancy, train and charge: BR,SR")
    parser.add_argument(
        "--runs", type=parse_runs, metavar="RUNS", help="only these, such as 362000,362002-362004"
    )
    parser.add_argument("--from-bx", type=int, metavar="BX", help="first BX, or slot, of an occupancy")
    parser.add_argument("--to-bx", type=int, metavar="BX", help="last BX, or slot")
    parser.add_argument(
        "--orientation", choices=_ORIENTATIONS, help="of the azimuth, whose sense is not documented"
    )
    parser.add_argument("--also", metavar="DIR", help="more histograms, such as `bhm fill -p shapes` writes")


_RUN_FIGURES = ("tdc_stability", "tdc_violins", "tdc_runs", "cutflow")
_BX_FIGURES = ("occupancy", "train", "bunch_occupancy")
_REGION_FIGURES = ("rates", "rate_luminosity", "bunch_rates")
_MORE_REGIONS = (*_BX_FIGURES, "class_occupancy", "charge", "channel_events", "azimuth")
#: figures that obey each option, besides --of
_OBEYED_BY = {
    "region": (*_REGION_FIGURES, *_MORE_REGIONS),
    "channels": ("rates", "rate_luminosity", *_RUN_FIGURES, "tdc_adc", "lego", "adc", "tdc", "pulse_shape"),
    "start": ("rates", "rate_luminosity"),
    "stop": ("rates", "rate_luminosity"),
    "unit": ("rates",),
    "runs": _RUN_FIGURES,
    "from_bx": _BX_FIGURES,
    "to_bx": _BX_FIGURES,
    "orientation": ("channel_events", "azimuth"),
}
_WORDS = {"start": "--from", "stop": "--to", "from_bx": "--from-bx", "to_bx": "--to-bx"}
#: what to do where the histograms of a figure do not keep what is asked for
_INSTEAD = {
    "runs": "leave it out, or analyse these runs alone: `bhm analyse DATA --runs RUNS`",
    "start": "leave it out, or analyse the runs of that time alone: `bhm analyse DATA --runs RUNS`",
    "stop": "leave it out, or analyse the runs of that time alone: `bhm analyse DATA --runs RUNS`",
}


def _check_options(args: argparse.Namespace) -> None:
    """Refuse options that the figure cannot obey, rather than draw something else than was asked for."""
    from ..errors import SelectionError  # noqa: PLC0415

    if args.figure is None and (args.of or args.region):
        names = ", ".join((*_NAMES, *_EXTRA))
        raise SelectionError("--of and --region need --figure", hint=f"figures are {names}")
    if args.of and args.region and args.figure in _REGION_FIGURES:
        raise SelectionError("--of and --region say the same", hint="give one of them")
    for word, figures in _OBEYED_BY.items():
        if getattr(args, word) not in (None, "Hz") and args.figure not in figures:
            name = _WORDS.get(word, f"--{word}")
            raise SelectionError(
                f"{name} is for --figure {', '.join(figures)}", hint=_INSTEAD.get(word, "leave it out")
            )
    if (args.from_bx is None) != (args.to_bx is None):
        raise SelectionError("--from-bx and --to-bx belong together", hint="give both")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..plotting.figures import FIGURES, draw_figure, draw_figures, list_figures  # noqa: PLC0415
    from ..plotting.results import load_results  # noqa: PLC0415

    _check_options(args)
    results = load_results(args.out, label=args.label, style=args.style, also=args.also)
    results = replace(results, view=_read_view(args, results))
    console = make_console()
    if args.figure is None:
        parts = list_figures(results, FIGURES)
        with make_stages().run("draw", len(parts)) as advance:
            written = draw_figures(results, args.output, on_figure=lambda _: advance(1))
        console.print(f"{len(written)} files in {args.output}")
        return 0
    of = args.of or _choose_part(results, args.figure, args.region)
    draw_figure(results, args.figure, of, [Path(args.output)])
    console.print(f"{args.figure} of {of or 'these channels'}: {args.output}")
    return 0


def _read_view(args: argparse.Namespace, results: Results) -> View:
    """Turn all options into what is looked at."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..histograms.axes import REGIONS  # noqa: PLC0415

    view = read_view(args, results.exposure)
    regions = tuple(args.region.split(",")) if args.region and args.figure in _MORE_REGIONS else None
    for region in regions or ():
        if region not in REGIONS:
            raise SelectionError(f"{region!r} is no region", hint=f"regions are {', '.join(REGIONS)}")
    return replace(
        view,
        regions=regions,
        runs=None if args.runs is None else tuple(args.runs),
        bx=None if args.from_bx is None else (args.from_bx, args.to_bx),
        orientation=args.orientation or view.orientation,
    )


def _choose_part(results: Results, figure: str, region: str | None) -> str:
    """Part that a figure is drawn of when only a region or channels are given, or nothing."""
    from ..detector.channels import CHANNELS  # noqa: PLC0415
    from ..plotting.figures import list_figures  # noqa: PLC0415

    seen = results.view.channels
    sides = [side for side in results.sides if seen is None or any(CHANNELS[k].side == side for k in seen)]
    first = (sides or results.sides)[0].directory
    if figure == "rates":
        return region or "SR"
    if figure in _REGION_FIGURES:
        return f"{first}_{region or 'SR'}"
    if figure in ("adc", "tdc", "pulse_shape") and seen is not None:
        return ""
    if figure == "pulse_shape":
        return "PN"
    parts = [of for _, of in list_figures(results, [figure])]
    return first if first in parts or not parts else parts[0]
