"""Many panels that look alike: one page each in a PDF, or all of them on one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import PdfFile, RendererPdf
from matplotlib.figure import Figure

from ..detector.channels import Channel
from ..io.atomic import atomic_file
from .compose import ALL_PER_CHANNEL
from .files import metadata_of, save_figure, save_pixels
from .panel import Panel
from .parts import part_of
from .results import Results
from .standard import REDRAWN
from .style import add_label, cms_style, make_figure, make_room

__all__ = ["draw_pages", "draw_sheet"]

#: matplotlib annotates everything but its back ends
_Canvas: Any = FigureCanvasAgg
_MixedRenderer: Any = MixedModeRenderer
_PdfRenderer: Any = RendererPdf
_write: Any = PdfFile.write

_COLUMNS: Final = 2
#: width and height of a panel on a sheet in inches, with its margins; left, bottom, width and height of its frame in it
_CELL: Final = (9.0, 5.4)
_FRAME: Final = (1.08, 0.67, 7.71, 4.41)
#: texts and lines on sheets, to those on pages
_SCALE: Final = 0.62
#: sheets are for looking over; whoever wants to see more opens the PDF
_SHEET_DPI: Final = 70


def draw_pages(results: Results, name: str, channels: Sequence[Channel], path: Path) -> None:
    """Draw one page per channel into a PDF.

    All pages have one renderer, which so measures every text once, and what they have in common is drawn once.
    """
    with cms_style(style=results.style), atomic_file(path) as partial:
        figure, ax = make_figure()
        width, height = figure.get_size_inches()
        figure.dpi = 72  # a PDF counts in points
        file = _open_pdf(partial, results.provenance(_title(name, channels)))
        try:
            renderer = _MixedRenderer(figure, width, height, 72, _PdfRenderer(file, 72, height, width))
            common = b""
            for page, fixed in enumerate(_show_each(results, name, channels, ax)):
                file.newPage(width, height)
                if page == 0:
                    file.record = []
                    fixed.draw(renderer)
                    renderer.finalize()
                    common = b"".join(file.record)
                    file.record = None
                else:
                    file.write(common)
                figure.draw(renderer)
                renderer.finalize()
                file.endStream()
            file.finalize()
        finally:
            file.close()


def draw_sheet(results: Results, name: str, channels: Sequence[Channel], path: Path) -> None:
    """Draw all channels on one sheet, in two columns."""
    rows = -(-len(channels) // _COLUMNS)
    about = results.provenance(_title(name, channels))
    with cms_style(scale=_SCALE, style=results.style):
        if path.suffix == ".png":
            sheet = _paint(results, name, channels, rows)
            save_pixels(sheet, path, about, dpi=_SHEET_DPI)
        else:
            figure = Figure(figsize=(_CELL[0] * _COLUMNS, _CELL[1] * rows))
            for place, channel in enumerate(channels):
                ALL_PER_CHANNEL[name](results, channel, ax := _add_panel(figure, place, rows, _COLUMNS))
                add_label(ax, results.label, results.run_text)
            save_figure(figure, path, about)


def _paint(results: Results, name: str, channels: Sequence[Channel], rows: int) -> np.ndarray[Any, Any]:
    """Pixels of a sheet, shape (height, width, 3): one panel is drawn again and again, and copied to its place."""
    figure = Figure(figsize=_CELL, dpi=_SHEET_DPI)
    canvas = _Canvas(figure)
    ax = _add_panel(figure, 0, 1, 1)
    renderer = canvas.get_renderer()
    wide, high = canvas.get_width_height()
    sheet = np.full((rows * high, _COLUMNS * wide, 3), 255, dtype=np.uint8)
    common = None
    for place, fixed in enumerate(_show_each(results, name, channels, ax)):
        if common is None:
            fixed.draw(renderer)
            common = canvas.copy_from_bbox(figure.bbox)
        else:
            canvas.restore_region(common)
        figure.draw(renderer)
        row, column = divmod(place, _COLUMNS)
        sheet[row * high : (row + 1) * high, column * wide : (column + 1) * wide] = np.asarray(
            canvas.buffer_rgba()
        )[..., :3]
    return sheet


def _add_panel(figure: Figure, place: int, rows: int, columns: int) -> Axes:
    """Add the panel at a place of a sheet, counted along the rows from the upper left."""
    row, column = divmod(place, columns)
    left, bottom, width, height = _FRAME
    across, up = columns * _CELL[0], rows * _CELL[1]
    box = (
        (column * _CELL[0] + left) / across,
        ((rows - 1 - row) * _CELL[1] + bottom) / up,
        width / across,
        height / up,
    )
    ax = figure.add_axes(box, axes_class=Panel)
    make_room(ax)
    return ax


def _show_each(results: Results, name: str, channels: Sequence[Channel], ax: Axes) -> Iterator[_Fixed]:
    """Let the panel show one channel after the other, and say what of it stays."""
    fixed = _Fixed(ax)
    if name in REDRAWN:
        panel = REDRAWN[name](ax)
        bare = set(ax.texts)
        add_label(ax, results.label, results.run_text)
        fixed.add_texts([text for text in ax.texts if text not in bare])
        for channel in channels:
            panel.show(**part_of(results, channel))
            yield fixed
        return
    kept = set(ax.get_children())
    for channel in channels:
        ALL_PER_CHANNEL[name](results, channel, ax)
        add_label(ax, results.label, results.run_text)
        yield fixed
        for artist in set(ax.get_children()) - kept:
            artist.remove()


class _Fixed:
    """What of a figure is the same for all channels, and so is drawn once, below everything else."""

    def __init__(self, ax: Axes) -> None:
        self._ax = ax
        self._artists: list[Any] = [ax.figure.patch, ax.patch]
        self._has_axis = False

    def add_texts(self, texts: Sequence[Any]) -> None:
        """Add texts, and those of the horizontal axis."""
        self._artists += texts
        self._has_axis = True

    def draw(self, renderer: Any) -> None:
        """Draw it, and leave it out of the figure from now on."""
        for artist in self._artists:
            artist.draw(renderer)
        for artist in self._artists:  # after all are drawn, since texts stand beside each other
            artist.set_visible(False)
        if self._has_axis:
            axis: Any = self._ax.xaxis
            axis.has_marks = False  # ticks stand in front of the data
            axis.draw(renderer)
            axis.has_marks, axis.has_texts = True, False


class _RecordingPdf(PdfFile):
    """A PDF that also keeps what is written into it, as long as `record` is a list."""

    record: list[bytes] | None = None

    def write(self, data: bytes) -> None:
        if self.record is not None:
            self.record.append(data)
        _write(self, data)


def _open_pdf(path: Path, about: Mapping[str, str]) -> Any:
    make: Any = _RecordingPdf
    return make(path, metadata=metadata_of(".pdf", about))


def _title(name: str, channels: Sequence[Channel]) -> str:
    first, last = channels[0].name, channels[-1].name
    return f"{name} of {first}" + ("" if first == last else f" to {last}")
