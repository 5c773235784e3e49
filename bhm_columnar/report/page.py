"""Pages that open from disk, without network: the report of an analysis, and the comparison of two."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .._version import __version__
from ..detector.channels import CHANNELS
from ..io.atomic import atomic_file
from ..plotting.results import FIGURES_FOLDER
from .channelmap import draw_map, shade
from .compare import compare_results
from .content import (
    list_conditions,
    list_provenance,
    make_cards,
    tabulate_channels,
    tabulate_cutflow,
    tabulate_cuts,
    tabulate_inputs,
    tabulate_left_out,
    tabulate_runs,
    tabulate_sides,
)
from .differences import tabulate_channel_shifts, tabulate_pulls, tabulate_side_shifts
from .finished import Finished, load_finished
from .images import load_gallery
from .notices import Verdict, find_notices, find_verdict
from .panels import make_panels
from .shifts import Comparison

__all__ = ["REPORT_FILE", "write_comparison", "write_report"]

#: name of the page in what `analyse` writes
REPORT_FILE: Final = "report.html"
_THESE: Final = "this analysis"
_SHADES_SHOWN: Final = 5


def write_report(out: str | Path, *, reference: str | Path | None = None) -> Path:
    """Write ``report.html`` into a folder that `analyse` filled: one file that needs no other.

    Parameters
    ----------
    out
        Folder with summary, histograms, calibration and, if they were drawn, figures.
    reference
        Folder of another analysis, to show the differences from.

    Returns
    -------
    path of the page

    Raises
    ------
    InputError
        If one of the folders holds no analysis.
    OutputError
        If the page cannot be written.
    """
    finished = load_finished(out)
    other = None if reference is None else load_finished(reference)
    name = "" if reference is None else Path(reference).resolve().name
    comparison = None if other is None else compare_results(finished, other, names=(_THESE, name))
    verdict = find_verdict(finished.summary)
    path = Path(out) / REPORT_FILE
    content = {
        "title": f"BHM report, {finished.run_text}",
        "finished": finished,
        "verdict": verdict,
        "notices": find_notices(finished, comparison),
        "cards": make_cards(finished),
        "runs": tabulate_runs(finished),
        "conditions": list_conditions(finished),
        "cuts": tabulate_cuts(finished),
        "sides": tabulate_sides(finished),
        "left_out": tabulate_left_out(finished),
        "cutflow": tabulate_cutflow(finished),
        "maps": _draw_maps(finished, verdict),
        "largest": max(_halo_counts(finished).values(), default=0),
        "legend": [shade(k / (_SHADES_SHOWN - 1))[0] for k in range(_SHADES_SHOWN)],
        "panels": make_panels(finished, verdict=verdict, reference=other, name=name),
        "channels": tabulate_channels(finished, verdict),
        "gallery": load_gallery(Path(out) / FIGURES_FOLDER),
        "provenance": list_provenance(finished),
        "inputs": tabulate_inputs(finished),
        **_differences(comparison),
    }
    _render("report.html.j2", content, path)
    return path


def write_comparison(a: str | Path, b: str | Path, path: str | Path) -> Comparison:
    """Write a page with the differences of analysis A from B, with the histograms of both laid over each other.

    Parameters
    ----------
    a, b
        Folders that `analyse` wrote; B is the reference.
    path
        The page to write.

    Raises
    ------
    InputError
        If a folder holds no analysis.
    OutputError
        If the page cannot be written.
    """
    one, other = load_finished(a), load_finished(b)
    comparison = compare_results(one, other)
    verdict = find_verdict(one.summary)
    content = {
        "title": f"BHM comparison, {one.run_text} with {other.run_text}",
        "panels": make_panels(one, verdict=verdict, reference=other, name="B"),
        "about": [(key, each.run_text, str(each.folder)) for key, each in (("A", one), ("B", other))],
        **_differences(comparison),
    }
    _render("compare.html.j2", content, Path(path))
    return comparison


def _differences(comparison: Comparison | None) -> dict[str, Any]:
    if comparison is None:
        return {"comparison": None}
    return {
        "comparison": comparison,
        "channel_shifts": tabulate_channel_shifts(comparison),
        "side_shifts": tabulate_side_shifts(comparison),
        "pulls": tabulate_pulls(comparison),
    }


def _halo_counts(finished: Finished) -> dict[str, int]:
    """SR pulses of each channel of the sides with data."""
    sides = finished.summary["sides"]
    return {
        unit.name: int(sides[unit.side.name]["channels"][unit.name]["SR"])
        for unit in CHANNELS
        if unit.side in finished.sides
    }


def _draw_maps(finished: Finished, verdict: Verdict) -> list[Markup]:
    counts = _halo_counts(finished)
    largest = max(counts.values(), default=0)
    levels = {name: verdict.level(name) for name in counts}
    return [draw_map(side, counts, largest=largest, levels=levels) for side in finished.sides]


def _render(template: str, content: dict[str, Any], path: Path) -> None:
    """Fill a template; every text of the data is escaped, whatever it holds."""
    environment = Environment(
        loader=PackageLoader("bhm_columnar.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template).render(**content, version=__version__)
    with atomic_file(path) as partial:
        partial.write_text(page, encoding="utf-8")
