"""What figures are drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .._version import __version__
from ..calibration.model import Calibration
from ..calibration.store import CALIBRATION_FILE, load_calibration
from ..detector.channels import Side, find_side
from ..errors import InputError
from ..histograms.counts import Histogram
from ..histograms.exposure import Exposure
from ..histograms.output import load_histograms
from ..selection.cuts import Cuts, make_cuts
from ..selection.pattern import BunchPattern, load_exposure
from .style import DEFAULT_LABEL, STYLES

__all__ = [
    "DEFAULT_VIEW",
    "FIGURES_FOLDER",
    "Results",
    "View",
    "load_results",
]

#: folder of the figures in what `analyse` writes
FIGURES_FOLDER: Final = "figures"
#: as many inputs have their names in the metadata of a figure
_FEW_INPUTS: Final = 4


@dataclass(frozen=True)
class View:
    """Which part of the results is drawn, and how.

    Parameters
    ----------
    channels
        Indices of units; all if `None`.
    start, stop
        Seconds on the time axis; open ends if `None`.
    unit
        Of rates, one of `histograms.rates.UNITS`.
    runs
        Runs; all if `None`. Only some histograms are kept run by run.
    regions
        What figures of several regions show, from the back to the front; `None` is what they show by themselves.
    bx
        First and last BX of the occupancy; all, or a train, if `None`.
    orientation
        How the azimuth is drawn, one of `plotting.azimuth.ORIENTATIONS`.
    """

    channels: tuple[int, ...] | None = None
    start: float | None = None
    stop: float | None = None
    unit: str = "Hz"
    runs: tuple[int, ...] | None = None
    regions: tuple[str, ...] | None = None
    bx: tuple[int, int] | None = None
    orientation: str = "as-mapped"


DEFAULT_VIEW: Final = View()


@dataclass(frozen=True)
class Results:
    """Histograms, and what they were filled with.

    Parameters
    ----------
    histograms
        By name, as the standard processors fill them.
    runs
        Runs that went in.
    sides
        Sides that have data.
    label
        Text behind CMS, such as ``Preliminary``.
    exposure
        Live time, luminosity and beam status of the time bins; `None` in results without rates.
    pattern
        Bunch pattern and its alignment.
    view
        Which part is drawn.
    style
        One of `plotting.style.STYLES`.
    inputs
        Dumps that the events come from: ``path`` and ``sha256`` of each.
    """

    histograms: Mapping[str, Histogram]
    calibration: Calibration
    cuts: Cuts
    runs: tuple[int, ...]
    sides: tuple[Side, ...]
    label: str = DEFAULT_LABEL
    exposure: Exposure | None = None
    pattern: BunchPattern | None = None
    view: View = DEFAULT_VIEW
    style: str = STYLES[0]
    inputs: Sequence[Mapping[str, Any]] = ()

    @property
    def run_text(self) -> str:
        """How figures call the runs."""
        return self.name_runs(self.runs)

    @staticmethod
    def name_runs(runs: Sequence[int]) -> str:
        """Write the range of some runs."""
        if not runs:
            return "No pulses"
        first, last = min(runs), max(runs)
        return f"Run {first}" if first == last else f"Runs {first}–{last}"

    def provenance(self, title: str) -> dict[str, str]:
        """What a figure says of itself in the metadata of its file: title, calibration and cuts, and its inputs."""
        cuts = ", ".join(f"{name} {value}" for name, value in self.cuts.as_dict().items())
        return {
            "title": f"{title}, {self.run_text}",
            "subject": f"calibration {self.calibration.name}; cuts: {cuts}",
            "keywords": _name_inputs(self.inputs),
        }

    def describe(self) -> dict[str, Any]:
        """Everything but the histograms and the calibration's numbers, for `load_results`."""
        return {
            "bhm_columnar": __version__,
            "runs": list(self.runs),
            "sides": [side.name for side in self.sides],
            "calibration": self.calibration.name,
            "cuts": self.cuts.as_dict(),
            "label": self.label,
        }


def _name_inputs(inputs: Sequence[Mapping[str, Any]]) -> str:
    """Names and checksums of a few inputs; of many, their number and one checksum of all."""
    if len(inputs) <= _FEW_INPUTS:
        return ", ".join(f"{Path(one['path']).name} sha256 {one['sha256']}" for one in inputs)
    every = hashlib.sha256("".join(sorted(one["sha256"] for one in inputs)).encode()).hexdigest()
    return f"{len(inputs)} inputs, sha256 of their sorted sha256 {every}"


def load_results(
    out: str | Path,
    *,
    label: str | None = None,
    view: View = DEFAULT_VIEW,
    style: str = STYLES[0],
    also: str | Path | None = None,
) -> Results:
    """Load what figures are drawn from, out of a folder that `analyse` wrote.

    Parameters
    ----------
    label
        Text behind CMS, ``""`` for none; as analysed by default.
    view, style
        Of `Results`.
    also
        Folder with more histograms of the same events, as `bhm fill` writes them.

    Raises
    ------
    InputError
        If it holds no histograms of an analysis.
    CalibrationError
        If it holds no calibration.
    """
    histograms, about = load_histograms(out)
    if also is not None:
        histograms |= load_histograms(also)[0]
    exposure, pattern = load_exposure(out)
    if "sides" not in about:
        raise InputError("holds no analysis", where=out, hint="give a folder that `bhm analyse` wrote")
    return Results(
        histograms,
        calibration=load_calibration(Path(out) / CALIBRATION_FILE),
        cuts=make_cuts(about["cuts"]),
        runs=tuple(about["runs"]),
        sides=tuple(find_side(name) for name in about["sides"]),
        label=about["label"] if label is None else label,
        exposure=exposure,
        pattern=pattern,
        view=view,
        style=style,
        inputs=tuple(about.get("inputs", ())),
    )
