"""What data quality says: flags, what could not be judged, and numbers of each channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..detector.channels import CHANNEL_NAMES
from ..errors import InputError

__all__ = ["LEVELS", "NOT_JUDGED", "Flag", "NotJudged", "Quality", "sort_flags", "worst_level"]

#: from good to bad
LEVELS: Final = ("OK", "WARN", "BAD")
#: status of a channel without flags that cannot be told from a dead one
NOT_JUDGED: Final = "not judged"


@dataclass(frozen=True)
class Flag:
    """Something that is not as it should be.

    Parameters
    ----------
    level
        ``WARN`` or ``BAD``.
    side, channel
        Where; the channel is `None` if it is about a fibre or a whole side.
    flag
        What is judged, such as ``dead`` or ``gain``; the name of the threshold.
    value, threshold
        The number, and the limit that it is beyond.
    text
        One sentence.
    """

    level: str
    side: str
    channel: str | None
    flag: str
    value: float
    threshold: float
    text: str


@dataclass(frozen=True)
class NotJudged:
    """Something that the data at hand cannot tell, with the pulses that there are."""

    side: str
    channel: str | None
    flag: str
    pulses: int
    text: str


@dataclass(frozen=True)
class Quality:
    """Judgement of an analysis.

    Parameters
    ----------
    reference
        Name of what times and gains were compared with.
    flags
        BAD before WARN, then by side and channel.
    not_judged
        What could not be judged.
    channels
        Numbers by channel name: ``pulses``, ``halo_pulses``, ``relative_rate``, ``tdc_shift`` (ns), ``gain``, their errors,
        and the fractions ``glitch_fraction``, ``codes_62``, ``codes_63``, ``dll``, ``invalid``; `None` where unknown.
    judged
        Names of the channels that have enough pulses to be told from dead ones.
    """

    reference: str | None
    flags: tuple[Flag, ...]
    not_judged: tuple[NotJudged, ...]
    channels: Mapping[str, Mapping[str, float | None]]
    judged: frozenset[str]

    @property
    def status(self) -> str:
        """The worst level of all flags, ``OK`` without any."""
        return worst_level(flag.level for flag in self.flags)

    def channel_status(self, name: str) -> str:
        """Worst level of a channel's own flags, or ``not judged``."""
        levels = [flag.level for flag in self.flags if flag.channel == name]
        return worst_level(levels) if levels or name in self.judged else NOT_JUDGED

    def as_dict(self) -> dict[str, Any]:
        """Return the form of summary.json and of ``bhm check --json``."""
        return {
            "status": self.status,
            "reference": self.reference,
            "flags": [asdict(flag) for flag in self.flags],
            "not_judged": [asdict(one) for one in self.not_judged],
            "channels": {
                name: {"status": self.channel_status(name), **numbers}
                for name, numbers in self.channels.items()
            },
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Quality:
        """Read back what `as_dict` gave.

        Raises
        ------
        InputError
            If it is something else.
        """
        try:
            channels = {name: dict(numbers) for name, numbers in content["channels"].items()}
            states = {name: numbers.pop("status") for name, numbers in channels.items()}
            return cls(
                content["reference"],
                tuple(Flag(**flag) for flag in content["flags"]),
                tuple(NotJudged(**one) for one in content["not_judged"]),
                channels,
                frozenset(name for name, state in states.items() if state != NOT_JUDGED),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"is no judgement of data quality ({error!r})", hint="`bhm check --json` writes one"
            ) from error


def worst_level(levels: Iterable[str]) -> str:
    """Return the worst of levels, ``OK`` if there are none."""
    return max(levels, key=LEVELS.index, default="OK")


def sort_flags(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Sort flags: BAD first, then in the order of channels, what is about a whole side before them."""
    return tuple(
        sorted(
            flags,
            key=lambda one: (
                -LEVELS.index(one.level),
                one.side != "+Z",
                -1 if one.channel is None else CHANNEL_NAMES.index(one.channel),
            ),
        )
    )
