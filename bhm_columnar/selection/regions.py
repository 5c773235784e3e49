"""Regions: beam halo (SR), its complement (BR), collision products (CP), and activation (AR).

A region is a set of (channel, TDC, peak ADC). All of them together are one lookup table, so a chunk of pulses is
classified by one gather, whatever the cuts are.
"""

from __future__ import annotations

from typing import Final

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..calibration.model import Calibration
from ..detector.channels import N_CHANNELS
from ..detector.qie import N_ADC, N_TDC
from ..histograms.axes import REGIONS
from .cuts import DEFAULT_CUTS, Cuts

__all__ = ["classify_regions", "is_in", "region_table"]

RegionBits = npt.NDArray[np.uint8]
_BIT: Final = {region: 1 << place for place, region in enumerate(REGIONS)}


def region_table(calibration: Calibration, cuts: Cuts = DEFAULT_CUTS) -> RegionBits:
    """Tabulate which regions each (channel, TDC, peak ADC) belongs to.

    SR holds pulses within the TDC window and at or above the ADC cut, BR all others; CP is the collision-product box,
    AR is BR without that box.

    Returns
    -------
    array of shape (40, 64, 256), one bit per region in the order of `REGIONS`
    """
    tdc = np.arange(N_TDC)[None, :, None]
    adc = np.arange(N_ADC)[None, None, :]
    peaks = calibration.tdc_peaks[:, None, None]
    ranges = np.array([cuts.cp_tdc_range(peak) for peak in calibration.tdc_peak])
    low, high = ranges[:, 0, None, None], ranges[:, 1, None, None]
    sr = (np.abs(tdc - peaks) <= cuts.tdc_window) & (adc >= calibration.adc_cuts[:, None, None])
    cp = (tdc >= low) & (tdc <= high) & (adc >= cuts.cp_adc[0]) & (adc <= cuts.cp_adc[1])
    table = np.zeros((N_CHANNELS, N_TDC, N_ADC), dtype=np.uint8)
    for region, inside in (("SR", sr), ("BR", ~sr), ("CP", cp), ("AR", ~sr & ~cp)):
        table |= np.where(inside, np.uint8(_BIT[region]), np.uint8(0))
    return table


def classify_regions(pulses: ak.Array, table: RegionBits) -> RegionBits:
    """Look up the regions of clean pulses.

    Parameters
    ----------
    pulses
        Table of m clean pulses with ``channel``, ``tdc`` and ``peak``.
    table
        From `region_table`.

    Returns
    -------
    array of shape (m,), for `is_in`
    """
    bits: RegionBits = table[tuple(ak.to_numpy(pulses[name]) for name in ("channel", "tdc", "peak"))]
    return bits


def is_in(bits: RegionBits, region: str) -> npt.NDArray[np.bool_]:
    """Say which pulses belong to a region, from what `classify_regions` gave."""
    inside: npt.NDArray[np.bool_] = (bits & _BIT[region]) != 0
    return inside
