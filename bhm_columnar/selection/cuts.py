"""The physicist's choices, in one place: a frozen dataclass that a TOML file overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from ..detector.lhc import COLLISION_DELAY_TDC
from ..detector.qie import N_ADC, TDC_CODES
from ..errors import SelectionError
from ..io.toml import read_toml

__all__ = ["DEFAULT_CUTS", "Cuts", "load_cuts", "make_cuts"]

_CP_CENTRES: Final = ("fixed", "halo+25")


@dataclass(frozen=True)
class Cuts:
    """How pulses are divided into regions. All bounds belong to what they bound.

    Parameters
    ----------
    tdc_window
        A halo pulse lies within so many TDC codes of its channel's TDC peak.
    cp_centre
        ``"fixed"``: the collision-product box is `cp_tdc` in every channel. ``"halo+25"``: it is centred 25 codes
        behind the channel's TDC peak, with the width of `cp_tdc`; right after any re-timing.
    cp_tdc, cp_adc
        First and last TDC and peak ADC code of the collision-product box.
    stability_window
        TDC stability is measured within so many TDC codes of the peak.
    link_words
        Whether link words decoded as data (ADC 188 at TDC 25, ADC 124 at TDC 0) are removed.
    """

    tdc_window: int = 1
    cp_centre: str = "fixed"
    cp_tdc: tuple[int, int] = (29, 33)
    cp_adc: tuple[int, int] = (81, 139)
    stability_window: int = 5
    link_words: bool = True

    def __post_init__(self) -> None:
        if self.cp_centre not in _CP_CENTRES:
            raise SelectionError(
                f"cp_centre is {self.cp_centre!r}", hint=f"choose one of {', '.join(_CP_CENTRES)}"
            )
        for name, (low, high), limit in (
            ("cp_tdc", self.cp_tdc, len(TDC_CODES)),
            ("cp_adc", self.cp_adc, N_ADC),
        ):
            if not 0 <= low <= high < limit:
                raise SelectionError(
                    f"{name} is {low}..{high}", hint=f"give two codes in 0..{limit - 1}, in order"
                )
        for name in ("tdc_window", "stability_window"):
            if not 0 <= getattr(self, name) < len(TDC_CODES):
                raise SelectionError(
                    f"{name} is {getattr(self, name)}", hint="give a number of TDC codes, 0..49"
                )

    def cp_tdc_range(self, tdc_peak: int) -> tuple[int, int]:
        """First and last TDC code of the collision-product box of a channel with this TDC peak."""
        low, high = self.cp_tdc
        if self.cp_centre == "fixed":
            return low, high
        centre = tdc_peak + COLLISION_DELAY_TDC
        half = (high - low) // 2
        return centre - half, centre - half + (high - low)

    def as_dict(self) -> dict[str, Any]:
        """Return the form of a cuts file and of summary.json."""
        return asdict(self)


DEFAULT_CUTS: Final = Cuts()


def load_cuts(path: str | Path) -> Cuts:
    """Read cuts from a TOML file; what it does not name keeps its default.

    Raises
    ------
    SelectionError
        If the file cannot be read, or names or values do not fit.
    """
    content = read_toml(path, hint="write `name = value` lines")
    try:
        return make_cuts(content)
    except SelectionError as error:
        raise SelectionError(error.what, where=path, hint=error.hint) from error


def make_cuts(content: Mapping[str, Any]) -> Cuts:
    """Make cuts from names and values, as a TOML or JSON file holds them.

    Raises
    ------
    SelectionError
        If names or values do not fit.
    """
    known = {one.name: type(getattr(DEFAULT_CUTS, one.name)) for one in fields(Cuts)}
    values: dict[str, Any] = {}
    for name, value in content.items():
        if name not in known:
            raise SelectionError(f"no cut is called {name!r}", hint=f"cuts are {', '.join(known)}")
        given = tuple(value) if isinstance(value, list) else value
        is_pair = known[name] is not tuple or (len(given) == 2 and all(type(code) is int for code in given))
        if type(given) is not known[name] or not is_pair:
            raise SelectionError(f"{name} = {value!r} is of the wrong kind", hint="see docs/cli.md")
        values[name] = given
    return Cuts(**values)
