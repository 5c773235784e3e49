"""The numbers of an analysis, as ``summary.json`` has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from .._version import __version__
from ..calibration.model import Calibration
from ..detector.channels import CHANNELS, SIDES, Side
from ..events.runs import Reference
from ..execution.datasets import EventsFile
from ..execution.job import runs_with_pulses
from ..histograms.axes import REGIONS
from ..histograms.counts import Histogram, pick
from ..histograms.exposure import Exposure
from ..histograms.rates import count_pulses, total_rate
from ..selection.cuts import Cuts

__all__ = ["SUMMARY_FILE", "make_summary", "summarise_rates"]

#: name of the file in what `analyse` writes
SUMMARY_FILE: Final = "summary.json"
_READ: Final = (
    "bytes",
    "lines",
    "headers",
    "events",
    "pulses",
    "skipped",
    "first_bad",
    "truncated",
    "unusual",
)


def make_summary(
    files: Sequence[EventsFile],
    histograms: Mapping[str, Histogram],
    cutflow: Mapping[str, Mapping[str, int]],
    *,
    reference: Reference | None,
    calibration: Calibration,
    cuts: Cuts,
    ignored: Mapping[str, str],
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """Collect what is to be known of an analysis; counts of regions are read off the histograms.

    Parameters
    ----------
    files
        The converted files.
    histograms
        What the standard processors filled, by name.
    cutflow
        Pulses left after each cleaning step, by side.
    reference
        Run and orbit that tie orbits to time.
    ignored
        Files that were left aside, and why.
    seconds
        Time that each stage took.
    """
    return {
        "bhm_columnar": __version__,
        "runs": runs_with_pulses(histograms["runs"]),
        "reference": None if reference is None else {"run": reference.run, "orbit": reference.orbit},
        "calibration": {
            "name": calibration.name,
            "method": calibration.method,
            "flags": dict(calibration.flags),
        },
        "cuts": cuts.as_dict(),
        "ignored_files": dict(ignored),
        "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
        "sides": {
            side.name: _summarise_side(
                side, its_files, histograms["channels"], cutflow.get(side.name, {}), calibration
            )
            for side in SIDES
            if (its_files := [file for file in files if file.provenance.side == side])
        },
    }


def summarise_rates(rates: Histogram, exposure: Exposure) -> dict[str, Any]:
    """Mean rate in Hz of each side and region, with its one-sigma Poisson interval.

    Parameters
    ----------
    rates
        Counts with axes ``side``, ``region``, ``channel`` and ``time``.
    """
    summed: dict[str, Any] = {}
    for side, live in exposure.live.items():
        for region in REGIONS:
            counts = count_pulses(rates, side=side, region=region)
            mean = total_rate(counts, live)
            summed.setdefault(side, {})[region] = {
                "counts": int(mean.counts[0]),
                "live_s": float(mean.exposure[0]),
                "hz": _number(mean.value[0]),
                "hz_low": _number(mean.low[0]),
                "hz_high": _number(mean.high[0]),
                "without_time": int(pick(rates, side=side, region=region).sum(flow=True) - mean.counts[0]),
            }
    return summed


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _summarise_side(
    side: Side,
    files: Sequence[EventsFile],
    channels: Histogram,
    cutflow: Mapping[str, int],
    calibration: Calibration,
) -> dict[str, Any]:
    counts = {
        region: pick(channels, side=side.name, region=region).values().astype(np.int64) for region in REGIONS
    }
    provenance = files[0].provenance
    return {
        "files": [one.path for one in provenance.inputs],
        "assumed": provenance.side_assumed,
        "read": {key: provenance.read[key] for key in _READ},
        "order": provenance.order,
        "cutflow": [[step, n] for step, n in cutflow.items()],
        "clean": list(cutflow.values())[-1] if cutflow else 0,
        "regions": {region: int(counts[region].sum()) for region in REGIONS},
        "channels": {
            channel.name: {
                "tdc_peak": calibration.tdc_peak[channel.index],
                "adc_cut": calibration.adc_cut[channel.index],
                **{region: int(counts[region][channel.index]) for region in REGIONS},
                **({} if calibration.fits is None else {"fit": calibration.fits[channel.index].as_dict()}),
            }
            for channel in CHANNELS
            if channel.side == side
        },
    }
