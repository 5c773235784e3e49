"""Rows, what they are judged by, and their way into files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import report
from benchmarks.figure import draw
from benchmarks.rows import Row, skip, verdict

ABOUT: dict[str, Any] = {
    "date": "2023-08-23",
    "machine": {"cpu": "a CPU", "cores": 2, "memory_gb": 8.0, "system": "Linux", "python": "cpython 3.11"},
    "packages": {"numpy": "2.0.0"},
    "load": [0.1, 0.2],
    "options": {"quick": False, "clock": "wall", "repeat": 3},
}
ROWS = [
    Row("scan.plain", "ours", "plain", (30.0, 10.0, 25.0), (300.0,), "MB/s", (12.0,), "scan.plain"),
    skip("scan.polars", "ours", "polars", "polars is not installed"),
    Row("whole.125", "job", "reading", (2.0,), (7.0,), "s", (14.0,), "whole.125", status="DISAGREE"),
]


@pytest.mark.parametrize(
    ("ratios", "said"), [((19.0, 21.0, 20.5), "reached"), ((36.0,), "stretch"), ((19.9, 40.0, 1.0), "missed")]
)
def test_the_median_ratio_is_judged(ratios: tuple[float, ...], said: str) -> None:
    assert verdict(Row("scan.plain", "a", "b", ratios, goal="scan.plain")) == said


@pytest.mark.parametrize(("seconds", "said"), [(6.0, "reached"), (2.7, "stretch"), (6.1, "missed")])
def test_seconds_are_judged_where_they_are_the_aim(seconds: float, said: str) -> None:
    assert verdict(Row("whole.125", "a", "b", (99.0,), (seconds,), "s", goal="whole.125")) == said


def test_nothing_is_judged_without_aim_or_agreement() -> None:
    assert verdict(Row("figures.all", "a", "b", (1.0,))) == ""
    assert verdict(Row("scan.plain", "a", "b", (99.0,), goal="scan.plain", status="DISAGREE")) == ""
    assert verdict(skip("scan.plain", "a", "b", "why")) == ""


def test_rows_come_back_from_json(tmp_path: Path) -> None:
    report.save(tmp_path / "rows.json", ABOUT, ROWS)
    assert report.load(tmp_path / "rows.json") == (ABOUT, ROWS)


def test_the_table_shows_medians_spreads_and_what_is_wrong() -> None:
    out = io.StringIO()
    report.print_table(ROWS, Console(file=out, width=200), is_judged=True)
    lines = {line.split()[1]: line for line in out.getvalue().splitlines() if len(line.split()) > 1}
    assert all(text in lines["plain"] for text in ("25", "10..30", "≥ 20", "reached"))
    assert "skipped: polars is not installed" in lines["polars"]
    assert "DISAGREE" in lines["reading"]


def test_the_table_is_put_between_the_markers(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n\n{report.MARKER}\nold\n{report.MARKER}\n\nbehind\n")
    for _ in range(2):
        report.write_docs(document, ABOUT, ROWS)
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("behind\n")
    assert "old" not in text
    assert text.count("| ours | plain | 25 | 10..30 |") == 1


def test_a_document_without_markers_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("nothing here")
    with pytest.raises(
        ValueError, match=r"benchmarks\.md must hold <!-- table --> twice, it holds it 0 times"
    ):
        report.write_docs(document, ABOUT, ROWS)


def test_the_figure_is_written(tmp_path: Path) -> None:
    draw(ROWS, tmp_path / "rows.png", said="a CPU")
    assert (tmp_path / "rows.png").read_bytes().startswith(b"\x89PNG")
