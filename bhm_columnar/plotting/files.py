"""Figures as files that are the same for the same results, and that say what they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .._version import __version__
from ..io.atomic import atomic_file

__all__ = ["metadata_of", "save_figure", "save_pixels"]

_PNG_DPI: Final = 100
#: two thirds of the time of the usual level, for files that are a tenth larger
_PNG_OPTIONS: Final[dict[str, Any]] = {"compress_level": 3}
_PROGRAM: Final = f"bhm_columnar {__version__}"
#: how each kind of file calls what `Results.provenance` says
_NAMES: Final = {
    ".pdf": {"title": "Title", "subject": "Subject", "keywords": "Keywords"},
    ".png": {"title": "Title", "subject": "Description", "keywords": "Source"},
    ".svg": {"title": "Title", "subject": "Description", "keywords": "Source"},
}


def save_figure(figure: Figure, path: Path, about: Mapping[str, str] | None = None) -> None:
    """Write a figure as ``.pdf``, ``.png`` or ``.svg``; the file is complete, or is not there.

    Parameters
    ----------
    about
        For the metadata of the file: ``title``, ``subject`` and ``keywords``.
    """
    ending = path.suffix
    options: dict[str, Any] = {"pil_kwargs": _PNG_OPTIONS} if ending == ".png" else {}
    with atomic_file(path) as partial:
        figure.savefig(
            partial, format=ending[1:], dpi=_PNG_DPI, metadata=metadata_of(ending, about), **options
        )


def save_pixels(
    pixels: npt.NDArray[np.uint8], path: Path, about: Mapping[str, str] | None = None, *, dpi: int
) -> None:
    """Write pixels as ``.png``; the file is complete, or is not there.

    Parameters
    ----------
    pixels
        Red, green and blue, shape (height, width, 3).
    about
        As in `save_figure`.
    dpi
        Pixels per inch.
    """
    said = PngInfo()
    for name, value in metadata_of(".png", about).items():
        said.add_text(name, str(value))
    with atomic_file(path) as partial:
        Image.fromarray(pixels).save(partial, format="png", pnginfo=said, dpi=(dpi, dpi), **_PNG_OPTIONS)


def metadata_of(ending: str, about: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """What was drawn from what, and by whom, but no date: the same results give the same file."""
    said: dict[str, str | None] = {
        word: about[what] for what, word in _NAMES[ending].items() if about and about.get(what)
    }
    if ending == ".png":
        return {**said, "Software": _PROGRAM}
    return {**said, "Creator": _PROGRAM, "CreationDate" if ending == ".pdf" else "Date": None}
