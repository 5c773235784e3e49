"""What figures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
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
from .style import DEFAULT_LABEL

__all__ = [
    "DEFAULT_VIEW",
    "FIGURES_FOLDER",
    "Results",
    "View",
    "load_results",
]

#: folder of the figures in what `analyse` writes
FIGURES_FOLDER: Final = "figures"


@dataclass(frozen=True)
class View:
    """A part of the rates.

    Parameters
    ----------
    channels
        Indices of units; all if `None`.
    start, stop
        Seconds on the time axis; open ends if `None`.
    unit
        Of rates, one of `histograms.rates.UNITS`.
    """

    channels: tuple[int, ...] | None = None
    start: float | None = None
    stop: float | None = None
    unit: str = "Hz"


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
        Which part of the rates is drawn.
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

    @property
    def run_text(self) -> str:
        """How figures call the runs."""
        if not self.runs:
            return "No pulses"
        first, last = min(self.runs), max(self.runs)
        return f"Run {first}" if first == last else f"Runs {first}–{last}"

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


def load_results(out: str | Path, *, label: str | None = None, view: View = DEFAULT_VIEW) -> Results:
    """Load what figures are drawn from, out of a folder that `analyse` wrote.

    Raises
    ------
    InputError
        If it holds no histograms of an analysis.
    CalibrationError
        If it holds no calibration.
    """
    histograms, about = load_histograms(out)
    exposure, pattern = load_exposure(out)
    if "sides" not in about:
        raise InputError("holds no analysis", where=out, hint="give a folder that `bhm analyse` wrote")
    return Results(
        histograms,
        calibration=load_calibration(Path(out) / CALIBRATION_FILE),
        cuts=make_cuts(about["cuts"]),
        runs=tuple(about["runs"]),
        sides=tuple(find_side(name) for name in about["sides"]),
        label=label or about["label"],
        exposure=exposure,
        pattern=pattern,
        view=view,
    )
