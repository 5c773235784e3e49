"""Judge the data quality of what `bhm analyse` wrote: dead and hot units, shifts in time and gain, link words, TDC states,
events that could not be read, and the two sides against each other.

  bhm check out                                    times against the table v2, gains against the side's median
  bhm check out --reference good_run               times and gains against another analysis: sees 1 ns and 20 %
  bhm check out --write-thresholds limits.toml     the default limits with comments, to be edited
  bhm check out --thresholds limits.toml --json

Every flag has its number and its limit. A number is flagged when it is beyond its limit and the counts exclude chance; what
they cannot tell is listed as not judged.

exit code: 0 OK, 3 WARN, 4 BAD; 1 is an error, 2 wrong usage
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ._options import make_console

if TYPE_CHECKING:
    from rich.console import Console

    from ..quality.model import Quality

HELP = "data quality: OK, WARN or BAD, with the numbers that say why"
_EXIT_CODES = {"OK": 0, "WARN": 3, "BAD": 4}
_STYLES = {"OK": "green", "WARN": "yellow", "BAD": "red"}
#: channels that a line about what is not judged names before it counts
_NAMED = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("out", metavar="OUT", nargs="?", help="what `bhm analyse` wrote")
    parser.add_argument(
        "--reference",
        metavar="OTHER|v1|v2|FILE",
        help="compare with another analysis, a shipped table, or a calibration file (default v2)",
    )
    parser.add_argument("--thresholds", metavar="FILE", help="TOML file with other limits")
    parser.add_argument(
        "--write-thresholds",
        metavar="FILE",
        help="write the default limits with comments, and stop without OUT",
    )
    parser.add_argument("--json", action="store_true", help="write everything as JSON on stdout")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..errors import SelectionError  # noqa: PLC0415
    from ..quality.folder import check_folder  # noqa: PLC0415
    from ..quality.thresholds import DEFAULT_THRESHOLDS, default_text, load_thresholds  # noqa: PLC0415

    if args.out is None and args.write_thresholds is None:
        raise SelectionError("OUT is missing", hint="give a folder that `bhm analyse` wrote")
    if args.write_thresholds is not None:
        _write_new(Path(args.write_thresholds), default_text())
    if args.out is None:
        return 0
    thresholds = DEFAULT_THRESHOLDS if args.thresholds is None else load_thresholds(args.thresholds)
    quality = check_folder(args.out, reference=args.reference, thresholds=thresholds)
    if args.json:
        sys.stdout.write(json.dumps(quality.as_dict(), indent=1) + "\n")
    else:
        print_quality(quality, make_console())
    return _EXIT_CODES[quality.status]


def print_quality(quality: Quality, console: Console) -> None:
    """Show flags as a table, then what is not judged, then the status."""
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if quality.flags:
        table = Table("level", "side", "channel", "flag", "value", "limit", "what")
        for one in quality.flags:
            table.add_row(
                Text(one.level, style=_STYLES[one.level]),
                one.side,
                one.channel or "-",
                one.flag,
                f"{one.value:.3g}",
                f"{one.threshold:.3g}",
                one.text,
            )
        console.print(table)
    for line in _summarise_not_judged(quality):
        console.print(f"not judged: {line}", style="yellow")
    counts = {level: sum(flag.level == level for flag in quality.flags) for level in ("BAD", "WARN")}
    said = ", ".join(f"{n} {level}" for level, n in counts.items() if n) or "no flags"
    more = f", {len(quality.not_judged)} not judged" if quality.not_judged else ""
    console.print(
        Text(quality.status, style=f"bold {_STYLES[quality.status]}"),
        f"({said}{more}; compared with {quality.reference})",
    )


def _summarise_not_judged(quality: Quality) -> list[str]:
    """One line for each reason and place, with the flags that it is about."""
    places: dict[str, dict[str, None]] = {}
    for one in quality.not_judged:
        places.setdefault(one.flag, {})[one.text] = None
    flags: dict[tuple[str, ...], list[str]] = {}
    for flag, texts in places.items():
        flags.setdefault(tuple(texts), []).append(flag)
    lines = []
    for where, names in flags.items():
        more = f"; and {len(where) - _NAMED} more" if len(where) > _NAMED else ""
        lines.append(f"{', '.join(names)} ({'; '.join(where[:_NAMED])}{more})")
    return lines


def _write_new(path: Path, text: str) -> None:
    from ..errors import OutputError  # noqa: PLC0415
    from ..io.atomic import atomic_file  # noqa: PLC0415

    if path.exists():
        raise OutputError("exists already", where=path, hint="give another name")
    with atomic_file(path) as partial:
        partial.write_text(text, encoding="utf-8")
