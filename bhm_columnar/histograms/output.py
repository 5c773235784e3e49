"""Histograms in files: one ROOT file for colleagues, one UHI archive for ourselves."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import uhi.io.zip
import uproot
from hist import Hist
from hist.axis import StrCategory
from hist.storage import Double, Int64

from ..detector.channels import CHANNELS, SIDES, Side
from ..errors import InputError
from ..io.atomic import atomic_file
from .counts import Histogram, pick, pick_side
from .graphs import Graph
from .profiles import make_profile

__all__ = ["ROOT_FILE", "UHI_FILE", "load_histograms", "root_histograms", "save_histograms"]

#: names of the two files in what `analyse` writes
ROOT_FILE: Final = "histograms.root"
UHI_FILE: Final = "histograms.uhi.zip"
_PROVENANCE: Final = "provenance"
_ROOT_AXES: Final = 3


def save_histograms(
    histograms: Mapping[str, Histogram],
    folder: str | Path,
    provenance: Mapping[str, Any],
    *,
    graphs: Mapping[str, Graph] | None = None,
) -> None:
    """Write ``histograms.root`` and ``histograms.uhi.zip`` into a folder.

    Parameters
    ----------
    histograms
        By name. In the ROOT file, axes ``side`` and ``region`` become directories; see `root_histograms`.
    provenance
        What they were made from, stored in both files.
    graphs
        Graphs for the ROOT file, by path.
    """
    text = json.dumps(provenance)
    with atomic_file(Path(folder) / ROOT_FILE) as partial, uproot.recreate(partial) as file:
        for path, histogram in root_histograms(histograms):
            file[path] = histogram
        for path, graph in (graphs or {}).items():
            for ending, points in graph.for_root():
                file[path + ending] = points
        file[_PROVENANCE] = text
    with (
        atomic_file(Path(folder) / UHI_FILE) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, histogram in histograms.items():
            uhi.io.zip.write(archive, name, histogram)
        archive.writestr(f"{_PROVENANCE}.txt", text)


def load_histograms(folder: str | Path) -> tuple[dict[str, Histogram], dict[str, Any]]:
    """Read back what `save_histograms` wrote: the histograms by name, and their provenance.

    Raises
    ------
    InputError
        If the folder holds no such archive.
    """
    path = Path(folder) / UHI_FILE
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(f"{_PROVENANCE}.txt")
            names = [name.removesuffix(".json") for name in archive.namelist() if name.endswith(".json")]
            return {name: Hist(uhi.io.zip.read(archive, name)) for name in names}, json.loads(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"no histograms can be read ({why})", where=path, hint="give a folder that `bhm analyse` wrote"
        ) from error


def root_histograms(histograms: Mapping[str, Histogram]) -> Iterator[tuple[str, Histogram]]:
    """Lay histograms out for ROOT, as (path, histogram of one to three axes).

    ``side`` and ``region`` axes become directories (``plusZ/SR/occupancy``); a ``channel`` axis without a side is
    divided between the sides, and labelled with names. What has ``channel``, ``tdc`` and ``adc`` axes gives one map per
    side (``plusZ/tdc_adc``) and one map and its two projections per channel (``plusZ/PN01/tdc``). Means become profiles:
    of the TDC by channel (``plusZ/tdc_profile``), and of the samples of a channel (``plusZ/PN01/shape_profile``). What
    still has more than three axes is left out: ROOT has no such histogram, the UHI archive keeps it.
    """
    for path, histogram in _all_root_histograms(histograms):
        if histogram.ndim <= _ROOT_AXES:
            yield path, histogram
    yield from _profiles(histograms)


def _all_root_histograms(histograms: Mapping[str, Histogram]) -> Iterator[tuple[str, Histogram]]:
    for name, histogram in histograms.items():
        axes = [axis.name for axis in histogram.axes]
        if axes == ["channel", "tdc", "adc"]:
            yield from _channel_spectra(histogram)
        elif "side" in axes:
            for side in SIDES:
                yield from _regions(pick(histogram, side=side.name), side.directory, name, side)
        elif "channel" in axes:
            for side in SIDES:
                yield from _regions(histogram, side.directory, name, side)
        else:
            yield from _regions(histogram, "", name, None)


def _regions(
    histogram: Histogram, folder: str, name: str, side: Side | None
) -> Iterator[tuple[str, Histogram]]:
    prefix = f"{folder}/" if folder else ""
    axes = [axis.name for axis in histogram.axes]
    if "region" not in axes:
        yield f"{prefix}{name}", _for_root(histogram, name, side)
        return
    for region in histogram.axes["region"]:
        yield f"{prefix}{region}/{name}", _for_root(pick(histogram, region=region), f"{region} {name}", side)


def _channel_spectra(histogram: Histogram) -> Iterator[tuple[str, Histogram]]:
    for side in SIDES:
        yield f"{side.directory}/tdc_adc", _for_root(pick_side(histogram, side), "All channels", side)
        for channel in (channel for channel in CHANNELS if channel.side == side):
            plane = pick(histogram, channel=channel)
            folder = f"{side.directory}/{channel.name}"
            yield f"{folder}/tdc_adc", _for_root(plane, channel.name, None)
            yield f"{folder}/tdc", _for_root(plane.project("tdc"), channel.name, None)
            yield f"{folder}/adc", _for_root(plane.project("adc"), channel.name, None)


def _profiles(histograms: Mapping[str, Histogram]) -> Iterator[tuple[str, Histogram]]:
    if (stability := histograms.get("stability")) is not None:
        profile = make_profile(stability.project("channel", "tdc"), "tdc")
        for side in SIDES:
            yield f"{side.directory}/tdc_profile", _for_root(profile, "Mean TDC of the halo peak", side)
    if (shapes := histograms.get("shapes")) is not None:
        for channel in CHANNELS:
            profile = make_profile(pick(shapes, channel=channel), "adc")
            path = f"{channel.side.directory}/{channel.name}/shape_profile"
            yield path, _for_root(profile, f"Mean pulse shape of {channel.name}", None)


def _for_root(histogram: Histogram, title: str, side: Side | None) -> Histogram:
    """Copy with what ROOT needs: a storage it knows, a title, channel names instead of numbers."""
    axes = list(histogram.axes)
    values = (
        histogram.view(flow=True) if histogram.storage_type is Int64 else histogram.copy().view(flow=True)
    )
    if side is not None:
        for place, axis in enumerate(axes):
            if axis.name == "channel":
                channels = [channel for channel in CHANNELS if channel.side == side]
                keep = [channel.index for channel in channels]
                axes[place] = StrCategory(
                    [channel.name for channel in channels], name="channel", label="Channel", overflow=False
                )
                values = np.take(values, keep, axis=place)
        title = f"{title}, {side.title}"
    copy: Histogram = Hist(
        *axes, storage=Double() if histogram.storage_type is Int64 else histogram.storage_type()
    )
    copy.name = title
    copy.view(flow=True)[...] = values
    return copy
