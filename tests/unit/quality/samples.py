"""Histograms with a halo peak where a test wants it."""

from __future__ import annotations

from typing import Any

import numpy as np

from bhm_columnar.detector.channels import CHANNEL_NAMES, N_CHANNELS
from bhm_columnar.detector.qie import charge_to_adc
from bhm_columnar.histograms.axes import (
    FATES,
    adc_axis,
    channel_axis,
    fate_axis,
    run_axis,
    tdc_axis,
)
from bhm_columnar.histograms.counts import Histogram, make_counts

READ = {"headers": 40_000, "events": 40_000, "skipped": {}, "truncated": False}
BOTH = {"+Z": READ, "-Z": READ}


def at(name: str) -> int:
    return CHANNEL_NAMES.index(name)


def make_adc_tdc(
    *,
    pulses: dict[str, int] | int = 400,
    tdc: dict[str, float] | None = None,
    gain: dict[str, float] | None = None,
    seed: int = 1,
) -> Histogram:
    """Halo pulses only: at TDC 6 with a spread of 0.7 codes, at 11.5 pC with one of 15 %."""
    rng = np.random.default_rng(seed)
    h = make_counts(channel_axis(), tdc_axis(), adc_axis())
    for index, name in enumerate(CHANNEL_NAMES):
        n = pulses if isinstance(pulses, int) else pulses.get(name, 400)
        centre = 6.0 + (tdc or {}).get(name, 0.0)
        charge = 11_500.0 * (gain or {}).get(name, 1.0) * np.exp(0.15 * rng.normal(size=n))
        codes = np.clip(np.rint(centre + 0.7 * rng.normal(size=n)), 0, 49)
        h.fill(channel=np.full(n, index), tdc=codes, adc=charge_to_adc(charge))
    return h


def make_fates(adc_tdc: Histogram, more: dict[tuple[str, str], int] | None = None) -> Histogram:
    """All pulses of `adc_tdc` clean, and `more` by channel name and fate."""
    h = make_counts(run_axis([380_000]), channel_axis(), fate_axis())
    counts = np.zeros((1, N_CHANNELS, len(FATES)), dtype=np.int64)
    counts[0, :, FATES.index("clean")] = adc_tdc.project("channel").values()
    for (name, fate), n in (more or {}).items():
        counts[0, at(name), FATES.index(fate)] += n
    h.view()[...] = counts
    return h


def make_sample(more: dict[tuple[str, str], int] | None = None, **options: Any) -> dict[str, Histogram]:
    """The histograms that data quality is judged by."""
    adc_tdc = make_adc_tdc(**options)
    return {"adc_tdc": adc_tdc, "quality": make_fates(adc_tdc, more)}
