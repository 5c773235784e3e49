"""Two analyses side by side: how far each channel has moved, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, Side
from ..detector.qie import N_ADC, TDC_CODES
from ..histograms.axes import REGIONS
from .finished import Finished, load_finished
from .shifts import ChannelShifts, Comparison, Shift, SideShifts

__all__ = ["FEWEST", "FITTED", "compare_results"]

Floats = npt.NDArray[np.float64]
#: fitted numbers that do not depend on how long data were taken, by the last part of their names
FITTED: Final = ("position", "width", "charge", "spread", "purity", "separation")
#: pulses that a mean needs on both sides of a comparison, to have an error that can be trusted
FEWEST: Final = 10
#: variance of a code that is always the same: it is known to one code
_CODE_VARIANCE: Final = 1 / 12


def compare_results(
    a: str | Path | Finished, b: str | Path | Finished, *, names: tuple[str, str] | None = None
) -> Comparison:
    """Compare two finished analyses, channel by channel; differences are A minus B.

    TDC peak and ADC cut are compared as they were calibrated. Means and SR shares are taken from the same part of the
    (TDC, ADC) plane in both: within the halo windows of either, and above the higher of the two ADC cuts. Otherwise a
    cut that moves by one code, which it does by chance, would look like a change of the halo.

    Parameters
    ----------
    a, b
        Folders that `analyse` wrote, or what `load_finished` read; B is the reference.
    names
        What they are called; their folders by default.

    Raises
    ------
    InputError
        If a folder holds no analysis.
    """
    one, other = (load_finished(each) if isinstance(each, str | Path) else each for each in (a, b))
    called = names or (str(one.folder), str(other.folder))
    common = [side for side in one.sides if side in other.sides]
    shifts = _channel_shifts(one, other, common)
    return Comparison(
        a=called[0],
        b=called[1],
        sides=tuple(
            SideShifts(side.name, _shares(one, other, side), _rates(one, other, side)) for side in common
        ),
        channels=tuple(
            ChannelShifts(unit.name, unit.side.name, shifts[unit.index])
            for unit in CHANNELS
            if unit.side in common
        ),
        notes=tuple(_notes(one, other, called)),
    )


def _channel_shifts(one: Finished, other: Finished, sides: list[Side]) -> list[dict[str, Shift]]:
    """Shifts of all 40 channels, in their order."""
    planes = [each.plane() for each in (one, other)]
    window = max(one.cuts.tdc_window, other.cuts.tdc_window)
    halo, wide = (_common_window(one, other, codes) for codes in (window, one.cuts.stability_window))
    in_halo = [plane * halo for plane in planes]
    table = {
        "tdc_peak": _plain(one.tdc_peaks, other.tdc_peaks),
        "adc_cut": _plain(one.adc_cuts, other.adc_cuts),
        "tdc_mean": _means([(plane * wide).sum(axis=2) for plane in planes]),
        "adc_mean": _means([counts.sum(axis=1) for counts in in_halo]),
        "sr_share": _side_shares([counts.sum(axis=(1, 2)) for counts in in_halo], sides),
    }
    rows = [{name: column[unit.index] for name, column in table.items()} for unit in CHANNELS]
    for unit, row in zip(CHANNELS, rows, strict=True):
        row.update(_fit_shifts(one.fit(unit), other.fit(unit)))
    return rows


def _common_window(one: Finished, other: Finished, codes: int) -> npt.NDArray[np.bool_]:
    """The part of the plane that is halo in either analysis, shape (40, 50, 256)."""
    tdc = np.arange(len(TDC_CODES))[None, :, None]
    adc = np.arange(N_ADC)[None, None, :]
    peaks = np.stack([one.tdc_peaks, other.tdc_peaks])
    first, last = (peaks.min(axis=0) - codes)[:, None, None], (peaks.max(axis=0) + codes)[:, None, None]
    cut = np.maximum(one.adc_cuts, other.adc_cuts)[:, None, None]
    inside: npt.NDArray[np.bool_] = (tdc >= first) & (tdc <= last) & (adc >= cut)
    return inside


def _plain(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> list[Shift]:
    return [Shift(float(x), float(y)) for x, y in zip(a, b, strict=True)]


def _means(counts: list[npt.NDArray[np.int64]]) -> list[Shift]:
    """Shifts of the mean code, from counts of shape (40, codes)."""
    (a, error_a, n_a), (b, error_b, n_b) = (_mean(each) for each in counts)
    error = np.where(np.minimum(n_a, n_b) >= FEWEST, np.hypot(error_a, error_b), np.nan)
    return [Shift(*(_known(value) for value in row)) for row in zip(a, b, error, strict=True)]


def _mean(counts: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    codes = np.arange(counts.shape[1])
    n = counts.sum(axis=1).astype(np.float64)
    filled = np.where(n > 0, n, np.nan)
    mean = counts @ codes / filled
    variance = (counts * (codes - mean[:, None]) ** 2).sum(axis=1) / np.where(n > 1, n - 1, np.nan)
    return mean, np.sqrt(np.maximum(variance, _CODE_VARIANCE) / filled), n


def _side_shares(counts: list[npt.NDArray[np.int64]], sides: list[Side]) -> list[Shift]:
    """Share of each channel in the pulses of its side; the error is that of two binomials with the same mean."""
    shifts = [Shift(None, None)] * len(CHANNELS)
    for side in sides:
        units = [unit.index for unit in CHANNELS if unit.side == side]
        totals = [int(each[units].sum()) for each in counts]
        for unit in units:
            shifts[unit] = _binomial([int(each[unit]) for each in counts], totals)
    return shifts


def _binomial(counts: list[int], totals: list[int]) -> Shift:
    if min(totals) == 0:
        return Shift(*(n / total if total else None for n, total in zip(counts, totals, strict=True)))
    mean = sum(counts) / sum(totals)
    error = float(np.sqrt(mean * (1 - mean) * sum(1 / total for total in totals)))
    return Shift(counts[0] / totals[0], counts[1] / totals[1], error)


def _shares(one: Finished, other: Finished, side: Side) -> dict[str, Shift]:
    sides = [each.summary["sides"][side.name] for each in (one, other)]
    totals = [int(each["clean"]) for each in sides]
    return {region: _binomial([int(each["regions"][region]) for each in sides], totals) for region in REGIONS}


def _rates(one: Finished, other: Finished, side: Side) -> dict[str, Shift]:
    """Shifts of the mean rates; the error is that of two Poisson counts with the same mean rate."""
    found = [each.summary.get("rates", {}).get(side.name, {}) for each in (one, other)]
    shifts = {}
    for region in REGIONS:
        a, b = (each.get(region) for each in found)
        if a and b and a["live_s"] > 0 and b["live_s"] > 0:
            mean = (a["counts"] + b["counts"]) / (a["live_s"] + b["live_s"])
            error = float(np.sqrt(mean * (1 / a["live_s"] + 1 / b["live_s"])))
            shifts[region] = Shift(a["counts"] / a["live_s"], b["counts"] / b["live_s"], error)
    return shifts


def _fit_shifts(
    a: Mapping[str, tuple[float, float | None]], b: Mapping[str, tuple[float, float | None]]
) -> Iterator[tuple[str, Shift]]:
    """Shifts of fitted numbers that have an error in both."""
    for name, (value, error) in a.items():
        if name.rpartition(".")[2] not in FITTED:
            continue
        other, other_error = b.get(name, (None, None))
        if error is not None and other_error is not None:
            yield f"fit.{name}", Shift(value, other, float(np.hypot(error, other_error)))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _notes(one: Finished, other: Finished, names: tuple[str, str]) -> Iterator[str]:
    for each, another, name in ((one, other, names[0]), (other, one, names[1])):
        for side in each.sides:
            if side not in another.sides:
                yield f"{side.name} is only in {name}"
    cuts = [each.cuts.as_dict() for each in (one, other)]
    for name, value in cuts[0].items():
        if value != cuts[1][name]:
            yield f"the cut {name} is {value} in {names[0]} and {cuts[1][name]} in {names[1]}"
    for what in ("label", "bhm_columnar"):
        a, b = (each.about.get(what) for each in (one, other))
        if a != b:
            called = "label" if what == "label" else "version of bhm_columnar"
            yield f"the {called} is {a} in {names[0]} and {b} in {names[1]}"
