"""Compare numbers with limits so that chance alone does not raise a flag, and little data is said to be little."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from scipy.special import betainc, gammainc, gammaincc, stdtrit

from ..detector.channels import CHANNELS
from .model import Flag, NotJudged
from .thresholds import Limits, Thresholds

__all__ = ["Judge", "Subject", "subject_of"]


@dataclass(frozen=True)
class Subject:
    """What is judged: a flag of a channel, a fibre or a side, and its pulses."""

    flag: str
    side: str
    channel: str | None
    pulses: int
    #: how sentences begin
    title: str
    #: what is counted
    unit: str = "pulses"


@dataclass
class Judge:
    """Collects flags, and what could not be judged."""

    thresholds: Thresholds
    flags: list[Flag] = field(default_factory=list)
    not_judged: list[NotJudged] = field(default_factory=list)

    def low_count(self, on: Subject, n: int, expected: float, limits: Limits, text: str) -> None:
        """Flag counts that a Poisson mean of `limit` x `expected` hardly gives; none at all is BAD."""
        warn = limits[0]
        if n == 0:
            limits = (warn, warn)
        chance = self.thresholds.chance
        self._grade(
            on,
            n / expected if expected else math.nan,
            limits,
            lambda limit: n < limit * expected and _at_most(n, limit * expected) < chance,
            is_beyond=n < warn * expected,
            can_tell=_at_most(0, warn * expected) < chance,
            text=text,
        )

    def high_count(self, on: Subject, n: int, expected: float, limits: Limits, text: str) -> None:
        """Flag counts that a Poisson mean of `limit` x `expected` hardly gives."""
        warn, bad = limits
        chance = self.thresholds.chance
        self._grade(
            on,
            n / expected if expected else math.nan,
            limits,
            lambda limit: n > limit * expected and _at_least(n, limit * expected) < chance,
            is_beyond=n > warn * expected,
            can_tell=_at_least(math.ceil(bad * expected), warn * expected) < chance,
            text=text,
        )

    def fraction(self, on: Subject, k: int, n: int, limits: Limits, text: str) -> None:
        """Flag k of n if a binomial probability of `limit` hardly gives as many."""
        warn, bad = limits
        chance = self.thresholds.chance
        self._grade(
            on,
            k / n if n else math.nan,
            limits,
            lambda limit: k > limit * n and _at_least_of(k, n, limit) < chance,
            is_beyond=k > warn * n,
            can_tell=_at_least_of(math.ceil(bad * n), n, warn) < chance,
            text=text,
        )

    def distance(
        self, on: Subject, value: float, error: float, limits: Limits, text: str, *, as_ratio: bool = False
    ) -> None:
        """Flag a distance from 0 that is beyond a limit and is no chance, as its error has it.

        The error is itself estimated from the pulses of the subject, so the number of errors that exclude chance is that
        of Student's distribution.

        Parameters
        ----------
        as_ratio
            `value` is the logarithm of a ratio, and limits are ratios below 1 that stand for their inverse, too.
        """
        far = {limit: abs(math.log(limit)) if as_ratio else limit for limit in limits}
        usable = on.pulses >= self.thresholds.min_halo_pulses and math.isfinite(value + error)
        chance = -error * float(stdtrit(on.pulses - 1, self.thresholds.chance)) if usable else math.inf
        self._grade(
            on,
            math.exp(value) if as_ratio and usable else value,
            limits,
            lambda limit: abs(value) > max(far[limit], chance),
            is_beyond=abs(value) > far[limits[0]],
            can_tell=chance <= far[limits[0]],
            text=text,
            inverse=as_ratio and value > 0,
        )

    def state(self, on: Subject, level: str, value: float, threshold: float, text: str) -> None:
        """Raise a flag of a given level, unless that is OK."""
        if level != "OK":
            self.flags.append(Flag(level, on.side, on.channel, on.flag, value, threshold, text))

    def skip(self, on: Subject, why: str) -> None:
        """Say that something cannot be judged."""
        self.not_judged.append(NotJudged(on.side, on.channel, on.flag, on.pulses, f"{on.title}: {why}"))

    def _grade(
        self,
        on: Subject,
        value: float,
        limits: Limits,
        exceeds: Callable[[float], bool],
        *,
        is_beyond: bool,
        can_tell: bool,
        text: str,
        inverse: bool = False,
    ) -> None:
        warn, bad = limits
        level, limit = "OK", warn
        if exceeds(warn):
            level, limit = ("BAD", bad) if exceeds(bad) else ("WARN", warn)
        elif is_beyond:
            self.skip(on, f"beyond the limit, but {on.pulses:,} {on.unit} do not exclude chance")
            return
        elif not can_tell:
            self.skip(on, f"{on.pulses:,} {on.unit}")
            return
        shown = 1 / limit if inverse else limit
        self.state(
            on, level, value, shown, f"{on.title} {text.format(value=value)}, the limit is {shown:.3g}"
        )


def _at_most(n: int, mean: float) -> float:
    """Probability of n or fewer from a Poisson distribution."""
    return float(gammaincc(n + 1, mean))


def _at_least(n: int, mean: float) -> float:
    """Probability of n or more from a Poisson distribution."""
    return float(gammainc(n, mean)) if n > 0 else 1.0


def _at_least_of(k: int, n: int, p: float) -> float:
    """Probability of k or more of n from a binomial distribution."""
    return float(betainc(k, n - k + 1, p)) if k > 0 else 1.0


def subject_of(flag: str, index: int, pulses: int) -> Subject:
    """Make the subject of a channel's flag."""
    channel = CHANNELS[index]
    return Subject(flag, channel.side.name, channel.name, int(pulses), channel.name)
