"""Where the halo peak of each channel stands in time and charge, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..calibration.model import Calibration
from ..detector.channels import N_CHANNELS
from ..detector.lhc import COLLISION_DELAY_TDC
from ..detector.qie import ADC_CHARGE_FC
from ..histograms.counts import Histogram

__all__ = ["HaloPeaks", "Reference", "measure_halo"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: halo stands in front of collision products, which follow so many codes later: the search ends before them
_LAST_TDC: Final = COLLISION_DELAY_TDC
#: first ADC code of the search, that of the automatic calibration: 5 pC, the start of a QIE range
_FIRST_ADC: Final = 128
#: the mean is taken within so many TDC codes, and its charge within so many of the mean time
_TDC_HALF: Final = 4.0
_TDC_NEAR: Final = 2.0
#: and within so much of the mean logarithm of charge: a factor of 1.6 up and down
_LOG_HALF: Final = 0.45
_ROUNDS: Final = 10
#: variance of a number that is known as a whole code only
_ROUNDING: Final = 1 / 12


@dataclass(frozen=True)
class HaloPeaks:
    """Clean pulses and the halo peak of the 40 channels, each shape (40,); NaN where there is no peak.

    Parameters
    ----------
    pulses, halo
        Clean pulses, and those of the halo peak.
    tdc, tdc_error
        Mean TDC in codes and its standard error.
    log_charge, log_charge_error
        Mean of the logarithm of the nominal charge (fC) of the largest sample, and its standard error.
    """

    pulses: Longs
    halo: Longs
    tdc: Floats
    tdc_error: Floats
    log_charge: Floats
    log_charge_error: Floats


@dataclass(frozen=True)
class Reference:
    """What times and gains are compared with.

    Parameters
    ----------
    name
        What tables call it.
    tdc, tdc_error
        Halo TDC of each channel in codes and its error, shape (40,); NaN where unknown.
    log_charge, log_charge_error
        Logarithm of halo charge in fC and its error; `None` if gains are compared with the median of their side.
    halo
        Halo pulses behind them; `None` if they are not known.
    """

    name: str
    tdc: Floats
    tdc_error: Floats
    log_charge: Floats | None = None
    log_charge_error: Floats | None = None
    halo: Longs | None = None

    @classmethod
    def from_calibration(cls, calibration: Calibration) -> Reference:
        """Compare times with the TDC peaks of a calibration, known as whole codes; it knows no gains."""
        error = np.full(N_CHANNELS, np.sqrt(_ROUNDING))
        return cls(calibration.name, calibration.tdc_peaks.astype(np.float64), error)

    @classmethod
    def from_histogram(cls, adc_tdc: Histogram, name: str, *, min_halo_pulses: int = 20) -> Reference:
        """Compare with the halo peaks of another analysis, in channels with enough of them."""
        peaks = measure_halo(adc_tdc)
        unknown = np.where(peaks.halo >= min_halo_pulses, 0.0, np.nan)
        return cls(
            name,
            tdc=peaks.tdc + unknown,
            tdc_error=peaks.tdc_error + unknown,
            log_charge=peaks.log_charge + unknown,
            log_charge_error=peaks.log_charge_error + unknown,
            halo=peaks.halo,
        )

    def limit_pulses(self, halo: Longs) -> Longs:
        """Halo pulses of the smaller sample of the two in each channel, which rules the error; shape (40,)."""
        return halo if self.halo is None else np.minimum(halo, self.halo)


def measure_halo(adc_tdc: Histogram) -> HaloPeaks:
    """Find the mean time and charge of the halo peak of every channel.

    The peak is looked for at TDC 0..24 and peak ADC of 128 and more (5 pC, as the automatic calibration does), where
    the counts in three neighbouring TDC codes are largest. The time is the mean within 4 codes of itself; the charge the
    mean logarithm, within a factor of 1.6 of itself, of pulses within 2 codes of that time. Both are found in ten
    rounds. Errors are the standard deviation over the square root of the pulses; that of time has the width of a code
    added in quadrature, as a peak may lie in a single one.

    Parameters
    ----------
    adc_tdc
        Counts of clean pulses with axes ``channel``, ``tdc`` and ``adc``, as the processor ``adc_tdc`` fills them.
    """
    counts = np.asarray(adc_tdc.project("channel", "tdc", "adc").values(), dtype=np.int64)
    high = counts[:, :, _FIRST_ADC:]
    codes = np.arange(counts.shape[1], dtype=np.float64)
    times = high.sum(axis=2)
    start = np.argmax(_sum_around(times, 3)[:, :_LAST_TDC], axis=1)
    tdc, variance, halo = _centre(codes, times, start.astype(np.float64), _TDC_HALF)
    with np.errstate(invalid="ignore", divide="ignore"):
        tdc_error = np.sqrt((variance + _ROUNDING) / halo)

    near = np.abs(codes - np.nan_to_num(tdc)[:, None]) <= _TDC_NEAR
    spectra = (high * near[:, :, None]).sum(axis=1)
    logs = np.log(ADC_CHARGE_FC[_FIRST_ADC:].astype(np.float64))
    top = np.argmax(_sum_around(spectra, 9), axis=1)
    charge, variance, n = _centre(logs, spectra, logs[top], _LOG_HALF)
    with np.errstate(invalid="ignore", divide="ignore"):
        charge_error = np.sqrt(variance / n)
    return HaloPeaks(counts.sum(axis=(1, 2)), n, tdc, tdc_error, charge, charge_error)


def _sum_around(spectra: Longs, width: int) -> Longs:
    """Counts of each bin and its neighbours, `width` bins in all, shape as `spectra`; there is nothing beyond the ends."""
    padded = np.pad(spectra, ((0, 0), (width // 2, width // 2)))
    sums: Longs = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).sum(axis=2)
    return sums


def _centre(x: Floats, counts: Longs, start: Floats, half: float) -> tuple[Floats, Floats, Longs]:
    """Mean, variance and counts of spectra within `half` of the mean itself, each shape (40,); NaN if empty."""
    centre = start
    for _ in range(_ROUNDS):
        inside = counts * (np.abs(x - centre[:, None]) <= half)
        n = inside.sum(axis=1)
        filled = np.maximum(n, 1)
        centre = np.where(n > 0, inside @ x / filled, centre)
    variance = (inside * (x - centre[:, None]) ** 2).sum(axis=1) / np.maximum(filled - 1, 1)
    return np.where(n > 0, centre, np.nan), np.where(n > 1, variance, np.nan), n
