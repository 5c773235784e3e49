"""How fast each step is, against peers that do the same work and against what the machine can do at best.

Input is simulated. Every row is a ratio of things that were timed in turn in this run; before it is printed, the results of both
are compared, and where they differ the exit code is 1. Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from . import report
from .inputs import Bench
from .machine import describe_load, describe_machine, describe_packages
from .rows import Row

__all__ = ["main"]

GROUPS: Final = ("scan", "convert", "fill", "whole", "memory", "figures", "startup")
_DOCS: Final = Path(__file__).parents[1] / "docs"
_QUICK: Final[dict[str, Any]] = {"scan_mb": 2, "pair_mb": 2, "steps": (1,), "memory_mb": (2,), "repeat": 1}


def make_parser() -> argparse.ArgumentParser:
    """Make the parser."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few MB once: does everything run and agree?")
    parser.add_argument(
        "--only", type=_groups, default=list(GROUPS), metavar="A,B", help=f"of {', '.join(GROUPS)}"
    )
    parser.add_argument(
        "--without", type=_words, default=(), metavar="A,B", help="leave out root, pandas or polars"
    )
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions (default 5; 1 with --quick)")
    parser.add_argument(
        "--max-mb", type=float, default=4000, metavar="MB", help="no larger input (default 4000)"
    )
    parser.add_argument(
        "--clock",
        choices=["wall", "cpu"],
        default="wall",
        help="what ratios in one process are taken of; cpu where others use the machine (default wall)",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the input there, and use what is there"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every repetition")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="draw what was reached against what was aimed at"
    )
    parser.add_argument(
        "--write-docs",
        action="store_true",
        help="measure nothing: put the table and the figure of docs/benchmarks.json into the documentation",
    )
    return parser


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in text.split(","))


def _groups(text: str) -> list[str]:
    wanted = _words(text)
    if unknown := set(wanted) - set(GROUPS):
        raise argparse.ArgumentTypeError(
            f"{', '.join(sorted(unknown))} is no group; choose of {', '.join(GROUPS)}"
        )
    return [name for name in GROUPS if name in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write; returns 1 if a peer and we disagree."""
    args = make_parser().parse_args(arguments)
    if args.write_docs:
        about, rows = report.load(_DOCS / "benchmarks.json")
        report.write_docs(_DOCS / "benchmarks.md", about, rows)
        _draw(rows, about, _DOCS / "images" / "benchmarks.png")
        return 0
    with _open_folder(args.keep) as folder:
        about, rows = _measure(args, folder)
    report.print_table(rows, Console(width=None if sys.stdout.isatty() else 200), is_judged=not args.quick)
    if args.figure:
        _draw(rows, about, args.figure)
    return int(any(row.status == "DISAGREE" for row in rows))


def _measure(args: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], list[Row]]:
    """Measure group by group; the JSON is written after each, so that nothing is lost."""
    options: dict[str, Any] = dict(_QUICK) if args.quick else {}
    if args.repeat is not None:
        options["repeat"] = args.repeat
    bench = Bench(folder, max_mb=args.max_mb, clock=args.clock, without=args.without, **options)
    settings = {key: value for key, value in asdict(bench).items() if key != "folder"}
    load = describe_load()
    about = {
        "date": f"{datetime.now(tz=UTC):%Y-%m-%d}",
        "machine": describe_machine(),
        "packages": describe_packages(),
        "load": [load, load],
        "options": {"quick": args.quick, "groups": args.only, **settings},
    }
    progress = Console(stderr=True)
    rows: list[Row] = []
    for name in args.only:
        progress.print(f"{datetime.now(tz=UTC):%H:%M:%S} {name}")
        rows.extend(importlib.import_module(f".groups.{name}", __package__).measure(bench))
        about["load"] = [load, describe_load()]
        if args.json:
            report.save(args.json, about, rows)
    return about, rows


@contextmanager
def _open_folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
    else:
        with tempfile.TemporaryDirectory(prefix="bhm_bench_") as name:
            yield Path(name)


def _draw(rows: Sequence[Row], about: dict[str, Any], target: Path) -> None:
    from .figure import draw  # noqa: PLC0415  (half a second to import)

    machine = about["machine"]
    draw(rows, target, said=f"{machine['cpu']}, {machine['cores']} cores, {about['date']}")


if __name__ == "__main__":
    raise SystemExit(main())
