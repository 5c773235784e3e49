"""The figures of an analysis, by name: from results to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from .._forks import can_fork
from ..detector.channels import CHANNEL_GROUPS
from ..errors import SelectionError
from .compose import (
    ALL_FIGURES,
    ALL_PER_CHANNEL,
    ALL_PER_SIDE,
    ALL_WHOLE,
    WHOLE_PART,
    compose,
    find_channels,
    name_part,
)
from .extra import EXTRA_FIGURES
from .files import save_figure
from .pages import draw_pages, draw_sheet
from .results import Results
from .standard import FIGURES, PER_CHANNEL, PER_REGION, RATE_REGIONS, is_known
from .style import cms_style
from .workers import Drawing, Part

__all__ = [
    "ALL_FIGURES",
    "ENDINGS",
    "EXTRA_FIGURES",
    "FIGURES",
    "begin_figures",
    "draw_figure",
    "draw_figures",
    "list_figures",
]

#: figures that show only what the calibration is measured from, those that take longest first
EARLY: Final = (*PER_CHANNEL, "tdc_adc")
#: kinds of file that figures can be written as
ENDINGS: Final = (".pdf", ".png", ".svg")


def begin_figures(results: Results, folder: str | Path, drawing: Drawing) -> None:
    """Begin with some figures in one other process, while histograms are filled that they do not show.

    Parameters
    ----------
    results
        With ``adc_tdc`` and its calibration; `draw_figures` has to be given the same with more histograms.
    folder
        Where to write.
    drawing
        For `draw_figures`, which goes on with it.
    """
    if can_fork():
        drawing.add(_drawer(results, folder), list_figures(results, EARLY))


def draw_figures(
    results: Results,
    folder: str | Path,
    *,
    names: Iterable[str] = tuple(FIGURES),
    on_figure: Callable[[str], None] | None = None,
    workers: int = 1,
    drawing: Drawing | None = None,
) -> list[str]:
    """Draw figures of every side with data, as PDF and PNG.

    Figures of single channels are one PDF per channel group with a page per channel, and one PNG per group with all of
    them.

    Parameters
    ----------
    folder
        Where to write.
    names
        Which of `ALL_FIGURES`; those of the standard set by default.
    on_figure
        Called with the name of each figure when it is drawn.
    workers
        How many processes draw; files are the same for any number. Where processes cannot be forked, it is one.
    drawing
        What `begin_figures` began.

    Returns
    -------
    names of the files written, in order
    """
    parts = list_figures(results, names)
    for part in _in_turn(_drawer(results, folder), parts, workers, drawing):
        if on_figure is not None:
            on_figure("_".join(part))
    return [path.name for part in parts for path in _targets(folder, part)]


def _drawer(results: Results, folder: str | Path) -> Callable[[Part], None]:
    return lambda part: draw_figure(results, *part, _targets(folder, part))


def _targets(folder: str | Path, part: Part) -> list[Path]:
    return [Path(folder) / f"{'_'.join(part)}{ending}" for ending in (".pdf", ".png")]


def _in_turn(
    draw: Callable[[Part], None], parts: list[Part], workers: int, drawing: Drawing | None
) -> Iterator[Part]:
    """Draw here or in other processes, and give back each part when it is drawn."""
    if workers == 1 or len(parts) <= 1 or not can_fork():
        for part in parts:
            draw(part)
            yield part
        return
    longest_first = sorted(parts, key=lambda part: part[0] not in EARLY)
    with nullcontext(drawing) if drawing else Drawing() as begun:
        left = [part for part in longest_first if part not in begun.parts]
        begun.add(draw, left)
        yield from begun.finish(workers)


def list_figures(results: Results, names: Iterable[str] = tuple(FIGURES)) -> list[Part]:
    """List figure names with the side's directory, region or channel group that each is drawn of.

    Figures for which something is not known, such as luminosity or the filling scheme, are not in the list.

    Raises
    ------
    SelectionError
        If a name is none of `ALL_FIGURES`.
    """
    groups = [group for group in CHANNEL_GROUPS if any(group in side.groups for side in results.sides)]
    parts = []
    for name in names:
        if name not in ALL_FIGURES:
            raise _unknown(name)
        sides = [side for side in results.sides if is_known(results, name, side)]
        if name in ALL_WHOLE:
            parts += [(name, WHOLE_PART)] if sides else []
        elif name in ALL_PER_SIDE:
            parts += [(name, side.directory) for side in sides]
        elif name in PER_REGION:
            parts += [(name, region) for region in RATE_REGIONS if sides]
        elif name in ALL_PER_CHANNEL:
            parts += [(name, group) for group in groups] if sides else []
        else:
            parts += [(name, f"{side.directory}_{region}") for side in sides for region in RATE_REGIONS]
    return parts


def draw_figure(results: Results, name: str, of: str, targets: Iterable[str | Path]) -> None:
    """Draw one figure into one or more files.

    Parameters
    ----------
    name
        One of `ALL_FIGURES`.
    of
        A side (``plusZ`` or ``+Z``), a region (``SR``), a side and a region (``plusZ_SR``), ``both`` for figures of both
        sides, or for figures of channels a group (``PN``) or a channel (``PN03``).
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
    if name not in ALL_FIGURES:
        raise _unknown(name)
    if name in ALL_PER_CHANNEL:
        channels = find_channels(results, of)
        pages = [path for path in paths if path.suffix == ".pdf"]
        for path in pages:
            draw_pages(results, name, channels, path)
        paths = [path for path in paths if path not in pages]
        if len(channels) > 1:
            for path in paths:
                draw_sheet(results, name, channels, path)
            return
        of = channels[0].name
    if not paths:
        return
    with cms_style(style=results.style):
        figure = compose(results, name, of)
        about = results.provenance(f"{name} of {name_part(of)}")
        for path in paths:
            save_figure(figure, path, about)


def _unknown(name: str) -> SelectionError:
    return SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(ALL_FIGURES)}")
