"""The bunch pattern of a dataset: classes of the slots, and how far the BX of each side lie behind them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import SIDES, Side
from ..detector.lhc import COLLISION_DELAY_BX
from ..errors import InputError
from ..histograms.counts import Histogram, pick
from ..histograms.exposure import Exposure
from ..io.atomic import write_json
from .bunch_rates import BunchRates, bunch_rates
from .bunches import Alignment, Gap, align_bx, find_abort_gap

__all__ = ["EXPOSURE_FILE", "BunchPattern", "find_pattern", "load_exposure", "save_exposure"]

#: name of the file of time bins and bunch pattern
EXPOSURE_FILE: Final = "exposure.json"


@dataclass(frozen=True)
class BunchPattern:
    """What the slots of the orbit hold, and where they are in the dumps.

    Parameters
    ----------
    scheme
        Name of the filling scheme.
    classes
        Class of each slot as index into `BUNCH_CLASSES`, shape (3564,); `None` if the scheme is not known.
    protons
        Per slot of the beam that a side sees, shape (3564,), by the side's name; absent where they are not known.
    alignment
        Of each side's BX to the slots of its beam, from beam halo; absent if the scheme is not known.
    gaps
        The emptiest stretch of each side's orbit, which needs no scheme.
    """

    scheme: str
    classes: npt.NDArray[np.uint8] | None
    protons: Mapping[str, npt.NDArray[np.float64]]
    alignment: Mapping[str, Alignment]
    gaps: Mapping[str, Gap]

    def offset(self, side: str) -> int | None:
        """BX of the dump minus slot of the LHC; `None` if it cannot be told."""
        found = self.alignment.get(side)
        return None if found is None else found.offset

    def rates(self, occupancy: Histogram, side: str, region: str, live_s: float) -> BunchRates | None:
        """Rate in each slot of the LHC, from counts with axes ``side``, ``region`` and ``bx``.

        Collision products come 5 BX later than halo of the same slot. `None` where the BX are not aligned.
        """
        offset = self.offset(side)
        if offset is None or self.classes is None:
            return None
        return bunch_rates(
            pick(occupancy, side=side, region=region).values(),
            live_s,
            offset=offset,
            classes=self.classes,
            intensity=self.protons.get(side),
            collision_delay=COLLISION_DELAY_BX if region == "CP" else 0,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the form for JSON."""
        return {
            "scheme": self.scheme,
            "classes": None if self.classes is None else self.classes.tolist(),
            "protons": {side: one.tolist() for side, one in self.protons.items()},
            **self.describe(),
        }

    def describe(self) -> dict[str, Any]:
        """Return what summaries say: alignment and abort gap of each side."""
        return {
            "alignment": {side: asdict(one) for side, one in self.alignment.items()},
            "abort_gap": {side: asdict(one) for side, one in self.gaps.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> BunchPattern:
        """Read back what `as_dict` gave."""
        classes = content["classes"]
        return cls(
            scheme=content["scheme"],
            classes=None if classes is None else np.asarray(classes, dtype=np.uint8),
            protons={side: np.asarray(one) for side, one in content["protons"].items()},
            alignment={side: Alignment(**one) for side, one in content["alignment"].items()},
            gaps={side: Gap(**one) for side, one in content["abort_gap"].items()},
        )


def find_pattern(
    occupancy: Histogram,
    sides: Iterable[Side] = SIDES,
    *,
    scheme: str = "",
    classes: npt.NDArray[np.uint8] | None = None,
    filled: Mapping[int, npt.NDArray[np.int64]] | None = None,
    protons: Mapping[int, npt.NDArray[np.float64]] | None = None,
) -> BunchPattern:
    """Align the BX of each side with the slots of its beam, and look for the abort gap.

    Parameters
    ----------
    occupancy
        Counts with axes ``side``, ``region`` and ``bx``.
    sides
        Those that have data.
    classes, filled, protons
        Of the filling scheme, if it is known: class of each slot, filled slots and protons per slot by beam.
    """
    halo = {side: pick(occupancy, side=side.name, region="SR").values() for side in sides}
    return BunchPattern(
        scheme=scheme,
        classes=classes,
        protons={side.name: protons[side.beam] for side in halo if protons and side.beam in protons},
        alignment={side.name: align_bx(halo[side], filled[side.beam]) for side in halo if filled},
        gaps={side.name: find_abort_gap(counts) for side, counts in halo.items()},
    )


def save_exposure(exposure: Exposure, pattern: BunchPattern | None, out: str | Path) -> None:
    """Write time bins and bunch pattern into a folder of results."""
    bunches = None if pattern is None else pattern.as_dict()
    write_json({"exposure": exposure.as_dict(), "bunches": bunches}, Path(out) / EXPOSURE_FILE)


def load_exposure(out: str | Path) -> tuple[Exposure | None, BunchPattern | None]:
    """Read back what `save_exposure` wrote; nothing if there is no such file.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = Path(out) / EXPOSURE_FILE
    if not path.exists():
        return None, None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        bunches = content["bunches"]
        pattern = None if bunches is None else BunchPattern.from_dict(bunches)
        return Exposure.from_dict(content["exposure"]), pattern
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot be read ({error!r})", where=path, hint="run `bhm analyse` again") from error
