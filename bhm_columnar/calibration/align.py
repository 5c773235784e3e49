"""The automatic calibration: find the halo peak of each channel in TDC and ADC, and cut below it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS
from ..detector.qie import TDC_CODES, charge_to_adc
from ..errors import CalibrationError
from ..histograms.counts import Histogram
from .fits import describe_fits, fit_channels
from .model import Calibration
from .store import load_table

__all__ = ["METHODS", "align_channels"]

#: how TDC peak and ADC cut are found
METHODS: Final = ("interval", "fit")

# The numbers of the earlier program's automatic calibration, which people compare with.
#: TDC codes that are searched for the halo peak
_N_TDC: Final = 15
#: ADC codes that are searched; code 179 counts with 178
_ADC_FIRST: Final = 128
_ADC_LAST: Final = 178
#: codes below and above the peak that the interval may reach to
_BELOW: Final = 15
_ABOVE: Final = 16
#: part of the pulses near the peak that the interval must hold
_FRACTION: Final = 0.68

#: fitted widths below the median charge at which the method ``fit`` cuts
_WIDTHS_BELOW: Final = 2.0


def align_channels(
    h: Histogram,
    *,
    fallback: Calibration | None = None,
    runs: tuple[int, ...] = (),
    method: str = "interval",
    tdc_window: int = 1,
) -> Calibration:
    """Find TDC peak and ADC cut of every channel.

    ``interval``: the TDC peak is the TDC code of the fullest bin of the (TDC, ADC) plane for TDC 0..14 and ADC 128..179.
    Along ADC, at that TDC, an interval grows from the fullest bin to both sides until it holds 68 % of the pulses within
    -15 and +15 codes; the ADC cut is one code below the interval.

    ``fit``: the TDC peak is the code nearest to the fitted one, and the ADC cut is the code of the charge two fitted widths
    below the fitted median, above which 97.7 % of the halo lies (see `fit_peaks`). A channel whose fit cannot be trusted
    takes the number of ``interval``, and is flagged. The fits go with the calibration.

    Parameters
    ----------
    h
        Counts of clean pulses with axes ``channel``, ``tdc`` and ``adc``, as the processor ``adc_tdc`` fills them.
    fallback
        Gives the ADC cut of channels that have no pulses there, and both numbers on a side without any data; the table
        v2 by default. Such channels are flagged.
    runs
        Runs that the pulses come from, for the record.
    method
        One of `METHODS`.
    tdc_window
        TDC codes on each side of the peak that are in the signal region whose purity ``fit`` estimates.

    Raises
    ------
    CalibrationError
        If there is no such method.
    """
    if method not in METHODS:
        raise CalibrationError(f"no method is called {method!r}", hint=f"choose one of {', '.join(METHODS)}")
    counts = np.asarray(h.project("channel", "tdc", "adc").values(), dtype=np.int64)
    made = _align_by_interval(counts, fallback or load_table("v2"), runs)
    return made if method == "interval" else _align_by_fit(counts, made, tdc_window)


def _align_by_interval(
    counts: npt.NDArray[np.int64], instead: Calibration, runs: tuple[int, ...]
) -> Calibration:
    planes = counts[:, :_N_TDC, _ADC_FIRST : _ADC_LAST + 1].copy()
    planes[:, :, -1] += counts[:, :_N_TDC, _ADC_LAST + 1]
    peaks, cuts = list(instead.tdc_peak), list(instead.adc_cut)
    flags = {}
    with_data = {channel.side for channel in CHANNELS if counts[channel.index].any()}
    for channel in CHANNELS:
        if channel.side not in with_data:
            flags[channel.name] = f"no data of this side: from {instead.name}"
            continue
        peaks[channel.index], adc_cut = _align(planes[channel.index])
        if adc_cut is None:
            flags[channel.name] = f"no pulses to cut in: ADC cut from {instead.name}"
        else:
            cuts[channel.index] = adc_cut
    return Calibration("auto", tuple(peaks), tuple(cuts), method="auto", runs=runs, flags=flags)


def _align_by_fit(counts: npt.NDArray[np.int64], interval: Calibration, tdc_window: int) -> Calibration:
    """Replace what fits know better."""
    peaks, cuts, flags = list(interval.tdc_peak), list(interval.adc_cut), dict(interval.flags)
    fitted = fit_channels(counts)
    for channel, one in zip(CHANNELS, fitted, strict=True):
        if channel.name in flags:
            continue
        tdc, adc, reasons = one.tdc, one.adc.fit, []
        if tdc.ok and tdc.position is not None:
            peaks[channel.index] = min(max(round(tdc.position), 0), TDC_CODES.stop - 1)
        else:
            reasons.append(f"TDC peak by interval: {tdc.flag}")
        if adc.ok and adc.charge is not None and adc.spread is not None:
            lowest = adc.charge * np.exp(-_WIDTHS_BELOW * adc.spread)
            cuts[channel.index] = int(charge_to_adc(np.array([lowest]))[0])
        else:
            reasons.append(f"ADC cut by interval: {adc.flag}")
        if reasons:
            flags[channel.name] = "; ".join(reasons)
    made = replace(
        interval, name="fit", method="fit", tdc_peak=tuple(peaks), adc_cut=tuple(cuts), flags=flags
    )
    return replace(made, fits=describe_fits(counts, fitted, made, tdc_window))


def _align(plane: npt.NDArray[np.int64]) -> tuple[int, int | None]:
    """TDC peak and ADC cut from counts of shape (15, 51); the cut is `None` where there is nothing to count."""
    tdc_peak, top = (int(k) for k in np.unravel_index(np.argmax(plane), plane.shape))
    row = plane[tdc_peak]
    first = max(0, top - _BELOW)
    last = min(len(row) - 1, top + _ABOVE)
    total = int(row[first:last].sum())
    if total == 0:
        return tdc_peak, None
    left = right = top  # both lie just outside of the interval
    inside = 0
    while inside < _FRACTION * total:
        left -= left >= first
        right += right < last
        inside = int(row[left + 1 : right].sum())
    while row[left + 1] == 0:
        left += 1
    return tdc_peak, _ADC_FIRST + left
