"""The standard figures of an analysis, by name: from results to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..detector.channels import CHANNEL_GROUPS, CHANNELS, SIDES, Side
from ..errors import SelectionError
from ..histograms.axes import REGIONS
from .files import save_figure
from .pages import draw_pages, draw_sheet
from .results import Results
from .standard import (
    FIGURES,
    PER_CHANNEL,
    PER_REGION,
    PER_SIDE,
    PER_SIDE_AND_REGION,
    RATE_REGIONS,
    is_known,
)
from .style import add_label, cms_style, make_figure
from .workers import can_fork, in_processes

__all__ = ["ENDINGS", "FIGURES", "draw_figure", "draw_figures", "list_figures"]

#: kinds of file that figures can be written as
ENDINGS: Final = (".pdf", ".png", ".svg")
#: figures that take longest, to be begun first when several processes draw
_LONGEST: Final = tuple(PER_CHANNEL)


def draw_figures(
    results: Results,
    folder: str | Path,
    *,
    names: Iterable[str] = tuple(FIGURES),
    on_figure: Callable[[str], None] | None = None,
    workers: int = 1,
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
    workers
        How many processes draw; files are the same for any number. Where processes cannot be forked, it is one.

    Returns
    -------
    names of the files written, in order
    """
    targets = {
        part: [Path(folder) / f"{part[0]}_{part[1]}{ending}" for ending in (".pdf", ".png")]
        for part in list_figures(results, names)
    }

    def draw(part: tuple[str, str]) -> None:
        draw_figure(results, *part, targets[part])

    for name, of in _in_turn(draw, list(targets), workers=workers):
        if on_figure is not None:
            on_figure(f"{name}_{of}")
    return [path.name for paths in targets.values() for path in paths]


def _in_turn(
    draw: Callable[[tuple[str, str]], None], parts: list[tuple[str, str]], *, workers: int
) -> Iterator[tuple[str, str]]:
    """Draw here or in other processes, and give back each part when it is drawn."""
    if workers > 1 and len(parts) > 1 and can_fork():
        longest_first = sorted(parts, key=lambda part: part[0] not in _LONGEST)
        yield from in_processes(draw, longest_first, workers=workers)
        return
    for part in parts:
        draw(part)
        yield part


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
            if path.suffix == ".pdf":
                draw_pages(results, name, channels, path)
            elif len(channels) > 1:
                draw_sheet(results, name, channels, path)
            else:
                _draw_one(
                    results, lambda: PER_CHANNEL[name](results, channels[0], make_figure()[1]), "", [path]
                )
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
            save_figure(cast(Figure, ax.figure), path)
