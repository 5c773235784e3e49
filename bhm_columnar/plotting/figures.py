"""The standard figures of an analysis, by name: from results to files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, cast

from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from .._version import __version__
from ..detector.channels import CHANNEL_GROUPS, CHANNELS, SIDES, Channel, Side
from ..errors import SelectionError
from ..histograms.counts import pick, pick_side
from ..io.atomic import atomic_file
from .channels import plot_adc_peak, plot_channel_events, plot_tdc_adc, plot_tdc_peak
from .regions import plot_charge, plot_occupancy
from .results import Results
from .stability import plot_tdc_stability, plot_tdc_violins
from .style import add_label, cms_style, make_figure

__all__ = ["ENDINGS", "FIGURES", "draw_figure", "draw_figures", "list_figures"]

#: kinds of file that figures can be written as
ENDINGS: Final = (".pdf", ".png", ".svg")
_PNG_DPI: Final = 100
_SHEET_COLUMNS: Final = 2
_SHEET_PANEL: Final = (9.0, 5.4)


def _occupancy(results: Results, side: Side) -> Axes:
    return plot_occupancy(pick(results.histograms["occupancy"], side=side.name))


def _charge(results: Results, side: Side) -> Axes:
    return plot_charge(pick(results.histograms["charge"], side=side.name))


def _tdc_adc(results: Results, side: Side) -> Axes:
    plane = pick_side(results.histograms["adc_tdc"], side)
    cuts = results.cuts
    return plot_tdc_adc(plane, cp_box=(cuts.cp_tdc, cuts.cp_adc) if cuts.cp_centre == "fixed" else None)


def _tdc_stability(results: Results, side: Side) -> Axes:
    return plot_tdc_stability(results.histograms["stability"], side=side)


def _tdc_violins(results: Results, side: Side) -> Axes:
    return plot_tdc_violins(results.histograms["stability"], side=side)


def _channel_events(results: Results, side: Side) -> Axes:
    return plot_channel_events(pick(results.histograms["channels"], side=side.name, region="SR"), side=side)


def _adc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_adc_peak(
        pick(results.histograms["adc_tdc"], channel=channel), ax=ax, **_cuts_of(results, channel)
    )


def _tdc_peak(results: Results, channel: Channel, ax: Axes) -> Axes:
    return plot_tdc_peak(
        pick(results.histograms["adc_tdc"], channel=channel), ax=ax, **_cuts_of(results, channel)
    )


def _cuts_of(results: Results, channel: Channel) -> dict[str, Any]:
    return {
        "channel": channel,
        "tdc_peak": results.calibration.tdc_peak[channel.index],
        "adc_cut": results.calibration.adc_cut[channel.index],
        "tdc_window": results.cuts.tdc_window,
    }


ChannelPlot = Callable[[Results, Channel, Axes], Axes]
_PER_SIDE: Final[dict[str, Callable[[Results, Side], Axes]]] = {
    "occupancy": _occupancy,
    "tdc_adc": _tdc_adc,
    "tdc_stability": _tdc_stability,
    "tdc_violins": _tdc_violins,
    "channel_events": _channel_events,
    "charge": _charge,
}
_PER_CHANNEL: Final[dict[str, ChannelPlot]] = {"adc": _adc_peak, "tdc": _tdc_peak}

#: what each figure shows, by its name
FIGURES: Final = {
    "occupancy": "pulses per BX, beam halo in front of all other; one per side",
    "tdc_adc": "map of TDC and peak ADC with the collision-product box; one per side",
    "tdc_stability": "most probable TDC and spread of each channel; one per side",
    "tdc_violins": "TDC distribution of each channel; one per side",
    "channel_events": "beam-halo pulses of each unit around the beam; one per side",
    "charge": "charge spectrum by region; one per side",
    "adc": "peak ADC at the halo time with the ADC cut; one page per channel, by group PN, PF, MN, MF",
    "tdc": "TDC of large pulses with the halo window; one page per channel, by group PN, PF, MN, MF",
}


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
    for name, of in list_figures(results.sides, names):
        targets = [Path(folder) / f"{name}_{of}{ending}" for ending in (".pdf", ".png")]
        draw_figure(results, name, of, targets)
        written += [target.name for target in targets]
        if on_figure is not None:
            on_figure(f"{name}_{of}")
    return written


def list_figures(sides: Iterable[Side], names: Iterable[str] = tuple(FIGURES)) -> list[tuple[str, str]]:
    """List figure names with the side's directory, or the channel group, that each is drawn of.

    Raises
    ------
    SelectionError
        If a name is none of `FIGURES`.
    """
    sides = tuple(sides)
    groups = [group for group in CHANNEL_GROUPS if any(group in side.groups for side in sides)]
    parts = []
    for name in names:
        if name not in FIGURES:
            raise SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(FIGURES)}")
        parts += [(name, of) for of in ([side.directory for side in sides] if name in _PER_SIDE else groups)]
    return parts


def draw_figure(results: Results, name: str, of: str, targets: Iterable[str | Path]) -> None:
    """Draw one figure into one or more files.

    Parameters
    ----------
    name
        One of `FIGURES`.
    of
        A side (``plusZ`` or ``+Z``), or for figures of channels a group (``PN``) or a channel (``PN03``).
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
    if name in _PER_SIDE:
        _draw_side(results, name, _find_side(of), paths)
    elif name in _PER_CHANNEL:
        channels = [channel for channel in CHANNELS if channel.name.startswith(of)]
        if not channels:
            raise SelectionError(f"{of!r} is no channel and no group", hint="groups are PN, PF, MN, MF")
        for path in paths:
            draw = _draw_pages if len(channels) == 1 or path.suffix == ".pdf" else _draw_sheet
            draw(results, _PER_CHANNEL[name], channels, path)
    else:
        raise SelectionError(f"no figure is called {name!r}", hint=f"figures are {', '.join(FIGURES)}")


def _find_side(of: str) -> Side:
    for side in SIDES:
        if of in (side.directory, side.name):
            return side
    raise SelectionError(f"{of!r} is no side", hint="sides are plusZ and minusZ")


def _draw_side(results: Results, name: str, side: Side, paths: list[Path]) -> None:
    with cms_style():
        ax = _PER_SIDE[name](results, side)
        add_label(ax, results.label, ", ".join(filter(None, (results.run_text, f"{side.name} side"))))
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
