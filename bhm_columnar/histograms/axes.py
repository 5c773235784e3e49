"""The axes that histograms share, so that they can be added, compared and drawn without asking.

Axes of codes are regular with half-integer edges: a bin is one code, and bins can be merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from hist import axis

from ..detector.channels import N_CHANNELS, SIDES
from ..detector.lhc import N_BX
from ..detector.qie import N_ADC, N_SAMPLES, TDC_CODES

__all__ = [
    "FATES",
    "FATE_MEANINGS",
    "REGIONS",
    "REGION_MEANINGS",
    "adc_axis",
    "bx_axis",
    "channel_axis",
    "charge_axis",
    "fate_axis",
    "region_axis",
    "run_axis",
    "sample_axis",
    "side_axis",
    "tdc_axis",
]

#: the regions in the order of tables and axes; SR and BR are complements, CP and AR divide BR where SR and CP are apart
REGIONS: Final = ("SR", "BR", "CP", "AR")
REGION_MEANINGS: Final = {
    "SR": "beam halo (signal region)",
    "BR": "everything that is not SR",
    "CP": "collision products",
    "AR": "activation (BR without CP)",
}
#: what becomes of a pulse of a connected input, in the order of cleaning; each pulse has one fate
FATE_MEANINGS: Final = {
    "no_tdc": "no TDC code",
    "many_tdc": "three or more TDC codes",
    "dll_59": "TDC code 59, a DLL unlocked",
    "dll_60": "TDC code 60, phase DLL unlocked",
    "dll_61": "TDC code 61, TDC DLL unlocked",
    "tdc_62": "TDC code 62, already high",
    "tdc_63": "TDC code 63, no crossing",
    "tdc_invalid": "TDC code 50 to 58, which should not happen",
    "second_62": "second TDC code 62",
    "link_k28_5": "link word K28.5: ADC 188 at TDC 25",
    "link_k28_3": "link word K28.3: ADC 124 at TDC 0",
    "clean": "clean",
}
FATES: Final = tuple(FATE_MEANINGS)


def side_axis() -> axis.StrCategory:
    """One bin per end of CMS."""
    return axis.StrCategory([side.name for side in SIDES], name="side", label="Side")


def region_axis() -> axis.StrCategory:
    """One bin per region; the regions overlap, so do not sum over them."""
    return axis.StrCategory(REGIONS, name="region", label="Region")


def channel_axis() -> axis.Regular:
    """One bin per unit, in the order of `CHANNELS`."""
    return axis.Regular(N_CHANNELS, -0.5, N_CHANNELS - 0.5, name="channel", label="Channel", flow=False)


def bx_axis() -> axis.Regular:
    """One bin per bunch crossing of the orbit, as the board counts it."""
    return axis.Regular(N_BX, -0.5, N_BX - 0.5, name="bx", label="BX of the board", flow=False)


def tdc_axis() -> axis.Regular:
    """One bin per TDC code that is a time."""
    n = len(TDC_CODES)
    return axis.Regular(n, -0.5, n - 0.5, name="tdc", label="TDC code [0.5 ns]", flow=False)


def adc_axis() -> axis.Regular:
    """One bin per ADC code."""
    return axis.Regular(N_ADC, -0.5, N_ADC - 0.5, name="adc", label="Peak ADC code", flow=False)


def sample_axis() -> axis.Regular:
    """One bin per sample of a pulse; hist keeps the word sample for itself, and ROOT profiles want the overflow."""
    return axis.Regular(N_SAMPLES, -0.5, N_SAMPLES - 0.5, name="time_sample", label="Sample [BX]")


def charge_axis() -> axis.Variable:
    """Thirty bins per decade of charge, from 10 fC to 1 nC."""
    return axis.Variable(np.geomspace(10, 1e6, 151), name="charge", label="Charge [fC]")


def fate_axis() -> axis.StrCategory:
    """One bin per fate of a pulse in cleaning; every pulse of a connected input is in one of them."""
    return axis.StrCategory(FATES, name="fate", label="Fate in cleaning")


def run_axis(runs: Iterable[int] = ()) -> axis.IntCategory:
    """One bin per run, added as runs are met; sort after merging."""
    return axis.IntCategory(list(runs), growth=True, name="run", label="Run")
