"""Calibrations in files: the shipped tables, our own JSON, and the cuts of the earlier program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from .._version import __version__
from ..detector.channels import CHANNEL_NAMES
from ..errors import CalibrationError
from ..io.atomic import write_json
from .model import Calibration
from .peaks import PeakFits

__all__ = ["CALIBRATION_FILE", "TABLES", "load_calibration", "load_table", "save_calibration", "save_cuts"]

#: names of the shipped tables
TABLES: Final = ("v1", "v2")
#: name of the file in what `analyse` writes
CALIBRATION_FILE: Final = "calibration.json"
_FORMAT: Final = "bhm_columnar calibration"
# the keys of the earlier program's "custom cuts"
_TDC_KEY: Final = "TDC Peak"
_ADC_KEY: Final = "ADC Cut"
_FIT_KEY: Final = "fit"


def load_table(name: str) -> Calibration:
    """Load a shipped table: ``v1`` (October 2022, TDC peaks near 18) or ``v2`` (after re-phasing, peaks near 6)."""
    text = files(__package__).joinpath("tables", f"{name}.json").read_text(encoding="utf-8")
    return _from_content(json.loads(text), name, "table")


def load_calibration(source: str | Path) -> Calibration:
    """Load a calibration by table name, or from a JSON file of ours or of the earlier program.

    Raises
    ------
    CalibrationError
        If there is none, or it cannot be used.
    """
    if str(source) in TABLES:
        return load_table(str(source))
    path = Path(source)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(
            f"cannot be read ({error.strerror})", where=path, hint="give auto, v1, v2 or a JSON file"
        ) from error
    except ValueError as error:
        raise CalibrationError(f"is not JSON ({error})", where=path, hint="`bhm align` writes one") from error
    return _from_content(content, path, "file")


def save_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration as JSON, atomically; what was fitted stands at each channel under ``fit``."""
    fits = None if calibration.fits is None else calibration.fits.as_dict()
    write_json(
        {
            "format": _FORMAT,
            "version": 1,
            "name": calibration.name,
            "method": calibration.method,
            "made_by": f"bhm_columnar {__version__}",
            "runs": list(calibration.runs),
            "flags": dict(calibration.flags),
            "channels": {
                name: {"tdc_peak": tdc_peak, "adc_cut": adc_cut, **({_FIT_KEY: fits[name]} if fits else {})}
                for name, tdc_peak, adc_cut in zip(
                    CHANNEL_NAMES, calibration.tdc_peak, calibration.adc_cut, strict=True
                )
            },
        },
        path,
    )


def save_cuts(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration as the "custom cuts" JSON that the earlier program loads."""
    content = {
        name: {_TDC_KEY: tdc_peak, _ADC_KEY: adc_cut}
        for name, tdc_peak, adc_cut in zip(
            CHANNEL_NAMES, calibration.tdc_peak, calibration.adc_cut, strict=True
        )
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_json(content, path)


def _from_content(content: Any, where: str | Path, method: str) -> Calibration:
    try:
        is_ours = content.get("format") == _FORMAT
        channels = content["channels"] if is_ours else content
        keys = ("tdc_peak", "adc_cut") if is_ours else (_TDC_KEY, _ADC_KEY)
        tdc_peak, adc_cut = [[channels[name][key] for name in CHANNEL_NAMES] for key in keys]
    except (AttributeError, KeyError, TypeError) as error:
        raise CalibrationError(
            f"has no {error}" if isinstance(error, KeyError) else "is no calibration",
            where=where,
            hint=f"give all 40 channels, each with '{_TDC_KEY}' and '{_ADC_KEY}'",
        ) from error
    for values in (tdc_peak, adc_cut):
        for name, value in zip(CHANNEL_NAMES, values, strict=True):
            if not isinstance(value, int) or isinstance(value, bool):
                raise CalibrationError(
                    f"{value!r} of {name} is no whole number", where=where, hint="give ADC or TDC codes"
                )
    name = content.get("name", "custom") if is_ours else "custom"
    return Calibration(
        str(name),
        tuple(tdc_peak),
        tuple(adc_cut),
        method=str(content.get("method", method)) if is_ours else method,
        runs=tuple(content.get("runs", ())) if is_ours else (),
        flags=dict(content.get("flags", {})) if is_ours else {},
        fits=_read_fits(channels, where) if is_ours else None,
    )


def _read_fits(channels: Mapping[str, Any], where: str | Path) -> PeakFits | None:
    """Read the fits of all channels, if the file has any."""
    fits = {name: content[_FIT_KEY] for name, content in channels.items() if _FIT_KEY in content}
    if not fits:
        return None
    try:
        return PeakFits.from_dict(fits)
    except (KeyError, TypeError, AttributeError) as error:
        raise CalibrationError(
            f"has fits that cannot be read ({error!r})",
            where=where,
            hint="`bhm align --method fit` writes them",
        ) from error
