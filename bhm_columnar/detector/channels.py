"""The 40 BHM units, how they are cabled, and which beam they see.

Sources: twenty units per end, at r = 180 cm and z = 20.6 m (IBIC2013 MOCL2; CMS-CR-2015-303). Names, fibre and cable
numbers, azimuths and the board of each end are those that the BHM analysis has used since 2022; that uHTR4 sees
beam 1 and uHTR11 beam 2 is also the beams' direction through CMS (beam 1 enters at the +Z end).
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import SelectionError

__all__ = [
    "CHANNELS",
    "CHANNEL_GROUPS",
    "CHANNEL_NAMES",
    "FIBRES",
    "NOT_CONNECTED",
    "NO_CHANNEL",
    "N_CABLES",
    "N_CHANNELS",
    "RADIUS_M",
    "SIDES",
    "Z_M",
    "Channel",
    "Side",
    "channel_indices",
    "channel_lookup",
    "find_side",
    "select_channels",
]

#: distance of the units from the beam line and from the interaction point (IBIC2013 MOCL2)
RADIUS_M: Final = 1.80
Z_M: Final = 20.6

#: one 24-channel QIE10 card per end: QIE n sits on fibre 3+(n-1)//4, cable (n-1)%4
FIBRES: Final = range(3, 9)
N_CABLES: Final = 4
#: the (fibre, cable) inputs of the card that no unit is plugged into: QIE 11, 12, 23, 24
NOT_CONNECTED: Final = ((5, 2), (5, 3), (8, 2), (8, 3))
#: value of a channel column where the input is not connected
NO_CHANNEL: Final = -1


@dataclass(frozen=True)
class Side:
    """One end of CMS: its board, its incoming beam, and its names in files."""

    name: str
    uhtr: int
    beam: int
    letter: str
    sign: int
    directory: str

    @property
    def groups(self) -> tuple[str, str]:
        """Names of the near and far group, such as ``("PN", "PF")``."""
        return f"{self.letter}N", f"{self.letter}F"

    @property
    def title(self) -> str:
        """How figures call it, such as ``+Z side (uHTR4)``."""
        return f"{self.name} side (uHTR{self.uhtr})"


SIDES: Final = (
    Side(name="+Z", uhtr=4, beam=1, letter="P", sign=+1, directory="plusZ"),
    Side(name="-Z", uhtr=11, beam=2, letter="M", sign=-1, directory="minusZ"),
)


@dataclass(frozen=True)
class Channel:
    """One unit: a quartz Cherenkov counter and the QIE10 input that reads it.

    `phi` is the azimuth in degrees. Which way it runs at each end (seen from the interaction point or from outside),
    and whether "near" is at positive or negative x, is not documented anywhere: the numbers put near at cos(phi) < 0.
    """

    index: int
    name: str
    side: Side
    position: str
    qie: int
    fibre: int
    cable: int
    phi: float

    @property
    def number(self) -> int:
        """10 * fibre + cable, the channel number of the earlier program."""
        return 10 * self.fibre + self.cable


#: azimuth of N01..N10 in degrees, the same map at both ends; F is its mirror image, 180 - N
_PHI_NEAR: Final = (100.32, 112.91, 124.57, 138.20, 150.47, 162.74, 175.16, -173.02, -160.27, -148.77)


def _make_channels() -> tuple[Channel, ...]:
    channels: list[Channel] = []
    for side in SIDES:
        for position, first_qie in (("N", 1), ("F", 13)):
            for number, phi_near in enumerate(_PHI_NEAR, start=1):
                qie = first_qie + number - 1
                channels.append(
                    Channel(
                        index=len(channels),
                        name=f"{side.letter}{position}{number:02d}",
                        side=side,
                        position=position,
                        qie=qie,
                        fibre=FIBRES.start + (qie - 1) // N_CABLES,
                        cable=(qie - 1) % N_CABLES,
                        phi=round(phi_near if position == "N" else 180.0 - phi_near, 2),
                    )
                )
    return tuple(channels)


#: all units in the order of every table and axis: PN01..10, PF01..10, MN01..10, MF01..10
CHANNELS: Final = _make_channels()
CHANNEL_NAMES: Final = tuple(channel.name for channel in CHANNELS)
CHANNEL_GROUPS: Final = ("PN", "PF", "MN", "MF")
N_CHANNELS: Final = len(CHANNELS)


def channel_lookup() -> npt.NDArray[np.int16]:
    """Table (side, fibre, cable) -> channel index, `NO_CHANNEL` where no unit is plugged in.

    Returns
    -------
    array of shape (2, 9, 4), indexed by position in `SIDES`, fibre number and cable number
    """
    table = np.full((len(SIDES), FIBRES.stop, N_CABLES), NO_CHANNEL, dtype=np.int16)
    for channel in CHANNELS:
        table[SIDES.index(channel.side), channel.fibre, channel.cable] = channel.index
    return table


_LOOKUP: Final = channel_lookup()


def channel_indices(
    fibre: npt.NDArray[np.integer], cable: npt.NDArray[np.integer], side: Side
) -> npt.NDArray[np.int16]:
    """Look up which unit each (fibre, cable) input of one side's card reads.

    Parameters
    ----------
    fibre, cable
        Arrays of shape (n,), with values of the board: fibre 3..8, cable 0..3.

    Returns
    -------
    array of shape (n,) with indices into `CHANNELS`, or `NO_CHANNEL`
    """
    indices: npt.NDArray[np.int16] = _LOOKUP[SIDES.index(side)][fibre, cable]
    return indices


def find_side(name: str) -> Side:
    """Find a side by its name (``+Z``, ``-Z``), file name (``plusZ``) or board (``uHTR4``, ``4``).

    Raises
    ------
    SelectionError
        If there is no such side.
    """
    for side in SIDES:
        if name in (side.name, side.directory, f"uHTR{side.uhtr}", str(side.uhtr)):
            return side
    raise SelectionError(
        f"no side is called {name!r}", hint="sides are +Z (uHTR4, beam 1) and -Z (uHTR11, beam 2)"
    )


def select_channels(patterns: str | list[str]) -> list[Channel]:
    """Pick channels by name or shell pattern, such as ``PN01,MF*``; in detector order.

    Raises
    ------
    SelectionError
        If a pattern matches no channel.
    """
    asked = patterns.split(",") if isinstance(patterns, str) else patterns
    chosen: set[int] = set()
    for pattern in (text.strip() for text in asked):
        hits = {channel.index for channel in CHANNELS if fnmatchcase(channel.name, pattern)}
        if not hits:
            raise SelectionError(f"no channel matches {pattern!r}", hint="channels are PN01..10, PF, MN, MF")
        chosen |= hits
    return [channel for channel in CHANNELS if channel.index in chosen]
