"""A finished analysis, read back from its folder: what pages and comparisons are made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..calibration.store import CALIBRATION_FILE
from ..detector.channels import CHANNEL_NAMES, Channel, Side, find_side
from ..errors import InputError
from ..histograms.counts import Histogram
from ..histograms.exposure import Exposure
from ..histograms.output import load_histograms
from ..selection.cuts import Cuts, make_cuts
from ..selection.pattern import load_exposure
from .summary import SUMMARY_FILE

__all__ = ["Finished", "load_finished"]

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Finished:
    """What `analyse` wrote.

    Parameters
    ----------
    folder
        Where it lies.
    summary
        Content of ``summary.json``.
    histograms
        By name.
    about
        What is stored with the histograms: label, cuts, inputs with checksums.
    calibration
        Content of ``calibration.json``.
    exposure
        Time bins; `None` in results without rates.
    """

    folder: Path
    summary: Mapping[str, Any]
    histograms: Mapping[str, Histogram]
    about: Mapping[str, Any]
    calibration: Mapping[str, Any]
    exposure: Exposure | None

    @property
    def sides(self) -> tuple[Side, ...]:
        """Sides that have data."""
        return tuple(find_side(name) for name in self.summary["sides"])

    @property
    def cuts(self) -> Cuts:
        """Cuts that regions were made with."""
        return make_cuts(self.summary["cuts"])

    @property
    def run_text(self) -> str:
        """How pages call the runs."""
        runs = self.summary["runs"]
        if not runs:
            return "no pulses"
        return f"run {runs[0]}" if len(runs) == 1 else f"runs {min(runs)}–{max(runs)}"

    @property
    def tdc_peaks(self) -> Counts:
        """TDC peak of each channel, shape (40,)."""
        return self._numbers("tdc_peak")

    @property
    def adc_cuts(self) -> Counts:
        """ADC cut of each channel, shape (40,)."""
        return self._numbers("adc_cut")

    def _numbers(self, key: str) -> Counts:
        channels = self.calibration["channels"]
        return np.array([channels[name][key] for name in CHANNEL_NAMES], dtype=np.int64)

    def plane(self) -> Counts:
        """Clean pulses by channel, TDC and peak ADC code, shape (40, 50, 256)."""
        values: Counts = self.histograms["adc_tdc"].values().astype(np.int64)
        return values

    def fit(self, channel: Channel) -> dict[str, tuple[float, float | None]]:
        """Fitted numbers of a channel with their errors, by dotted names such as ``tdc.position``; empty without fits."""
        fitted = self.calibration["channels"][channel.name].get("fit")
        return dict(_flatten(fitted)) if isinstance(fitted, Mapping) else {}


def _flatten(
    numbers: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, tuple[float, float | None]]]:
    for name, value in numbers.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        elif (number := _number(value)) is not None and not name.endswith("_error"):
            yield f"{prefix}{name}", (number, _number(numbers.get(f"{name}_error")))


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    return None


def load_finished(out: str | Path) -> Finished:
    """Read back what `analyse` wrote into a folder.

    Raises
    ------
    InputError
        If something is missing or damaged.
    """
    folder = Path(out)
    histograms, about = load_histograms(folder)
    summary = _read_json(folder / SUMMARY_FILE, ("sides", "runs", "cuts"))
    calibration = _read_json(folder / CALIBRATION_FILE, ("channels",))
    if "adc_tdc" not in histograms or "channels" not in histograms:
        raise InputError("holds no analysis", where=folder, hint="give a folder that `bhm analyse` wrote")
    exposure, _ = load_exposure(folder)
    return Finished(folder, summary, histograms, about, calibration, exposure)


def _read_json(path: Path, needed: tuple[str, ...]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot be read ({why})", where=path, hint="give a folder that `bhm analyse` wrote"
        ) from error
    if not isinstance(content, dict) or (missing := [key for key in needed if key not in content]):
        lacking = f"has no {missing[0]!r}" if isinstance(content, dict) else "is no table of values"
        raise InputError(lacking, where=path, hint="run `bhm analyse` again")
    return content
