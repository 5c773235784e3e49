"""Fit the halo peak of every channel in TDC and in ADC, and say how pure the signal region is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS
from ..detector.qie import TDC_CODES
from ..histograms.counts import Histogram
from .fit_adc import AdcPeak, fit_adc
from .fit_tdc import fit_tdc
from .peaks import ChannelFit, PeakFits, TdcFit, number_fields

if TYPE_CHECKING:
    from .model import Calibration

__all__ = ["FittedPeaks", "describe_fits", "fit_channels", "fit_peaks"]

Longs = npt.NDArray[np.int64]


def fit_peaks(h: Histogram, *, calibration: Calibration, tdc_window: int = 1) -> PeakFits:
    """Fit where the halo peak of each channel lies, how wide it is, and how much of the signal region is not halo.

    Both fits maximise an extended binned Poisson likelihood; errors are those of Hesse.

    - TDC: pulses of peak ADC 128 and more, from 10 codes before to 15 after the fullest of the codes 0..24; a Gaussian
      and a flat background.
    - ADC: pulses within one TDC code of the fullest, ADC 100..254; log-normal charges, and an exponential background
      that describes the pulses beside the halo time, too: activation has no structure in time.

    Parameters
    ----------
    h
        Counts of clean pulses with axes ``channel``, ``tdc`` and ``adc``, as the processor ``adc_tdc`` fills them.
    calibration
        Gives the signal region whose purity is estimated.
    tdc_window
        The signal region lies within so many TDC codes of the TDC peak, at or above the ADC cut.

    Returns
    -------
    fits of all 40 channels; those that cannot be trusted are flagged in words
    """
    counts = np.asarray(h.project("channel", "tdc", "adc").values(), dtype=np.int64)
    return describe_fits(counts, fit_channels(counts), calibration, tdc_window)


@dataclass(frozen=True)
class FittedPeaks:
    """Both fits of a channel."""

    tdc: TdcFit
    adc: AdcPeak


def fit_channels(counts: Longs) -> tuple[FittedPeaks, ...]:
    """Fit both peaks of all channels, from counts of shape (40, 50, 256)."""
    fitted = []
    for plane in counts:
        tdc, seed = fit_tdc(plane)
        fitted.append(FittedPeaks(tdc, fit_adc(plane, seed, tdc)))
    return tuple(fitted)


def describe_fits(
    counts: Longs, fitted: Sequence[FittedPeaks], calibration: Calibration, tdc_window: int = 1
) -> PeakFits:
    """Say what fits mean for the signal region of a calibration; see `fit_peaks`."""
    channels = []
    for channel, plane, one in zip(CHANNELS, counts, fitted, strict=True):
        peak, cut = calibration.tdc_peak[channel.index], calibration.adc_cut[channel.index]
        times = slice(max(0, peak - tdc_window), min(TDC_CODES.stop - 1, peak + tdc_window) + 1)
        made = ChannelFit(channel.name, one.tdc, one.adc.fit, int(plane[times, cut:].sum()))
        if one.adc.fit.ok:
            made = _measure_purity(made, one.adc, cut, times.stop - times.start)
        channels.append(made)
    return PeakFits(tuple(channels))


def _measure_purity(made: ChannelFit, peak: AdcPeak, adc_cut: int, n_times: int) -> ChannelFit:
    """Add background, purity and separation to the fits of a channel."""
    under, error = peak.background_above(adc_cut, n_times)
    made = replace(made, **number_fields(sr_background=(under, error)))
    if peak.fit.slope is not None:
        made = replace(made, **number_fields(separation=peak.separation()))
    if made.sr_pulses == 0:
        return made
    # the pulses that are there hold no expected number of background pulses, but a Poisson one
    purity_error = float(np.hypot(error, np.sqrt(under))) / made.sr_pulses
    purity = max(0.0, 1.0 - under / made.sr_pulses)
    return replace(made, **number_fields(purity=(purity, purity_error)))
