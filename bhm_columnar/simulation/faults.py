"""What is broken in a toy BHM: dead and hot units, wrong times and gains, links out of step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, FIBRES, N_CHANNELS, SIDES, Side, find_side, select_channels
from ..detector.qie import TDC_CODES, TDC_NS
from ..errors import SelectionError

__all__ = ["FAULT_FORMS", "NO_FAULTS", "Faults", "parse_faults"]

Floats = npt.NDArray[np.float64]
#: how faults are written on the command line
FAULT_FORMS: Final = "dead:PN03, hot:PF07:5, tdc:MN02:1.0 (ns), gain:MF04:0.8, link:+Z:5:0.3"
#: length of a bunch crossing in ns: no shift can be larger and mean anything
_LONGEST_NS: Final = len(TDC_CODES) * TDC_NS
_LARGEST_FACTOR: Final = 1000.0


@dataclass(frozen=True)
class Faults:
    """Injected faults; none by default.

    Parameters
    ----------
    dead
        Names of units that give no pulse.
    hot
        Units that give so many times more pulses, by name; the factor lies above 1.
    tdc_shift_ns
        Delay of the peaks of halo and collision products in ns, by name of the unit.
    gain
        Factor on the charge, by name of the unit.
    links
        Probability that a pulse of a fibre is read as a link word, by side and fibre such as ``+Z:5``.

    Raises
    ------
    SelectionError
        If a unit or a fibre does not exist, a number makes no sense, or nothing is left of a side.
    """

    dead: tuple[str, ...] = ()
    hot: Mapping[str, float] = field(default_factory=dict)
    tdc_shift_ns: Mapping[str, float] = field(default_factory=dict)
    gain: Mapping[str, float] = field(default_factory=dict)
    links: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.dead, *self.hot, *self.tdc_shift_ns, *self.gain):
            if not any(channel.name == name for channel in CHANNELS):
                raise SelectionError(
                    f"no channel is called {name!r}", hint="channels are PN01..10, PF, MN, MF"
                )
        for what, values, low, high in (
            ("hot factor", self.hot, 1.0, _LARGEST_FACTOR),
            ("TDC shift", self.tdc_shift_ns, -_LONGEST_NS, _LONGEST_NS),
            ("gain", self.gain, 0.0, _LARGEST_FACTOR),
            ("link-word probability", self.links, 0.0, 1.0),
        ):
            for where, value in values.items():
                if not (math.isfinite(value) and low < value <= high):
                    raise SelectionError(
                        f"{what} {value:g} of {where} makes no sense",
                        hint=f"give a number above {low:g} and up to {high:g}",
                    )
        for where in self.links:
            _split_link(where)
        if both := sorted(set(self.dead) & set(self.hot)):
            raise SelectionError(f"{both[0]} is dead and hot", hint="choose one")
        for side in SIDES:
            if all(channel.name in self.dead for channel in CHANNELS if channel.side == side):
                raise SelectionError(
                    f"all channels of {side.name} are dead", hint="leave its dump out instead"
                )

    def __bool__(self) -> bool:
        return any(asdict(self).values())

    def as_dict(self) -> dict[str, Any]:
        """Return the form of the truth file."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def rate_factors(self) -> Floats:
        """Factor on the pulses of each channel, shape (40,); 0 for the dead."""
        return _per_channel({**self.hot, **dict.fromkeys(self.dead, 0.0)}, 1.0)

    @property
    def tdc_shifts(self) -> Floats:
        """TDC counts that each channel is late, shape (41,); the last is for inputs without a unit."""
        return np.append(_per_channel(self.tdc_shift_ns, 0.0) / TDC_NS, 0.0)

    @property
    def gains(self) -> Floats:
        """Factor on the charge of each channel, shape (41,); the last is for inputs without a unit."""
        return np.append(_per_channel(self.gain, 1.0), 1.0)

    def link_probabilities(self, side: Side) -> Floats:
        """Probability of a link word by fibre number of a side, shape (9,)."""
        table = np.zeros(FIBRES.stop)
        for where, probability in self.links.items():
            its_side, fibre = _split_link(where)
            if its_side == side:
                table[fibre] = probability
        return table


NO_FAULTS: Final = Faults()


def parse_faults(texts: Iterable[str]) -> Faults:
    """Read faults as the command line has them: ``dead:PN03``, ``gain:PF02:0.8``, ``link:+Z:5:0.3``.

    Channels may be shell patterns, such as ``dead:PN0[1-3]``.

    Raises
    ------
    SelectionError
        If one is not written so, stands twice, or makes no sense.
    """
    dead: list[str] = []
    tables: dict[str, dict[str, float]] = {"hot": {}, "tdc": {}, "gain": {}, "link": {}}
    for text in texts:
        kind, _, rest = text.partition(":")
        if kind not in ("dead", *tables):
            raise SelectionError(f"{text!r} is no fault", hint=f"write {FAULT_FORMS}")
        where, _, number = (rest, "", "") if kind == "dead" else rest.rpartition(":")
        names = [_read_link(where)] if kind == "link" else [one.name for one in select_channels(where)]
        known = dead if kind == "dead" else tables[kind]
        if again := [name for name in names if name in known]:
            raise SelectionError(f"{kind} of {again[0]} stands twice", where=text, hint="give it once")
        if kind == "dead":
            dead += names
        else:
            tables[kind] |= dict.fromkeys(names, _read_number(text, number))
    return Faults(tuple(dead), tables["hot"], tables["tdc"], tables["gain"], tables["link"])


def _read_number(text: str, number: str) -> float:
    try:
        return float(number)
    except ValueError as error:
        raise SelectionError(f"{text!r} has no number at its end", hint=f"write {FAULT_FORMS}") from error


def _read_link(where: str) -> str:
    side, fibre = _split_link(where)
    return f"{side.name}:{fibre}"


def _split_link(where: str) -> tuple[Side, int]:
    name, _, fibre = where.rpartition(":")
    side = find_side(name)
    if not fibre.isdecimal() or int(fibre) not in FIBRES:
        raise SelectionError(
            f"{fibre!r} is no fibre of {side.name}", hint=f"fibres are {FIBRES.start}..{FIBRES.stop - 1}"
        )
    return side, int(fibre)


def _per_channel(values: Mapping[str, float], default: float) -> Floats:
    table = np.full(N_CHANNELS, default)
    for channel in CHANNELS:
        table[channel.index] = values.get(channel.name, default)
    return table
