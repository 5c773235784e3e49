"""Entries of OMS's answers, and the runs, lumisections and fillings that they make."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from ..detector.lhc import N_BX
from ..errors import ConditionsError
from .commands import check_run
from .model import Filling, Floats, Longs, LumiTable, RunInfo

__all__ = [
    "CONFIGURED",
    "INTENSITIES",
    "SAVE_AGAIN",
    "entries",
    "filling_from_bunches",
    "lumisections_from_rows",
    "runs_from_rows",
]

#: fields of ``bunches`` that tell which beam has a slot filled, and with how much
CONFIGURED: Final = ("beam_1_configured", "beam_2_configured")
INTENSITIES: Final = ("intensity_beam_1", "intensity_beam_2")
#: a bunch of the LHC holds 1e9 to 3e11 protons; far smaller numbers are in another unit
_LEAST_PROTONS: Final = 1e7
#: what to do about an entry that makes no sense
SAVE_AGAIN: Final = "save the answer of OMS again"


def entries(content: Any, where: str) -> tuple[list[dict[str, Any]], int | None]:
    """Take the entries out of an answer (JSON:API).

    Parameters
    ----------
    content
        The decoded JSON.
    where
        What errors give as the source.

    Returns
    -------
    the attributes of each entry, and how many there are in all if the answer says so

    Raises
    ------
    ConditionsError
        If there is no list of entries, or one has no attributes.
    """
    data = content.get("data") if isinstance(content, Mapping) else None
    if not isinstance(data, list):
        raise ConditionsError("has no list 'data'", where=where, hint="answers of OMS have one")
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(data, 1):
        row = entry.get("attributes") if isinstance(entry, Mapping) else None
        if not isinstance(row, dict):
            raise ConditionsError(
                f"row {number} has no 'attributes'", where=where, hint="answers of OMS have them"
            )
        rows.append(row)
    meta = content.get("meta")
    total = meta.get("totalResourceCount") if isinstance(meta, Mapping) else None
    return rows, total if type(total) is int else None


def runs_from_rows(rows: Iterable[Mapping[str, Any]], where: str) -> dict[int, RunInfo]:
    """Make runs of the entries of OMS's ``runs``.

    Parameters
    ----------
    rows
        With run_number and start_time, and end_time and fill_number if they are known.
    where
        What errors give as the source.

    Returns
    -------
    by run number

    Raises
    ------
    ConditionsError
        If a row has no run number, something that cannot be read, or contradicts another one.
    """
    runs: dict[int, RunInfo] = {}
    for number, values in enumerate(rows, 1):
        row = _Row(values, number, where)
        run = row.read("run_number", _run)
        if run is None:
            raise row.error("has no run_number")
        start, end = row.read("start_time", _seconds), row.read("end_time", _seconds, needed=False)
        info = RunInfo(run, start, end, row.read("fill_number", _whole, needed=False))
        if runs.setdefault(run, info) != info:
            raise row.error(f"says something else of run {run} than a row before")
    return runs


def lumisections_from_rows(rows: Iterable[Mapping[str, Any]], where: str) -> LumiTable:
    """Make a table of the entries of OMS's ``lumisections``, without luminosity.

    Parameters
    ----------
    rows
        With run_number, lumisection_number and start_time, and fill_number, beam1_stable and beam2_stable if they
        are known.
    where
        What errors give as the source.

    Returns
    -------
    by run and lumisection number

    Raises
    ------
    ConditionsError
        If a row has no numbers, something that cannot be read, or was there before.
    """
    found: dict[tuple[int, int], tuple[int, float, str]] = {}
    for number, values in enumerate(rows, 1):
        row = _Row(values, number, where)
        key = row.read("run_number", _run), row.read("lumisection_number", _whole)
        if None in key:
            raise row.error("has no run_number or no lumisection_number")
        if key in found:
            raise row.error(f"has lumisection {key[1]} of run {key[0]} again")
        start = row.read("start_time", _seconds)
        stable = [row.read(f"beam{beam}_stable", _flag, needed=False) for beam in (1, 2)]
        found[key] = (
            row.read("fill_number", _whole, needed=False) or 0,
            math.nan if start is None else start,
            "STABLE BEAMS" if all(stable) else "",
        )
    keys = sorted(found)
    columns = zip(*((*key, *found[key]) for key in keys), strict=True)
    names = ("run", "lumisection", "fill", "start", "status")
    return LumiTable.make(**dict(zip(names, columns, strict=True))) if keys else LumiTable.make()


def filling_from_bunches(
    rows: Iterable[Mapping[str, Any]], name: str, *, where: str | None = None
) -> Filling:
    """Make a filling of the entries of OMS's ``bunches``.

    CMS counts bunches from 1, so slot = bunch number - 1. The units of OMS's intensities are not documented in
    public: they are taken for protons where they can be. A beam is without intensities (`None`) if a filled slot has
    none, or if its fullest bunch has less than 1e7.

    Parameters
    ----------
    rows
        With bunch_number, beam_1_configured and beam_2_configured, and intensity_beam_1 and intensity_beam_2 if
        they are known.
    name
        Of the scheme.
    where
        What errors give as the source.

    Raises
    ------
    ConditionsError
        If a row has no bunch number in 1..3564, one that was there before, or something that cannot be read.
    """
    filled = np.zeros((2, N_BX), dtype=bool)
    protons = np.full((2, N_BX), np.nan)
    seen: set[int] = set()
    for number, values in enumerate(rows, 1):
        row = _Row(values, number, where)
        bunch = row.read("bunch_number", _whole)
        if bunch is None or not 1 <= bunch <= N_BX:
            raise row.error(f"has bunch_number {bunch}, which is not in 1..{N_BX}")
        if bunch in seen:
            raise row.error(f"has bunch_number {bunch} again")
        seen.add(bunch)
        filled[:, bunch - 1] = [bool(row.read(field, _flag)) for field in CONFIGURED]
        found = [row.read(field, _protons, needed=False) for field in INTENSITIES]
        protons[:, bunch - 1] = [math.nan if one is None else one for one in found]
    beam1, beam2 = (np.flatnonzero(slots).astype(np.int64) for slots in filled)
    return Filling(name, beam1, beam2, _intensity(beam1, protons[0]), _intensity(beam2, protons[1]))


def _intensity(slots: Longs, protons: Floats) -> Floats | None:
    there = protons[slots]
    if not len(there) or np.isnan(there).any() or there.max() < _LEAST_PROTONS:
        return None
    return np.nan_to_num(protons)


@dataclass(frozen=True)
class _Row:
    """One entry, and where it stands."""

    values: Mapping[str, Any]
    number: int
    where: str | None

    def error(self, what: str) -> ConditionsError:
        """Say what is wrong with the row."""
        return ConditionsError(f"row {self.number} {what}", where=self.where, hint=SAVE_AGAIN)

    def read(self, name: str, read: Callable[[Any], Any], *, needed: bool = True) -> Any:
        """Read a value; `None` where OMS has none."""
        if name not in self.values and needed:
            raise self.error(f"has no {name}")
        value = self.values.get(name)
        if value is None or value in ("", "null", "None", "nan"):
            return None
        try:
            return read(value)
        except (ConditionsError, ValueError, TypeError, LookupError, OverflowError) as error:
            raise self.error(f"has {name} {str(value)[:40]!r}, which cannot be read") from error


def _whole(value: Any) -> int:
    # pandas writes 5839.0 into a column that has gaps
    number = float(value)
    if isinstance(value, bool) or not (number.is_integer() and 0 <= number < 2**53):
        raise ValueError(value)
    return int(number)


def _seconds(value: Any) -> float:
    """Seconds since 1970 of a time in ISO 8601; OMS means UTC if it does not say."""
    time = datetime.fromisoformat(value.strip() if isinstance(value, str) else value)
    if not re.search(r"\d[T ]\d", value):
        raise ValueError(value)  # a date without a time
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _flag(value: Any) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[str(value).strip().lower()]


def _run(value: Any) -> int:
    return check_run(_whole(value))


def _protons(value: Any) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise ValueError(value)
    return number
