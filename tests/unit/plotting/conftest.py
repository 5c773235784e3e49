"""Results that tests of figures share: every histogram that any figure needs, and ways to spoil them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.detector.qie import charge_to_adc
from bhm_columnar.histograms.axes import adc_axis, channel_axis, sample_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.plotting.results import Results, load_results

#: part that each figure is drawn of in tests; the others are drawn of +Z
PARTS = {
    "rates": "SR",
    "rate_luminosity": "plusZ_SR",
    "bunch_rates": "plusZ_CP",
    "adc": "PN03",
    "tdc": "PN03",
    "pulse_shape": "PN03",
    "cutflow": "both",
    "azimuth": "both",
}


@pytest.fixture(scope="session")
def everything(filled: Path) -> Results:
    """Results of a simulated fill, with pulse shapes."""
    results = load_results(filled)
    shapes = make_counts(channel_axis(), sample_axis(), adc_axis())
    rng = np.random.default_rng(5)
    mean = np.where(np.arange(20) >= 4, 12000 * np.exp(-(np.arange(20) - 4) / 1.2), 0) + 15
    for channel in CHANNELS:
        codes = charge_to_adc(mean * rng.lognormal(0, 0.3, (200, 20)))
        for place in range(20):
            shapes.view()[channel.index, place] = np.bincount(codes[:, place], minlength=256)
    return replace(results, histograms={**results.histograms, "shapes": shapes})


def spoil(results: Results, how: str) -> Results:
    """Results with the counts of a day on which something went wrong."""
    spoilt = {name: _spoil(h.copy(), how) for name, h in results.histograms.items()}
    return replace(results, histograms=spoilt, runs=() if how == "empty" else results.runs)


def _spoil(h: Any, how: str) -> Any:
    values = h.view(flow=False)
    if how == "empty side":
        axes = list(h.axes.name)
        if "side" in axes:
            np.moveaxis(values, axes.index("side"), 0)[0] = 0
        if "channel" in axes:
            np.moveaxis(values, axes.index("channel"), 0)[:20] = 0
        return h
    if how == "empty channel":
        axes = list(h.axes.name)
        if "channel" in axes:
            np.moveaxis(values, axes.index("channel"), 0)[2] = 0
        return h
    if how == "a thousand million":
        values[...] = values * 1_000_000_000 // max(1, values.max())
        return h
    largest = values.max()
    middle = tuple(size // 2 for size in values.shape)
    values[...] = 0
    if how == "one pulse":
        values[middle] = 1
    elif how == "one bin":
        values[middle] = largest
    return h


SPOILT = ("empty", "empty side", "empty channel", "one pulse", "one bin", "a thousand million")
