"""The rate in each slot of the LHC, by class of slot, and in files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import uproot

from ..detector.lhc import BUNCH_CLASSES, N_BX
from ..errors import OutputError, SelectionError
from ..histograms.rates import poisson_interval
from ..io.atomic import atomic_file
from .bunches import check_counts

__all__ = ["BunchRates", "ClassRate", "bunch_rates", "save_bunch_rates"]

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_PROTONS: Final = 1e11
#: name of the tree in a ROOT file, and columns with their units
_TREE: Final = "bunches"
_COLUMNS: Final = {
    "slot": "slot",
    "bunch_class": "class",
    "counts": "counts",
    "rate": "rate_hz",
    "low": "rate_low_hz",
    "high": "rate_high_hz",
    "per_protons": "rate_hz_per_1e11_protons",
}


@dataclass(frozen=True)
class ClassRate:
    """Counts in all slots of a class, and the mean rate per slot in Hz with its one-sigma interval."""

    slots: int
    counts: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class BunchRates:
    """Counts and rates by slot of the LHC; all arrays have shape (3564,) and slot 0 holds the first bucket.

    Parameters
    ----------
    live_s
        Seconds in which they were counted.
    counts
        Counts in the slot.
    bunch_class
        Index into `BUNCH_CLASSES`.
    rate, low, high
        Rate in Hz and its one-sigma Poisson interval; nan without live time.
    per_protons
        Rate in Hz per 1e11 protons in the slot; nan where these are not known, or none.
    """

    live_s: float
    counts: Longs
    bunch_class: npt.NDArray[np.uint8]
    rate: Floats
    low: Floats
    high: Floats
    per_protons: Floats

    @property
    def slot(self) -> Longs:
        """Numbers of the slots."""
        return np.arange(len(self.counts), dtype=np.int64)

    def per_class(self) -> dict[str, ClassRate]:
        """Add up the slots of each class, by its name; the rate of a class without slots is nan."""
        slots = np.bincount(self.bunch_class, minlength=len(BUNCH_CLASSES))
        counts = np.bincount(self.bunch_class, weights=self.counts, minlength=len(BUNCH_CLASSES))
        rates = _rates(counts, np.float64(self.live_s) * slots.astype(np.float64))
        return {
            name: ClassRate(int(slots[k]), round(counts[k]), *(float(one[k]) for one in rates))
            for k, name in enumerate(BUNCH_CLASSES)
        }


def bunch_rates(
    counts: npt.ArrayLike,
    live_s: float,
    *,
    offset: int,
    classes: npt.ArrayLike,
    intensity: npt.ArrayLike | None = None,
    collision_delay: int = 0,
) -> BunchRates:
    """Turn counts per BX of the dump into rates per slot of the LHC.

    Parameters
    ----------
    counts
        Counts per BX of the dump, shape (3564,).
    live_s
        Seconds in which they were counted.
    offset
        Of halo, as `align_bx` gives it.
    classes
        Class of each slot as index into `BUNCH_CLASSES`, shape (3564,).
    intensity
        Protons per slot, shape (3564,), if they are known.
    collision_delay
        BX by which the pulses come later than halo of the same slot: ``COLLISION_DELAY_BX`` for collision products.

    Raises
    ------
    SelectionError
        If an array has another shape, counts are negative, or there is no such class.
    """
    n = np.roll(check_counts(counts, N_BX), -(offset + collision_delay))
    of = np.asarray(classes)
    protons = np.full(N_BX, np.nan) if intensity is None else np.asarray(intensity, dtype=np.float64)
    for what, array in (("classes", of), ("intensities", protons)):
        if array.shape != (N_BX,):
            raise SelectionError(
                f"{what} have shape {array.shape}", hint=f"give one for each of {N_BX} slots"
            )
    if ((of < 0) | (of >= len(BUNCH_CLASSES))).any():
        raise SelectionError(f"bunch classes are 0..{len(BUNCH_CLASSES) - 1}", hint="take Filling.classes()")
    rate, low, high = _rates(n, np.full(N_BX, live_s, dtype=np.float64))
    per_protons = np.divide(rate * _PROTONS, protons, out=np.full(N_BX, np.nan), where=protons > 0)
    return BunchRates(float(live_s), n, of.astype(np.uint8), rate, low, high, per_protons)


def save_bunch_rates(rates: BunchRates, path: str | Path) -> None:
    """Write rates by slot to a file: a table in ``.csv``, or a TTree ``bunches`` in ``.root``.

    Classes are names in CSV and indices into the text ``bunch_classes`` in ROOT. Rates are in Hz.

    Raises
    ------
    OutputError
        If the file has another ending, or cannot be written.
    """
    columns: dict[str, npt.NDArray[Any]] = {title: getattr(rates, name) for name, title in _COLUMNS.items()}
    ending = Path(path).suffix.lower()
    if ending not in {".csv", ".root"}:
        raise OutputError(
            f"no format is called {ending!r}", where=path, hint="give a name ending in .csv or .root"
        )
    with atomic_file(path) as partial:
        if ending == ".csv":
            _write_csv(columns, partial)
        else:
            with uproot.recreate(partial) as file:
                types = {name: column.dtype for name, column in columns.items()}
                file.mktree(_TREE, types, title="BHM rates by LHC slot").extend(columns)
                file["bunch_classes"] = ", ".join(BUNCH_CLASSES)


def _write_csv(columns: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    names = {**columns, "class": np.array(BUNCH_CLASSES)[columns["class"]]}
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(names)
        rows.writerows(zip(*(column.tolist() for column in names.values()), strict=True))


def _rates(counts: npt.NDArray[Any], live_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Divide counts and the ends of their intervals by live time; nan where there is none."""
    low, high = poisson_interval(counts)
    unknown = np.full(counts.shape, np.nan)
    rate, low, high = (
        np.divide(value, live_s, out=unknown.copy(), where=live_s > 0) for value in (counts, low, high)
    )
    return rate, low, high
