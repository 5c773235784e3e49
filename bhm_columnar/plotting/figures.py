"""The standard figures of an analysis, by name: from results to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from .._version import __version__
from ..detector.channels import CHANNEL_GROUPS, CHANNELS, SIDES, Channel, Side
from ..errors import SelectionError
from ..histograms.axes import REGIONS
from ..io.atomic import atomic_file
from .results import Results
from .standard import (
    FIGURES,
    PER_CHANNEL,
    PER_REGION,
    PER_SIDE,
    PER_SIDE_AND_REGION,
    RATE_REGIONS,
    ChannelPlot,
    is_known,
)
from .style import add_label, cms_style, make_figure

__all__ = ["ENDINGS", "FIGURES", "draw_figure", "draw_figures", "list_figures"]

#: kinds of file that figures can be written as
ENDINGS: Final = (".pdf", ".png", ".svg")
_PNG_DPI: Final = 100
_SHEET_COLUMNS: Final = 2
_SHEET_PANEL: Final = (9.0, 5.4)


def draw_figures(
    results: Results,
    folder: str | Path,
    *,
    names: Iterable[str] = tuple(FIGURES),
    on_figure: Callable[[str], None] | None = None,
) -> list[str]:
    """Draw figures of every side with data, as PDF and PNG.

    Figures of single channels are one PDF per channel group with a page per channel, and one PNG per group with all of
    them.

    Parameters
    ----------
    folder
        Where to write.
    names
        Which of `FIGURES`.
    on_figure
        Called with the name of each figure when it is drawn.

    Returns
    -------
    names of the files written, in order
    """
    written = []
    for name, of in list_figures(results, names):
        targets = [Path(folder) / f"{name}_{of}{ending}" for ending in (".pdf", ".png")]
        draw_figure(results, name, of, targets)
        written += [target.name for target in targets]
        if on_figure is not None:
            on_figure(f"{name}_{of}")
    return written


def list_figures(results: Results, names: Iterable[str] = tuple(FIGURES)) -> list[tuple[str, str]]:
    """List figure names with the side's directory, region or channel group that each is drawn of.

    Figures for which something is not known, such as luminosity or the filling scheme, are not in the list.

    Raises
    ------
    SelectionError
        If a name is none of `FIGURES`.
    """
    groups = [group for group in CHANNEL_GROUPS if any(group in side.groups for side in results.sides)]
    parts = []
    for name in names:
        if name not in FIGURES:
            raise SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(FIGURES)}")
        sides = [side for side in results.sides if is_known(results, name, side)]
        if name in PER_SIDE:
            parts += [(name, side.directory) for side in sides]
        elif name in PER_REGION:
            parts += [(name, region) for region in RATE_REGIONS if sides]
        elif name in PER_SIDE_AND_REGION:
            parts += [(name, f"{side.directory}_{region}") for side in sides for region in RATE_REGIONS]
        else:
            parts += [(name, group) for group in groups]
    return parts


def draw_figure(results: Results, name: str, of: str, targets: Iterable[str | Path]) -> None:
    """Draw one figure into one or more files.

    Parameters
    ----------
    name
        One of `FIGURES`.
    of
        A side (``plusZ`` or ``+Z``), a region (``SR``), a side and a region (``plusZ_SR``), or for figures of channels
        a group (``PN``) or a channel (``PN03``).
    targets
        ``.pdf``, ``.png`` or ``.svg`` files. A group is a page per channel in a PDF, all on one page otherwise.

    Raises
    ------
    SelectionError
        If there is no such figure, side, group or channel, or no such kind of file.
    """
    paths = [Path(target) for target in targets]
    for path in paths:
        if path.suffix not in ENDINGS:
            raise SelectionError(
                f"figures cannot be written as {path.suffix or 'a file without ending'}",
                where=path,
                hint=f"use {', '.join(ENDINGS)}",
            )
    if name in PER_SIDE:
        side = _find_side(of)
        _draw_one(results, lambda: PER_SIDE[name](results, side), f"{side.name} side", paths)
    elif name in PER_REGION:
        region = _find_region(of)
        _draw_one(results, lambda: PER_REGION[name](results, region), "", paths)
    elif name in PER_SIDE_AND_REGION:
        where, _, what = of.partition("_")
        side, region = _find_side(where), _find_region(what or "SR")
        _draw_one(
            results, lambda: PER_SIDE_AND_REGION[name](results, side, region), f"{side.name} side", paths
        )
    elif name in PER_CHANNEL:
        channels = [channel for channel in CHANNELS if channel.name.startswith(of)]
        if not channels:
            raise SelectionError(f"{of!r} is no channel and no group", hint="groups are PN, PF, MN, MF")
        for path in paths:
            draw = _draw_pages if len(channels) == 1 or path.suffix == ".pdf" else _draw_sheet
            draw(results, PER_CHANNEL[name], channels, path)
    else:
        raise SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(FIGURES)}")


def _find_side(of: str) -> Side:
    for side in SIDES:
        if of in (side.directory, side.name):
            return side
    raise SelectionError(f"{of!r} is no side", hint="sides are plusZ and minusZ")


def _find_region(of: str) -> str:
    if of not in REGIONS:
        raise SelectionError(f"{of!r} is no region", hint=f"regions are {', '.join(REGIONS)}")
    return of


def _draw_one(results: Results, plot: Callable[[], Axes], what: str, paths: list[Path]) -> None:
    with cms_style():
        ax = plot()
        add_label(ax, results.label, ", ".join(filter(None, (results.run_text, what))))
        for path in paths:
            _save(cast(Figure, ax.figure), path)


def _draw_pages(results: Results, plot: ChannelPlot, channels: list[Channel], path: Path) -> None:
    """One page per channel; figure, panel and its ticks are made once."""
    with cms_style():
        figure, ax = make_figure()
        if path.suffix != ".pdf":
            plot(results, channels[0], ax)
            add_label(ax, results.label, results.run_text)
            _save(figure, path)
            return
        bare = set(ax.get_children())
        with atomic_file(path) as partial, PdfPages(partial, metadata=_metadata(".pdf")) as pages:
            for channel in channels:
                plot(results, channel, ax)
                add_label(ax, results.label, results.run_text)
                pages.savefig(figure)
                for artist in set(ax.get_children()) - bare:
                    artist.remove()


def _draw_sheet(results: Results, plot: ChannelPlot, channels: list[Channel], path: Path) -> None:
    """All channels of a group on one page."""
    rows = -(-len(channels) // _SHEET_COLUMNS)
    with cms_style(scale=0.62):
        figure = Figure(figsize=(_SHEET_PANEL[0] * _SHEET_COLUMNS, _SHEET_PANEL[1] * rows))
        panels = figure.subplots(rows, _SHEET_COLUMNS, squeeze=False)
        figure.subplots_adjust(left=0.06, right=0.985, bottom=0.025, top=0.985, hspace=0.22, wspace=0.16)
        for channel, ax in zip(channels, panels.flat, strict=False):
            plot(results, channel, ax)
            add_label(ax, results.label, results.run_text)
        for ax in panels.flat[len(channels) :]:
            ax.set_visible(False)
        _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with atomic_file(path) as partial:
        figure.savefig(partial, format=path.suffix[1:], dpi=_PNG_DPI, metadata=_metadata(path.suffix))


def _metadata(ending: str) -> dict[str, str | None]:
    """Who drew it, and no date: the same results give the same file."""
    program = f"bhm_columnar {__version__}"
    if ending == ".png":
        return {"Software": program}
    return {"Creator": program, "CreationDate" if ending == ".pdf" else "Date": None}
