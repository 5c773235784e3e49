"""Judge the results of an analysis that stand in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ..calibration.store import CALIBRATION_FILE, TABLES, load_calibration
from ..errors import InputError
from ..histograms.counts import Histogram
from ..histograms.output import load_histograms
from .check import check_quality
from .model import Quality
from .peaks import Reference
from .thresholds import DEFAULT_THRESHOLDS, Thresholds

__all__ = ["check_folder", "load_reference"]

#: what `analyse` writes the account of the reading into; its writer stands above this room
_SUMMARY: Final = "summary.json"
_HINT: Final = "give a folder that `bhm analyse` wrote"


def check_folder(
    out: str | Path,
    *,
    reference: str | Path | None = None,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Quality:
    """Judge what `analyse` wrote into a folder.

    Parameters
    ----------
    out
        The folder.
    reference
        For `load_reference`; the shipped table v2 by default.
    thresholds
        Limits of the flags.

    Raises
    ------
    InputError
        If the folder holds no analysis.
    CalibrationError
        If a calibration cannot be read.
    """
    histograms = _load_counts(out)
    return check_quality(
        histograms,
        _load_reading(Path(out) / _SUMMARY),
        calibration=load_calibration(Path(out) / CALIBRATION_FILE),
        reference=None if reference is None else load_reference(reference, thresholds),
        thresholds=thresholds,
    )


def load_reference(source: str | Path, thresholds: Thresholds = DEFAULT_THRESHOLDS) -> Reference:
    """Load what to compare with: a folder of `bhm analyse`, a shipped table (``v1``, ``v2``), or a calibration file.

    Only a folder knows gains; a table or file is compared in time, with the wider limits.

    Raises
    ------
    InputError
        If a folder holds no analysis.
    CalibrationError
        If there is no such calibration.
    """
    if str(source) not in TABLES and Path(source).is_dir():
        return Reference.from_histogram(
            _load_counts(source)["adc_tdc"], str(source), min_halo_pulses=thresholds.min_halo_pulses
        )
    return Reference.from_calibration(load_calibration(source))


def _load_counts(out: str | Path) -> dict[str, Histogram]:
    histograms, _ = load_histograms(out)
    if "adc_tdc" not in histograms:
        raise InputError("holds no histogram `adc_tdc`", where=out, hint=_HINT)
    return histograms


def _load_reading(path: Path) -> dict[str, Any]:
    try:
        sides = json.loads(path.read_text(encoding="utf-8"))["sides"]
        return {name: side["read"] for name, side in sides.items()}
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, hint=_HINT) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"is no summary ({error!r})", where=path, hint=_HINT) from error
