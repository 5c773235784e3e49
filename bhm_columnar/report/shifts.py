"""What a comparison of two analyses is made of: shifts with their errors and pulls, by channel and side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["NOTICEABLE", "QUANTITIES", "ChannelShifts", "Comparison", "Shift", "SideShifts"]

Floats = npt.NDArray[np.float64]
#: what is compared per channel besides fits, and its unit
QUANTITIES: Final = {
    "tdc_peak": "TDC code",
    "adc_cut": "ADC code",
    "tdc_mean": "TDC code",
    "adc_mean": "ADC code",
    "sr_share": "of the side",
}
#: pulls above this are marked; among 120 of them there is one by chance in a quarter of all comparisons
NOTICEABLE: Final = 3.0


@dataclass(frozen=True)
class Shift:
    """A number in two analyses, A and B.

    Parameters
    ----------
    a, b
        The number; `None` where it is not known.
    error
        Standard error of the difference; `None` where it is not known.
    """

    a: float | None
    b: float | None
    error: float | None = None

    @property
    def difference(self) -> float | None:
        """A minus B."""
        return None if self.a is None or self.b is None else self.a - self.b

    @property
    def pull(self) -> float | None:
        """Difference in units of its error."""
        if self.difference is None or self.error is None:
            return None
        if self.error > 0:
            return self.difference / self.error
        return 0.0 if self.difference == 0 else None

    def as_dict(self) -> dict[str, float | None]:
        """Return the form for JSON."""
        return {**asdict(self), "difference": self.difference, "pull": self.pull}


@dataclass(frozen=True)
class ChannelShifts:
    """Everything compared of one channel: `shifts` by `QUANTITIES`, and ``fit.`` and the name of a fitted number."""

    channel: str
    side: str
    shifts: Mapping[str, Shift]

    @property
    def largest_pull(self) -> float:
        """Largest absolute pull; 0 if no pull is known."""
        return max((abs(one.pull) for one in self.shifts.values() if one.pull is not None), default=0.0)

    @property
    def order(self) -> tuple[float, float]:
        """What the most different channels are sorted by: the largest pull, then moves of TDC peak and ADC cut."""
        moved = sum(abs(self.shifts[name].difference or 0.0) for name in ("tdc_peak", "adc_cut"))
        return self.largest_pull, moved


@dataclass(frozen=True)
class SideShifts:
    """What is compared of one side, by region: share of clean pulses, and rate in Hz where the live time is known."""

    side: str
    shares: Mapping[str, Shift]
    rates: Mapping[str, Shift]


@dataclass(frozen=True)
class Comparison:
    """Differences of analysis A from analysis B, the reference.

    Parameters
    ----------
    a, b
        What the analyses are called.
    notes
        What makes the two hard to compare, in sentences.
    """

    a: str
    b: str
    sides: tuple[SideShifts, ...]
    channels: tuple[ChannelShifts, ...]
    notes: tuple[str, ...]

    def largest(self, n: int | None = None) -> tuple[ChannelShifts, ...]:
        """Sort channels by how much they differ, and take the first n."""
        return tuple(sorted(self.channels, key=lambda one: one.order, reverse=True)[:n])

    def pulls(self) -> dict[str, Floats]:
        """Collect the known pulls of each quantity over the channels, and those of the rates."""
        found: dict[str, list[float]] = {}
        rows = [one.shifts for one in self.channels]
        rows += [{f"rate_{region}": shift for region, shift in one.rates.items()} for one in self.sides]
        for row in rows:
            for name, shift in row.items():
                if shift.pull is not None:
                    found.setdefault(name, []).append(shift.pull)
        return {name: np.array(values) for name, values in found.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the form for JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "notes": list(self.notes),
            "sides": {
                one.side: {
                    kind: {region: shift.as_dict() for region, shift in getattr(one, kind).items()}
                    for kind in ("shares", "rates")
                }
                for one in self.sides
            },
            "channels": {
                one.channel: {name: shift.as_dict() for name, shift in one.shifts.items()}
                for one in self.channels
            },
        }
