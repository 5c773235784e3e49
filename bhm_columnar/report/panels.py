"""One panel per channel: its numbers, and its ADC and TDC histograms with the cuts, beside those of a reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from ..detector.channels import CHANNELS, Channel
from ..histograms.axes import REGIONS
from .finished import Counts, Finished
from .notices import Verdict
from .svg import Curve, Mark, draw_steps
from .tables import with_errors, write_counts

__all__ = ["Panel", "make_panels"]

#: ADC codes that are shown; what lies outside is said in the axis title
_ADC_SHOWN: Final = (100, 200)


@dataclass(frozen=True)
class Panel:
    """What is shown of a channel.

    Parameters
    ----------
    level
        ``WARN`` or ``BAD`` if data quality flags it.
    facts
        Names and values.
    adc, tdc
        Drawings.
    """

    name: str
    side: str
    level: str
    facts: tuple[tuple[str, str], ...]
    adc: Markup
    tdc: Markup


@dataclass(frozen=True)
class _Spectra:
    """Counts of a channel: ADC in the halo window and at the TDC peak, TDC above the ADC cut."""

    window: Counts
    at_peak: Counts
    tdc: Counts


def make_panels(
    finished: Finished, *, verdict: Verdict, reference: Finished | None = None, name: str = "reference"
) -> list[Panel]:
    """Make the panels of all channels of the sides with data.

    Parameters
    ----------
    reference
        Drawn dashed, scaled to as many clean pulses on the side.
    name
        What the reference is called.
    """
    planes = finished.plane(), None if reference is None else reference.plane()
    return [
        _make_panel(finished, reference, planes, unit, verdict.level(unit.name), name)
        for unit in CHANNELS
        if unit.side in finished.sides
    ]


def _make_panel(
    finished: Finished,
    reference: Finished | None,
    planes: tuple[Counts, Counts | None],
    unit: Channel,
    level: str,
    name: str,
) -> Panel:
    ours = _spectra(finished, planes[0], unit)
    theirs = None
    if reference is not None and planes[1] is not None and unit.side in reference.sides:
        theirs = _spectra(reference, planes[1], unit)
    scale = 1.0 if theirs is None or reference is None else _scale(finished, reference, unit)
    return Panel(
        name=unit.name,
        side=unit.side.title,
        level=level,
        facts=tuple(_facts(finished, unit)),
        adc=_draw_adc(finished, unit, ours, theirs, scale, name),
        tdc=_draw_tdc(finished, unit, ours, theirs, scale, name),
    )


def _spectra(finished: Finished, plane: Counts, unit: Channel) -> _Spectra:
    peak, cut = int(finished.tdc_peaks[unit.index]), int(finished.adc_cuts[unit.index])
    counts, window = plane[unit.index], finished.cuts.tdc_window
    inside = counts[max(0, peak - window) : peak + window + 1].sum(axis=0)
    return _Spectra(inside, counts[peak], counts[:, cut:].sum(axis=1))


def _scale(finished: Finished, reference: Finished, unit: Channel) -> float:
    ours, theirs = (int(each.summary["sides"][unit.side.name]["clean"]) for each in (finished, reference))
    return ours / theirs if theirs else 0.0


def _draw_adc(
    finished: Finished, unit: Channel, ours: _Spectra, theirs: _Spectra | None, scale: float, name: str
) -> Markup:
    low, high = _ADC_SHOWN
    peak, cut = finished.tdc_peaks[unit.index], int(finished.adc_cuts[unit.index])
    window = finished.cuts.tdc_window
    outside = int(ours.window.sum() - ours.window[low:high].sum())
    curves = [
        Curve(ours.at_peak[low:high], f"TDC = {peak}: {ours.at_peak.sum():,} pulses", "filled"),
        Curve(ours.window[low:high], f"|TDC − {peak}| ≤ {window}: {ours.window.sum():,} pulses"),
        *_reference(None if theirs is None else theirs.window[low:high], scale, name),
    ]
    return draw_steps(
        curves,
        np.arange(low, high + 1) - 0.5,
        title=f"Peak ADC codes of halo-time pulses of {unit.name}, {ours.window.sum():,} pulses, ADC cut {cut}",
        x_title=f"Peak ADC code{f' ({outside:,} pulses outside)' if outside else ''}",
        y_title="Pulses / ADC code",
        marks=[Mark(cut - 0.5, f"ADC cut: SR from {cut}")],
        x_step=20,
    )


def _draw_tdc(
    finished: Finished, unit: Channel, ours: _Spectra, theirs: _Spectra | None, scale: float, name: str
) -> Markup:
    peak, cut = int(finished.tdc_peaks[unit.index]), finished.adc_cuts[unit.index]
    window = finished.cuts.tdc_window
    curves = [
        Curve(ours.tdc, f"ADC ≥ {cut}: {ours.tdc.sum():,} pulses"),
        *_reference(None if theirs is None else theirs.tdc, scale, name),
    ]
    return draw_steps(
        curves,
        np.arange(len(ours.tdc) + 1) - 0.5,
        title=f"TDC codes of pulses of {unit.name} above its ADC cut, {ours.tdc.sum():,} pulses, TDC peak {peak}",
        x_title="TDC code [0.5 ns]",
        y_title="Pulses / 0.5 ns",
        marks=[
            Mark(peak - window - 0.5, f"SR window: {peak - window} to {peak + window}", peak + window + 0.5),
            Mark(peak, f"TDC peak {peak}"),
        ],
    )


def _reference(counts: npt.NDArray[np.int64] | None, scale: float, name: str) -> list[Curve]:
    return [] if counts is None else [Curve(counts * scale, f"{name}, scaled by {scale:.3g}", "reference")]


def _facts(finished: Finished, unit: Channel) -> Iterator[tuple[str, str]]:
    counts = finished.summary["sides"][unit.side.name]["channels"][unit.name]
    yield "side", f"{unit.side.title}, fibre {unit.fibre}, cable {unit.cable}"
    yield "azimuth", f"{unit.phi:.1f}° (as mapped)".replace("-", "−")
    for region in REGIONS:
        yield f"{region} pulses", write_counts(counts[region])
    yield "TDC peak", f"{finished.tdc_peaks[unit.index]} (0.5 ns)"
    yield "ADC cut", str(finished.adc_cuts[unit.index])
    for name, (value, error) in finished.fit(unit).items():
        text = f"{value:.4g}" if error is None else with_errors(value, value - error, value + error)
        yield f"fit: {name.replace('.', ' ').replace('_', ' ')}", text
    for flag in (finished.summary.get("quality") or {}).get("flags", ()):
        if flag.get("channel") == unit.name:
            yield f"data quality {flag.get('level', '')}", str(flag.get("text") or flag.get("flag"))
    if flagged := (finished.calibration.get("flags") or {}).get(unit.name):
        yield "calibration", str(flagged)
