"""The drawn figures as data that a page can hold, and no more of them than fit."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from ..detector.channels import CHANNEL_GROUPS, SIDES
from ..histograms.axes import REGION_MEANINGS, REGIONS
from ..plotting.standard import FIGURES, PER_CHANNEL

__all__ = ["BUDGET", "Gallery", "Picture", "load_gallery"]

#: bytes of base64 that all figures of a page may take, so that it stays below 5 MB with its tables and channel plots
BUDGET: Final = 3_600_000
#: widths in pixels that figures are tried at, until they fit: as they are, which costs no time, and then smaller
_WIDTHS: Final = (None, 1000, 720, 480)
_COLOURS: Final = 128


@dataclass(frozen=True)
class Picture:
    """A figure: its name, what it shows in words, its size in pixels, and itself as a ``data:`` URI."""

    name: str
    alt: str
    width: int
    height: int
    uri: str


@dataclass(frozen=True)
class Gallery:
    """The figures of a page.

    Parameters
    ----------
    pictures
        In the order of `FIGURES`.
    drawn_here
        Names of those that the page draws itself, channel by channel.
    omitted
        Names of those that are not in the page, each with the reason.
    """

    pictures: tuple[Picture, ...]
    drawn_here: tuple[str, ...]
    omitted: tuple[tuple[str, str], ...]


def load_gallery(folder: Path, *, budget: int = BUDGET) -> Gallery:
    """Take the PNG figures of a folder as they are, if they fit together; else make all of them smaller until they do.

    Parameters
    ----------
    folder
        With ``NAME_PART.png``; it may be missing.
    budget
        Bytes that they may take as base64.
    """
    paths = sorted(folder.glob("*.png"), key=_place)
    drawn_here = [path for path in paths if _split(path.stem)[0] in PER_CHANNEL]
    chosen = [path for path in paths if path not in drawn_here]
    for width in _WIDTHS:
        pictures, omitted = _encode(chosen, width)
        if sum(len(one.uri) for one in pictures) <= budget:
            break
    kept = list(_fitting(pictures, budget))
    omitted += [(one.name, "the page would be too large") for one in pictures if one not in kept]
    return Gallery(tuple(kept), tuple(path.stem for path in drawn_here), tuple(omitted))


def _fitting(pictures: list[Picture], budget: int) -> Iterable[Picture]:
    used = 0
    for one in pictures:
        if used + len(one.uri) <= budget:
            used += len(one.uri)
            yield one


def _encode(paths: list[Path], width: int | None) -> tuple[list[Picture], list[tuple[str, str]]]:
    pictures, broken = [], []
    for path in paths:
        try:
            pictures.append(_take_picture(path) if width is None else _shrink_picture(path, width))
        except (OSError, SyntaxError) as error:  # the latter is what pillow says of a broken chunk
            broken.append((path.stem, f"cannot be read ({error})"))
    return pictures, broken


def _take_picture(path: Path) -> Picture:
    with Image.open(path) as found:
        found.verify()
        return _make_picture(path, found.size, path.read_bytes())


def _shrink_picture(path: Path, width: int) -> Picture:
    """Figures have few colours: a palette makes them three times smaller, and nobody sees it."""
    with Image.open(path) as found:
        image = Image.new("RGB", found.size, "white")
        image.paste(found, mask=found.getchannel("A") if "A" in found.getbands() else None)
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return _make_picture(path, image.size, stream.getvalue())


def _make_picture(path: Path, size: tuple[int, int], png: bytes) -> Picture:
    uri = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    return Picture(path.stem, describe_figure(path.stem), *size, uri)


def _split(stem: str) -> tuple[str, str]:
    """Name of the figure and the part that it is drawn of: ``rate_luminosity_plusZ_SR`` -> two words."""
    fitting = [name for name in FIGURES if stem == name or stem.startswith(f"{name}_")]
    name = max(fitting, key=len, default="")
    return name, stem[len(name) + 1 :] if name else stem


def _place(path: Path) -> tuple[int, str]:
    name, part = _split(path.stem)
    order = [side.directory for side in SIDES] + list(REGIONS)
    places = [str(order.index(word)) if word in order else word for word in part.split("_")]
    return (list(FIGURES).index(name) if name else len(FIGURES)), "_".join(places)


def describe_figure(stem: str) -> str:
    """Say in words what a figure shows, by the name of its file."""
    name, part = _split(stem)
    sides = {side.directory: f"{side.name} side" for side in SIDES}
    groups = {group: f"channels {group}" for group in CHANNEL_GROUPS}
    words = {**sides, **groups, **REGION_MEANINGS}
    of = ", ".join(words.get(word, word) for word in part.split("_") if word)
    what = FIGURES[name].partition(";")[0] if name else "figure"
    return f"{what[0].upper()}{what[1:]}{f' ({of})' if of else ''}"
