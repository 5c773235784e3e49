"""Time bins, and what is known of each: how long it was watched, its luminosity, the beam status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from hist import Hist, axis
from hist.storage import Double

from ..errors import SelectionError
from .axes import side_axis
from .counts import Histogram

__all__ = ["Exposure", "cut_time", "time_axis"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: times are written in whole seconds; the little more is for sums of floating-point numbers
_ROUNDED_S: Final = 0.5 + 1e-6


@dataclass(frozen=True)
class Exposure:
    """n time bins, which may have gaps between them that are bins as well.

    Parameters
    ----------
    edges
        Seconds since `origin`, shape (n + 1,), rising.
    origin
        Seconds since 1970 UTC of edge 0.0; `None` if only the time since the first orbit of the data is known.
    live
        Seconds of each bin in which a side took data, shape (n,), by the side's name.
    run, lumisection
        What a bin belongs to, shape (n,); 0 where it is no lumisection.
    delivered
        Luminosity delivered in the bin in 1/ub, shape (n,); nan where it is missing.
    luminosity
        Mean instantaneous luminosity of the bin in Hz/ub, shape (n,); nan where it is missing.
    delivered_live
        Luminosity delivered in the live part of a bin in 1/ub, shape (n,), by the side's name; nan where it is missing.
    status
        Beam status of each bin; empty where it is not known.
    total_live
        Seconds in which a side took data, also those whose time is not known, by the side's name.
    intensity
        Protons of the beam that a side sees, by the side's name; absent where they are not known.
    uncertainty
        How far the whole time axis may be shifted, in seconds; `None` if that is not known.
    """

    edges: Floats
    origin: float | None
    live: Mapping[str, Floats]
    run: Longs
    lumisection: Longs
    delivered: Floats
    luminosity: Floats
    delivered_live: Mapping[str, Floats]
    status: tuple[str, ...]
    total_live: Mapping[str, float]
    intensity: Mapping[str, float] = field(default_factory=dict)
    uncertainty: float | None = None

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def widths(self) -> Floats:
        """Length of each bin in seconds."""
        return np.diff(self.edges)

    @property
    def has_luminosity(self) -> bool:
        """Whether any bin has luminosity."""
        return bool(np.any(np.isfinite(self.luminosity)))

    @property
    def is_absolute(self) -> bool:
        """Whether times are UTC."""
        return self.origin is not None

    def name_time(self, edge: int) -> str:
        """Write the time of an edge: UTC, or hours since the first orbit."""
        if self.origin is None:
            return f"{self.edges[edge] / 3600:.4f} h"
        moment = datetime.fromtimestamp(round(self.origin + self.edges[edge]), tz=UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S")

    def read_time(self, text: str) -> float:
        """Read a time as `name_time` writes it, or with ``T`` and ``Z``; in seconds since the origin.

        Raises
        ------
        SelectionError
            If it is no time, or if it is a moment of UTC and only the time since the first orbit is known.
        """
        if self.origin is None:
            try:
                return float(text.removesuffix("h")) * 3600
            except ValueError as error:
                raise SelectionError(
                    f"{text!r} is no number of hours",
                    hint="without run times, give hours since the first orbit",
                ) from error
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise SelectionError(f"{text!r} is no time", hint="write 2023-08-23 12:00:00 (UTC)") from error
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - self.origin

    def select(self, first: int, stop: int) -> Exposure:
        """Take a row of bins, from one to before another."""
        rows = slice(first, stop)
        return replace(
            self,
            edges=self.edges[first : stop + 1],
            live={side: seconds[rows] for side, seconds in self.live.items()},
            run=self.run[rows],
            lumisection=self.lumisection[rows],
            delivered=self.delivered[rows],
            luminosity=self.luminosity[rows],
            delivered_live={side: lumi[rows] for side, lumi in self.delivered_live.items()},
            status=self.status[rows],
        )

    def live_histogram(self) -> Histogram:
        """Make a histogram of the live time of each side, for files that colleagues open."""
        live: Histogram = Hist(side_axis(), time_axis(self), storage=Double())
        for side, seconds in self.live.items():
            live[{"side": side}] = seconds
        return live

    def as_dict(self) -> dict[str, Any]:
        """Return the form for JSON; a missing number is `None`."""
        return {
            "edges_s": self.edges.tolist(),
            "origin_utc_s": self.origin,
            "live_s": {side: seconds.tolist() for side, seconds in self.live.items()},
            "run": self.run.tolist(),
            "lumisection": self.lumisection.tolist(),
            "delivered_per_ub": _with_none(self.delivered),
            "luminosity_hz_per_ub": _with_none(self.luminosity),
            "delivered_live_per_ub": {side: _with_none(lumi) for side, lumi in self.delivered_live.items()},
            "total_live_s": dict(self.total_live),
            "status": list(self.status),
            "protons": dict(self.intensity),
            "uncertainty_s": self.uncertainty,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Exposure:
        """Read back what `as_dict` gave."""
        return cls(
            edges=np.asarray(content["edges_s"], dtype=np.float64),
            origin=content["origin_utc_s"],
            live={side: np.asarray(seconds, dtype=np.float64) for side, seconds in content["live_s"].items()},
            run=np.asarray(content["run"], dtype=np.int64),
            lumisection=np.asarray(content["lumisection"], dtype=np.int64),
            delivered=_with_nan(content["delivered_per_ub"]),
            luminosity=_with_nan(content["luminosity_hz_per_ub"]),
            delivered_live={side: _with_nan(one) for side, one in content["delivered_live_per_ub"].items()},
            total_live=dict(content["total_live_s"]),
            status=tuple(content["status"]),
            intensity=dict(content["protons"]),
            uncertainty=content["uncertainty_s"],
        )


def _with_none(values: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _with_nan(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def time_axis(exposure: Exposure) -> axis.Variable:
    """One bin per time bin of an exposure; what lies outside of all of them is kept as flow."""
    label = "Time [s]" if exposure.is_absolute else "Time since the first orbit [s]"
    return axis.Variable(exposure.edges, name="time", label=label)


def cut_time(
    h: Histogram, exposure: Exposure, start: float | None = None, stop: float | None = None
) -> tuple[Histogram, Exposure]:
    """Keep the time bins that lie wholly between two times, to the half second that `Exposure.name_time` rounds by.

    Parameters
    ----------
    h
        Counts with an axis ``time`` of the bins of the exposure.
    start, stop
        Seconds since the origin of the exposure; open ends if `None`.

    Raises
    ------
    SelectionError
        If no bin is left.
    """
    low = -np.inf if start is None else start - _ROUNDED_S
    high = np.inf if stop is None else stop + _ROUNDED_S
    inside = np.flatnonzero((exposure.edges[:-1] >= low) & (exposure.edges[1:] <= high))
    if len(inside) == 0:
        raise SelectionError(
            "no time bin lies between these times",
            hint=f"the data go from {exposure.name_time(0)} to {exposure.name_time(-1)}",
        )
    first, last = int(inside[0]), int(inside[-1]) + 1
    if last - first == len(exposure):
        return h, exposure
    part: Histogram = h[{"time": slice(first, last)}]  # type: ignore[assignment]
    return part, exposure.select(first, last)
