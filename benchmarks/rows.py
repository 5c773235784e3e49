"""Rows of the table: a ratio in one run, its spread, and what was aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from .timing import spread

__all__ = ["GOALS", "Goal", "Row", "skip", "verdict"]

Status = Literal["ok", "skipped", "DISAGREE"]


@dataclass(frozen=True)
class Goal:
    """What a row is to reach, and what would be better still.

    Parameters
    ----------
    of
        Whether the ratio is judged, or the number in absolute units beside it.
    at_most
        Whether less is better.
    """

    reach: float
    stretch: float | None = None
    of: Literal["ratio", "value"] = "ratio"
    at_most: bool = False


#: what is aimed at, by the names of rows; medians on a machine with two cores, files in memory
GOALS: Final = {
    "scan.plain": Goal(20, 35),
    "scan.newlines": Goal(1 / 5, 1 / 3),
    "scan.threads": Goal(1.6, 1.9),
    "convert.ttree": Goal(0.4, 0.7),
    "size.ttree": Goal(6, 8),
    "fill.halo.root": Goal(2, 4),
    "whole.125": Goal(6, 2.7, of="value", at_most=True),
    "whole.1000": Goal(15, 8, of="value", at_most=True),
    "whole.exponent": Goal(1.02, of="value", at_most=True),
    "memory.analyse": Goal(1000, 500, of="value", at_most=True),
    "memory.convert": Goal(1000, 500, of="value", at_most=True),
    "startup.help": Goal(0.3, 0.15, of="value", at_most=True),
    "startup.inspect": Goal(1.0, 0.5, of="value", at_most=True),
}


@dataclass(frozen=True)
class Row:
    """One comparison.

    Parameters
    ----------
    key
        Name of the row, the same in every run; its beginning is its group.
    what, against
        What was measured, and the peer or limit it was compared with.
    ratios
        Of each repetition.
    values, peers
        Of each repetition in `unit`, of what was measured and of its peer.
    goal
        Name of its goal in `GOALS`; empty if there is none.
    note
        What a reader must know to judge the ratio.
    """

    key: str
    what: str
    against: str
    ratios: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    unit: str = ""
    peers: tuple[float, ...] = ()
    goal: str = ""
    note: str = ""
    status: Status = "ok"

    @property
    def group(self) -> str:
        """The group it belongs to."""
        return self.key.partition(".")[0]

    @property
    def judged(self) -> Sequence[float]:
        """What its goal is about, of each repetition."""
        goal = GOALS.get(self.goal)
        return self.values if goal is not None and goal.of == "value" else self.ratios

    def as_dict(self) -> dict[str, Any]:
        """Return the form for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Row:
        """Read back what `as_dict` gave."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in content.items()
        }
        return cls(**fields)


def skip(key: str, what: str, against: str, why: str) -> Row:
    """Say that a comparison was not made."""
    return Row(key, what, against, note=why, status="skipped")


def verdict(row: Row) -> str:
    """Say how far a row got: ``stretch``, ``reached`` or ``missed``; empty where nothing was aimed at."""
    goal = GOALS.get(row.goal)
    if goal is None or row.status != "ok" or not row.judged:
        return ""
    middle = spread(row.judged)[0]
    sign = -1 if goal.at_most else 1
    if goal.stretch is not None and sign * middle >= sign * goal.stretch:
        return "stretch"
    return "reached" if sign * middle >= sign * goal.reach else "missed"
