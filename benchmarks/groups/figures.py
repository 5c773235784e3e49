"""Figures: seconds for the full set and for each kind, against saving as many empty pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf

from bhm_columnar.plotting.figures import FIGURES, draw_figures, list_figures
from bhm_columnar.plotting.results import Results, load_results
from bhm_columnar.plotting.style import cms_style, make_figure

from ..inputs import Bench
from ..rows import Row
from ..timing import Case, divide, interleave

__all__ = ["measure"]

_DPI = 100
#: files of each figure: PDF and PNG
_ENDINGS = 2
#: no more repetitions of what takes so long
_MOST = 3


def measure(bench: Bench) -> Iterator[Row]:
    """Draw the full set and each figure by name, in turn with empty pages of the same style."""
    results = load_results(bench.results())
    folder = bench.scratch("figures")
    folder.mkdir(exist_ok=True)
    files = {name: _ENDINGS * len(list_figures(results, [name])) for name in FIGURES}
    written = [name for name, n in files.items() if n]
    cases: dict[str, Case] = {
        "all": Case(_drawer(results, folder, tuple(FIGURES)), sum(files.values())),
        "empty": Case(partial(_save_empty, folder), _ENDINGS),
        **{name: Case(_drawer(results, folder, (name,)), files[name]) for name in written},
    }
    samples, _ = interleave(cases, min(bench.repeat, _MOST))
    seconds = {name: [sample.seconds("wall") for sample in timed] for name, timed in samples.items()}
    for name in ("all", *written):
        empty = [one / cases["empty"].amount * cases[name].amount for one in seconds["empty"]]
        yield Row(
            f"figures.{name}",
            "full set of figures" if name == "all" else f"figure {name}",
            "as many empty pages",
            divide(seconds[name], empty),
            tuple(seconds[name]),
            "s",
            tuple(empty),
            note=f"{cases[name].amount:.0f} files; a ratio of 1 is what saving costs",
        )


def _drawer(results: Results, folder: Path, names: tuple[str, ...]) -> Callable[[], list[str]]:
    return lambda: draw_figures(results, folder, names=names)


def _save_empty(folder: Path) -> None:
    """A page with one empty panel, as PDF and as PNG."""
    with cms_style():
        figure, _ = make_figure()
        for canvas, ending in ((FigureCanvasPdf, "pdf"), (FigureCanvasAgg, "png")):
            canvas(figure)
            figure.savefig(folder / f"empty.{ending}", dpi=_DPI)
