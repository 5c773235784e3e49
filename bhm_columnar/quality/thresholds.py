"""Where data quality draws its lines: a frozen dataclass that a TOML file overrides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final, TypeAlias

from ..errors import SelectionError
from ..io.toml import read_toml
from .model import LEVELS

__all__ = ["DEFAULT_THRESHOLDS", "Limits", "Thresholds", "default_text", "load_thresholds", "make_thresholds"]

#: the limits of WARN and BAD
Limits: TypeAlias = tuple[float, float]
#: limits that a number must not fall below: BAD is the smaller one
_FALLING: Final = ("dead", "gain", "gain_peers")
_FRACTIONS: Final = ("link_words", "codes_62", "codes_63", "dll", "invalid", "bad_events")
_FACTORS: Final = ("hot", "asymmetry")
_HINT: Final = "`bhm check --write-thresholds FILE` writes the defaults with comments"


@dataclass(frozen=True)
class Thresholds:
    """Limits of WARN and BAD for each flag; ``thresholds.toml`` beside this module says why.

    What is normal for the detector is not published: the defaults are choices.

    Parameters
    ----------
    significance
        Standard deviations (one-sided, of a normal distribution) that exclude chance.
    min_halo_pulses
        Fewest halo pulses for a time, a gain, or the asymmetry.
    dead, hot
        Clean pulses over the median of the side.
    tdc, tdc_table
        Distance of the mean halo TDC in ns from another analysis, and from a table.
    gain, gain_peers
        Halo charge over that of another analysis, and over the median of the side; x stands for 1 / x, too.
    calibration
        Distance of the mean halo TDC in ns from the TDC peak of the calibration in use.
    link_words, codes_62, codes_63, dll, invalid
        Parts of all pulses of a channel.
    bad_events
        Part of the events of a side that could not be read.
    asymmetry
        Halo rate of one side over the other.
    missing_side
        Level of a side without pulses.

    Raises
    ------
    SelectionError
        If a limit makes no sense.
    """

    significance: float = 4.5
    min_halo_pulses: int = 20
    dead: Limits = (0.3, 0.05)
    hot: Limits = (3.0, 10.0)
    tdc: Limits = (0.5, 1.5)
    tdc_table: Limits = (2.5, 5.0)
    gain: Limits = (0.85, 0.65)
    gain_peers: Limits = (0.6, 0.4)
    calibration: Limits = (1.0, 2.0)
    link_words: Limits = (0.05, 0.20)
    codes_62: Limits = (0.05, 0.20)
    codes_63: Limits = (0.15, 0.40)
    dll: Limits = (0.01, 0.10)
    invalid: Limits = (0.01, 0.10)
    bad_events: Limits = (0.002, 0.01)
    asymmetry: Limits = (3.0, 10.0)
    missing_side: str = "WARN"

    def __post_init__(self) -> None:
        if self.missing_side not in LEVELS:
            raise SelectionError(f"missing_side is {self.missing_side!r}", hint=f"give {', '.join(LEVELS)}")
        if not (math.isfinite(self.significance) and self.significance > 0) or self.min_halo_pulses < 2:
            raise SelectionError(
                f"significance {self.significance} or min_halo_pulses {self.min_halo_pulses} makes no sense",
                hint="give a number above 0, and at least 2 pulses",
            )
        for name, (warn, bad) in self._limits().items():
            low, high = (
                1.0 if name in _FACTORS else 0.0,
                1.0 if name in (*_FRACTIONS, *_FALLING) else math.inf,
            )
            falls = name in _FALLING
            in_order = (bad <= warn) if falls else (warn <= bad)
            if not (in_order and low < min(warn, bad) and max(warn, bad) < high):
                order = "WARN above BAD" if falls else "WARN below BAD"
                raise SelectionError(
                    f"{name} = [{warn:g}, {bad:g}] makes no sense",
                    hint=f"give two numbers between {low:g} and {high:g}, {order}",
                )

    @property
    def chance(self) -> float:
        """Probability that a fluctuation is as large as `significance`."""
        return NormalDist().cdf(-self.significance)

    def as_dict(self) -> dict[str, Any]:
        """Return the form of a thresholds file."""
        return asdict(self)

    def _limits(self) -> dict[str, Limits]:
        return {
            one.name: value for one in fields(self) if isinstance(value := getattr(self, one.name), tuple)
        }


DEFAULT_THRESHOLDS: Final = Thresholds()


def default_text() -> str:
    """Return the shipped ``thresholds.toml``: the defaults, with comments."""
    return files(__package__).joinpath("thresholds.toml").read_text(encoding="utf-8")


def load_thresholds(path: str | Path) -> Thresholds:
    """Read thresholds from a TOML file; what it does not name keeps its default.

    Raises
    ------
    SelectionError
        If the file cannot be read, or names or values do not fit.
    """
    content = read_toml(path, hint=_HINT)
    try:
        return make_thresholds(content)
    except SelectionError as error:
        raise SelectionError(error.what, where=path, hint=error.hint) from error


def make_thresholds(content: Mapping[str, Any]) -> Thresholds:
    """Make thresholds from names and values, as a TOML file holds them.

    Raises
    ------
    SelectionError
        If names or values do not fit.
    """
    known = {one.name: getattr(DEFAULT_THRESHOLDS, one.name) for one in fields(Thresholds)}
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known:
            raise SelectionError(
                f"no threshold is called {name!r}", hint=f"thresholds are {', '.join(known)}; {_HINT}"
            )
        fits, form = _FORMS[type(known[name])]
        if not fits(value):
            raise SelectionError(f"{name} = {value!r} is of the wrong kind", hint=f"give {form}")
        values[name] = tuple(float(limit) for limit in value) if isinstance(value, list) else value
    return Thresholds(**values)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


_FORMS: Final = {
    float: (_is_number, "a number"),
    int: (lambda value: type(value) is int, "a whole number"),
    str: (lambda value: isinstance(value, str), "a word in quotes"),
    tuple: (
        lambda value: isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)),
        "two numbers, [WARN, BAD]",
    ),
}
