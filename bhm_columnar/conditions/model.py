"""Runs, lumisections and fills: what is known of them, wherever it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ABORT_GAP, BUNCH_CLASSES, N_BX
from ..errors import ConditionsError

__all__ = ["Conditions", "Filling", "LumiTable", "RunInfo", "Source", "format_time"]

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: the year 2100
_TOO_LATE_S: Final = 4_102_444_800


def format_time(seconds: float) -> str:
    """Write seconds since 1970 as UTC."""
    return datetime.fromtimestamp(round(seconds), tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def _is_number(value: Any) -> bool:
    """Whether what a file says is a number; files may say anything."""
    return isinstance(value, int | float)


@dataclass(frozen=True)
class Source:
    """Where something came from, and when (ISO 8601, UTC)."""

    what: str
    where: str
    retrieved: str


@dataclass(frozen=True)
class RunInfo:
    """Start and end of a run in seconds since 1970 UTC, and its fill; `None` where not known, or not over yet."""

    run: int
    start: float | None
    end: float | None = None
    fill: int | None = None

    def __post_init__(self) -> None:
        for what, number in (("run", self.run), ("fill", self.fill or 0)):
            if not _is_number(number) or int(number) != number or number < 0:
                raise ConditionsError(f"{number!r} is no {what} number", hint="give a whole number")
        for what, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and not (_is_number(moment) and 0 <= moment < _TOO_LATE_S):
                raise ConditionsError(
                    f"the {what} of run {self.run} is {moment!r}", hint="give seconds since 1970 UTC"
                )


#: columns of a `LumiTable`, and what an empty one is made of
_COLUMNS: Final[dict[str, Any]] = {
    "run": np.int64,
    "lumisection": np.int64,
    "fill": np.int64,
    "start": np.float64,
    "delivered": np.float64,
    "recorded": np.float64,
    "pileup": np.float64,
    "status": np.str_,
}


@dataclass(frozen=True)
class LumiTable:
    """n lumisections, as columns of shape (n,).

    Parameters
    ----------
    run, lumisection, fill
        Their numbers; fill 0 where it is not known.
    start
        Seconds since 1970 UTC.
    delivered, recorded
        Integrated luminosity of the lumisection in 1/ub; nan where it is missing, which is not zero.
    pileup
        Average number of collisions per crossing; nan where it is missing.
    status
        Beam status in the words of brilcalc, such as ``STABLE BEAMS``; empty where it is not known.
    """

    run: Longs
    lumisection: Longs
    fill: Longs
    start: Floats
    delivered: Floats
    recorded: Floats
    pileup: Floats
    status: npt.NDArray[np.str_]

    def __post_init__(self) -> None:
        lengths = {name: np.shape(getattr(self, name)) for name in _COLUMNS}
        if len(set(lengths.values())) > 1 or len(lengths["run"]) != 1:
            raise ConditionsError(f"columns of lumisections have shapes {lengths}", hint="give one row each")
        for name in ("delivered", "recorded"):
            if np.any(getattr(self, name) < 0):
                raise ConditionsError(f"{name} luminosity is negative", hint="leave out what is not known")

    def __len__(self) -> int:
        return len(self.run)

    @classmethod
    def make(cls, **columns: Iterable[Any]) -> LumiTable:
        """Make a table from columns; what is not given is not known."""
        n = len(list(columns["run"])) if "run" in columns else 0
        unknown = {np.int64: 0, np.float64: np.nan, np.str_: ""}
        return cls(
            **{
                name: np.asarray(columns[name], dtype=kind)
                if name in columns
                else np.full(n, unknown[kind], dtype=kind)
                for name, kind in _COLUMNS.items()
            }
        )

    def select(self, rows: npt.NDArray[Any]) -> LumiTable:
        """Take rows by mask or index."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def __add__(self, other: LumiTable) -> LumiTable:
        return LumiTable.make(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS}
        )

    def as_dict(self) -> dict[str, list[Any]]:
        """Return columns for JSON; a missing number is `None`."""
        return {
            name: [
                None if value != value else value  # noqa: PLR0124  (nan)
                for value in getattr(self, name).tolist()
            ]
            for name in _COLUMNS
        }

    @classmethod
    def from_dict(cls, columns: Mapping[str, list[Any]]) -> LumiTable:
        """Read back what `as_dict` gave."""
        return cls.make(
            **{
                name: [np.nan if value is None else value for value in columns[name]]
                if _COLUMNS[name] is np.float64
                else columns[name]
                for name in _COLUMNS
            }
        )


@dataclass(frozen=True)
class Filling:
    """Which slots of the orbit each beam fills, and with how many protons.

    Parameters
    ----------
    name
        Of the scheme, such as ``25ns_2760b_2748_2492_2574_288bpi_13inj``; empty if it is not known.
    beam1, beam2
        Filled slots, sorted, in 0..3563; the slot of the first LHC bucket is 0.
    intensity1, intensity2
        Protons per slot, shape (3564,); `None` where they are not known.
    """

    name: str
    beam1: Longs
    beam2: Longs
    intensity1: Floats | None = None
    intensity2: Floats | None = None

    def __post_init__(self) -> None:
        for beam in (1, 2):
            slots, protons = self.of(beam), self.intensity(beam)
            if len(slots) and (slots.min() < 0 or slots.max() >= N_BX or np.any(np.diff(slots) <= 0)):
                raise ConditionsError(
                    f"slots of beam {beam} are not in order or not in 0..{N_BX - 1}",
                    hint="slots count from 0",
                )
            if protons is not None and (np.shape(protons) != (N_BX,) or np.any(protons < 0)):
                raise ConditionsError(
                    f"intensities of beam {beam} have shape {np.shape(protons)}, or are negative",
                    hint=f"give protons in each of {N_BX} slots",
                )

    def of(self, beam: int) -> Longs:
        """Filled slots of beam 1 or 2."""
        return self.beam1 if beam == 1 else self.beam2

    def intensity(self, beam: int) -> Floats | None:
        """Protons per slot of beam 1 or 2."""
        return self.intensity1 if beam == 1 else self.intensity2

    @property
    def colliding(self) -> Longs:
        """Slots that are filled in both beams: in IP1 and IP5 slot n of beam 1 meets slot n of beam 2."""
        return np.intersect1d(self.beam1, self.beam2)

    def classes(self) -> npt.NDArray[np.uint8]:
        """Class of each slot, shape (3564,), as index into `BUNCH_CLASSES`."""
        place = {name: np.uint8(index) for index, name in enumerate(BUNCH_CLASSES)}
        of = np.full(N_BX, place["empty"], dtype=np.uint8)
        of[ABORT_GAP[0] :] = place["abort gap"]
        of[self.beam1] = place["beam 1 only"]
        of[self.beam2] = place["beam 2 only"]
        of[self.colliding] = place["colliding"]
        return of

    def as_dict(self) -> dict[str, Any]:
        """Return the form for JSON."""
        return {
            "name": self.name,
            "beam1": self.beam1.tolist(),
            "beam2": self.beam2.tolist(),
            "intensity1": None if self.intensity1 is None else self.intensity1.tolist(),
            "intensity2": None if self.intensity2 is None else self.intensity2.tolist(),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Filling:
        """Read back what `as_dict` gave."""
        intensities = [content.get(f"intensity{beam}") for beam in (1, 2)]
        return cls(
            str(content["name"]),
            np.asarray(content["beam1"], dtype=np.int64),
            np.asarray(content["beam2"], dtype=np.int64),
            *(None if one is None else np.asarray(one, dtype=np.float64) for one in intensities),
        )


@dataclass(frozen=True)
class Conditions:
    """What is known of the runs of a dataset.

    Parameters
    ----------
    runs
        Run times by run number.
    lumisections
        Of all runs, by run and number.
    fillings
        By fill number; 0 if the file did not say which.
    sources
        Where it all came from.
    """

    runs: Mapping[int, RunInfo] = field(default_factory=dict)
    lumisections: LumiTable = field(default_factory=LumiTable.make)
    fillings: Mapping[int, Filling] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    def select(self, runs: Iterable[int]) -> Conditions:
        """Keep what is known of these runs, and the schemes of their fills."""
        wanted = set(runs)
        kept = {run: one for run, one in self.runs.items() if run in wanted}
        table = self.lumisections.select(np.isin(self.lumisections.run, list(wanted)))
        fills = {0, *(one.fill for one in kept.values()), *table.fill.tolist()}
        schemes = {fill: one for fill, one in self.fillings.items() if fill in fills}
        return replace(self, runs=kept, lumisections=table, fillings=schemes)

    def __bool__(self) -> bool:
        return bool(self.runs or len(self.lumisections) or self.fillings)
