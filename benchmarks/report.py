"""The table: on the terminal, as JSON, and in the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from .rows import GOALS, Row, verdict
from .timing import spread

__all__ = ["MARKER", "load", "print_table", "save", "write_docs"]

#: what stands before and behind the table in the documentation
MARKER: Final = "<!-- table -->"
_COLUMNS: Final = ("what", "against", "ratio", "spread", "absolute", "peer", "reach", "stretch", "")
_RIGHT: Final = ("ratio", "absolute", "peer", "reach", "stretch")
_TITLES: Final = {
    "scan": "Scan: text to an awkward array",
    "convert": "Convert: text to a file of events",
    "size": "Size: how many times smaller than the text",
    "fill": "Fill: a ROOT file of events to histograms, one core",
    "whole": "The whole job: `bhm analyse`",
    "memory": "Memory at the peak",
    "figures": "Figures",
    "startup": "Start-up",
}


def _number(value: float) -> str:
    """Three digits, and all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _cells(row: Row, *, is_judged: bool) -> list[str]:
    if row.status == "skipped":
        return [row.what, row.against, "", "", "", "", "", "", f"skipped: {row.note}"]
    middle, low, high = spread(row.ratios)
    goal = GOALS.get(row.goal)
    limits = ["", ""]
    if goal is not None:
        sign = "≤" if goal.at_most else "≥"
        unit = f" {row.unit.split(' ')[0]}" if goal.of == "value" and row.unit != "exponent" else ""
        limits = [
            "" if limit is None else f"{sign} {_number(limit)}{unit}" for limit in (goal.reach, goal.stretch)
        ]
    said = row.status if row.status != "ok" else (verdict(row) if is_judged else "")
    return [
        row.what,
        row.against,
        _number(middle),
        f"{_number(low)}..{_number(high)}",
        f"{_number(spread(row.values)[0])} {row.unit}",
        _number(spread(row.peers)[0]) if row.peers else "",
        *limits,
        said,
    ]


def print_table(rows: Iterable[Row], console: Console, *, is_judged: bool) -> None:
    """Print all rows, group by group; small input is not judged."""
    table = Table(*_COLUMNS, box=box.SIMPLE, show_edge=False)
    for column in table.columns:
        column.justify = "right" if column.header in _RIGHT else "left"
    for _, group in groupby(rows, lambda row: row.group):
        table.add_section()
        for row in group:
            table.add_row(
                *_cells(row, is_judged=is_judged), style="bold red" if row.status == "DISAGREE" else ""
            )
    console.print(table)


def save(path: Path, about: dict[str, Any], rows: Sequence[Row]) -> None:
    """Write every repetition of every row, and what they were measured on."""
    content = {**about, "rows": [row.as_dict() for row in rows]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def load(path: Path) -> tuple[dict[str, Any], list[Row]]:
    """Read back what `save` wrote."""
    content = json.loads(path.read_text())
    rows = [Row.from_dict(row) for row in content.pop("rows")]
    return content, rows


def write_docs(document: Path, about: dict[str, Any], rows: Sequence[Row]) -> None:
    """Put the table between the two markers of a document.

    Raises
    ------
    ValueError
        If there are not two markers.
    """
    parts = document.read_text().split(MARKER)
    if len(parts) != 3:
        raise ValueError(f"{document.name} must hold {MARKER} twice, it holds it {len(parts) - 1} times")
    document.write_text(f"{parts[0]}{MARKER}\n\n{_markdown(about, rows)}\n{MARKER}{parts[2]}")


def _markdown(about: dict[str, Any], rows: Sequence[Row]) -> str:
    is_judged = not about["options"]["quick"]
    lines = [_describe(about), ""]
    for name, group in groupby(rows, lambda row: row.group):
        columns = [*_COLUMNS[:-1], "met", "remark"]
        rules = ["--:" if column in _RIGHT else "---" for column in columns]
        lines += [f"### {_TITLES[name]}", "", _line(columns), _line(rules)]
        lines += [_line([*_cells(row, is_judged=is_judged), row.note]) for row in group]
        lines.append("")
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _describe(about: dict[str, Any]) -> str:
    machine, options = about["machine"], about["options"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    small = " A few MB of input only (`--quick`): nothing is judged." if options["quick"] else ""
    return (
        f"Measured {about['date']} on {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, {machine['python']}; ratios of the {options['clock']} clock, {options['repeat']} "
        f"repetitions; {about['load'][0]} processes wanted to run when it began, {about['load'][1]} when it ended.{small}\n"
        f"{packages}."
    )
