"""Rates as a table: the statistics of a stretch of time, and every time bin as a row."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..detector.channels import CHANNELS
from ..errors import SelectionError
from ..histograms.counts import Histogram
from ..histograms.exposure import Exposure
from ..histograms.rates import Rate, count_pulses, make_rate, normalise, total_rate
from ..io.atomic import atomic_file

__all__ = ["RateRow", "RateTable", "list_rates", "write_rates_csv"]


@dataclass(frozen=True)
class RateRow:
    """Rates of a side and region.

    Parameters
    ----------
    rate
        Of each time bin.
    mean
        Over all time bins whose exposure is known.
    counts
        Pulses in all time bins.
    live_s
        Live time in seconds of what `mean` is over.
    """

    rate: Rate
    mean: Rate
    counts: float
    live_s: float


#: by side and region
RateTable: TypeAlias = dict[tuple[str, str], RateRow]


def list_rates(
    h: Histogram,
    exposure: Exposure,
    *,
    regions: Sequence[str],
    channels: Sequence[int] | None = None,
    unit: str = "Hz",
) -> RateTable:
    """Compute the rate of every time bin and their mean, by side and region.

    Parameters
    ----------
    h
        Counts with axes ``side``, ``region``, ``channel`` and ``time``.
    channels
        Indices of the units to add up; all if `None`. Sides without any of them are left out.
    unit
        One of `histograms.rates.UNITS`.

    Raises
    ------
    SelectionError
        If the unit needs something that is not known, or there are no data of the channels.
    """
    table: RateTable = {}
    for side in exposure.live:
        if channels is not None and not any(CHANNELS[index].side.name == side for index in channels):
            continue
        divisor = normalise(exposure, side, unit)
        for region in regions:
            counts = count_pulses(h, side=side, region=region, channels=channels)
            table[side, region] = RateRow(
                make_rate(counts, divisor, unit),
                total_rate(counts, divisor, unit),
                float(counts.sum()),
                float(exposure.live[side][np.isfinite(divisor)].sum()),
            )
    if not table:
        raise SelectionError(
            "there are no data of these channels",
            hint=f"the data are of {', '.join(exposure.live) or 'no side'}",
        )
    return table


def write_rates_csv(exposure: Exposure, rates: Mapping[tuple[str, str], RateRow], path: str | Path) -> None:
    """Write every time bin as a row; a rate that is not known is an empty field.

    Times are UTC in ISO 8601 where they are known, and seconds since the first orbit otherwise.
    """
    origin = exposure.origin or 0.0
    edges = exposure.edges + origin
    kind = "utc_s" if exposure.is_absolute else "s"
    columns: dict[str, list[object]] = {
        f"start_{kind}": edges[:-1].tolist(),
        f"stop_{kind}": edges[1:].tolist(),
        "start": [exposure.name_time(edge) for edge in range(len(exposure))],
        "run": exposure.run.tolist(),
        "lumisection": exposure.lumisection.tolist(),
        "status": list(exposure.status),
        "delivered_per_ub": _known(exposure.delivered),
    }
    for (side, region), row in rates.items():
        rate = row.rate
        columns[f"{side}_live_s"] = exposure.live[side].tolist()
        columns[f"{side}_{region}_pulses"] = rate.counts.astype(int).tolist()
        for name in ("value", "low", "high"):
            columns[f"{side}_{region}_{name}[{rate.unit}]"] = _known(getattr(rate, name))
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(columns)
        rows.writerows(zip(*columns.values(), strict=True))


def _known(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[object]:
    return [value if np.isfinite(value) else "" for value in values.tolist()]
