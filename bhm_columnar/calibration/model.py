"""A calibration: two numbers per channel, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNEL_NAMES, N_CHANNELS
from ..detector.qie import N_ADC, TDC_CODES
from ..errors import CalibrationError
from .peaks import PeakFits

__all__ = ["Calibration"]


@dataclass(frozen=True)
class Calibration:
    """TDC peak and ADC cut of each of the 40 channels.

    Parameters
    ----------
    name
        What figures and summaries call it.
    tdc_peak
        Most probable TDC code of halo pulses, 40 numbers 0..49.
    adc_cut
        Smallest peak ADC code of the signal region, 40 numbers 0..255.
    method
        How it was made: ``auto``, ``fit``, ``table`` or ``file``.
    runs
        Runs that it was made from, as far as known.
    flags
        What is odd about a channel's numbers, by channel name.
    fits
        The halo peaks as fits see them, if they were fitted; calibrations are equal whether they were or not.
    """

    name: str
    tdc_peak: tuple[int, ...]
    adc_cut: tuple[int, ...]
    method: str = "table"
    runs: tuple[int, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict)
    fits: PeakFits | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for what, values, n_codes in (
            ("TDC peak", self.tdc_peak, len(TDC_CODES)),
            ("ADC cut", self.adc_cut, N_ADC),
        ):
            if len(values) != N_CHANNELS:
                raise CalibrationError(
                    f"{len(values)} values of {what}", where=self.name, hint="give 40, one a channel"
                )
            for channel, value in zip(CHANNEL_NAMES, values, strict=True):
                if not 0 <= value < n_codes:
                    raise CalibrationError(
                        f"{what} {value} of {channel} is out of range",
                        where=self.name,
                        hint=f"give 0..{n_codes - 1}",
                    )

    @property
    def tdc_peaks(self) -> npt.NDArray[np.int16]:
        """TDC peaks as an array of shape (40,), in the order of `CHANNELS`."""
        return np.array(self.tdc_peak, dtype=np.int16)

    @property
    def adc_cuts(self) -> npt.NDArray[np.int16]:
        """ADC cuts as an array of shape (40,), in the order of `CHANNELS`."""
        return np.array(self.adc_cut, dtype=np.int16)
