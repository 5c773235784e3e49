"""Regions: beam halo (SR), its complement (BR), collision products (CP), and activation (AR).

A region is a set of (channel, TDC, peak ADC). All of them together are one lookup table, so a chunk of pulses is
classified by one gather, whatever the cuts are.
"""

from __future__ import annotations

from typing import Any, Final

import awkward as ak
import numpy as np
import numpy.typing as npt
from hist import axis

from ..calibration.model import Calibration
from ..detector.channels import N_CHANNELS
from ..detector.qie import N_ADC, N_TDC
from ..errors import ProcessorError
from ..histograms.axes import REGIONS
from ..histograms.counts import Histogram, make_counts
from .cuts import DEFAULT_CUTS, Cuts

__all__ = ["classify_regions", "fill_regions", "is_in", "region_table"]

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
    channel, tdc, peak = (ak.to_numpy(pulses[name]) for name in ("channel", "tdc", "peak"))
    # one index into the flat table is faster to make than numpy's gather by three is to do
    bits: RegionBits = table.reshape(-1)[(channel.astype(np.intp) * N_TDC + tdc) * N_ADC + peak]
    return bits


def is_in(bits: RegionBits, region: str) -> npt.NDArray[np.bool_]:
    """Say which pulses belong to a region, from what `classify_regions` gave."""
    inside: npt.NDArray[np.bool_] = (bits & _BIT[region]) != 0
    return inside


def fill_regions(h: Histogram, bits: RegionBits, *, side: str, **values: Any) -> None:
    """Count each pulse in every region that it belongs to.

    Equal to ``h.fill(side=side, region=region, ...)`` with the pulses of each region in turn, but the pulses are gone
    through once: they are counted by which regions they are in together, and these few sets are added up.

    Parameters
    ----------
    h
        Counts with axes ``side``, ``region``, and others that do not grow.
    bits
        From `classify_regions`, shape (m,).
    values
        What is counted along each other axis, by its name, shape (m,).

    Raises
    ------
    ProcessorError
        If the histogram has other axes.
    """
    where, region, *others = h.axes
    if (where.name, region.name) != ("side", "region") or any(one.traits.growth for one in others):
        raise ProcessorError(
            f"a histogram along {', '.join(h.axes.name)} cannot be filled by region at once",
            hint="begin with side and region, and let no other axis grow",
        )
    sets = make_counts(axis.Integer(0, 1 << len(REGIONS), name="regions", flow=False), *others)
    sets.fill(regions=bits, **values)
    counts = sets.view(flow=True)
    into = h.view(flow=True)[where.index(side)]
    for together in np.flatnonzero(counts.any(axis=tuple(range(1, counts.ndim)))):
        for name in REGIONS:
            if together & _BIT[name]:
                into[region.index(name)] += counts[together]
