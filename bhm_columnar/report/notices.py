"""Is it all right? The verdict of data quality, and whatever else a shifter should know, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..events.sequence import SENTENCES
from .finished import Finished
from .shifts import NOTICEABLE, Comparison

__all__ = ["LEVELS", "Notice", "Verdict", "find_notices", "find_verdict"]

#: from bad to good; a page that knows of no check says so
LEVELS: Final = ("BAD", "WARN", "INFO")
#: channels that a notice names
_NAMED: Final = 6
#: what should not be in the order of events
_ODD: Final = ("unordered", "duplicates")


@dataclass(frozen=True)
class Notice:
    """One sentence, and how bad it is (of `LEVELS`)."""

    level: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """The status of data quality.

    Parameters
    ----------
    status
        ``OK``, ``WARN`` or ``BAD``; ``not checked`` where no check has been made.
    text
        What it means, in one line.
    channels
        Status of each channel, as far as it has one: ``OK``, ``WARN``, ``BAD`` or ``not judged``.
    """

    status: str
    text: str
    channels: Mapping[str, str]

    def level(self, channel: str) -> str:
        """``WARN`` or ``BAD`` if a channel is flagged, else nothing."""
        status = self.channels.get(channel, "")
        return status if status in LEVELS else ""


def find_verdict(summary: Mapping[str, Any]) -> Verdict:
    """Read the status of data quality off a summary."""
    quality = summary.get("quality")
    if not quality:
        return Verdict("not checked", "Data quality has not been checked.", {})
    flags = quality.get("flags", [])
    channels = {name: str(one.get("status", "")) for name, one in quality.get("channels", {}).items()}
    for flag in flags:
        if flag.get("channel") and channels.get(flag["channel"]) != "BAD":
            channels[flag["channel"]] = str(flag.get("level", "WARN"))
    undecided = len(quality.get("not_judged") or ())
    said = f"{len(flags)} flag{'s' if len(flags) != 1 else ''}" if flags else "No flag is raised"
    more = f"; {undecided} check{'s' if undecided != 1 else ''} could not be judged" if undecided else ""
    against = f", compared with {quality['reference']}" if quality.get("reference") else ""
    return Verdict(str(quality.get("status", "not checked")), f"{said}{more}{against}.", channels)


def find_notices(finished: Finished, comparison: Comparison | None = None) -> list[Notice]:
    """Collect what is odd about an analysis, the worst first.

    Parameters
    ----------
    comparison
        With a reference; pulls of channels that are too large for chance are told.
    """
    summary = finished.summary
    notices = [
        *_quality(summary),
        *(notice for name, side in summary["sides"].items() for notice in _side(name, side)),
        *(
            Notice("WARN", f"{file} was left aside: it {why}")
            for file, why in summary.get("ignored_files", {}).items()
        ),
        *(
            Notice("WARN", f"conditions: {text}")
            for text in summary.get("conditions", {}).get("problems", ())
        ),
        *(
            Notice("WARN", f"calibration of {channel}: {text}")
            for channel, text in (finished.calibration.get("flags") or {}).items()
        ),
        *_rates(summary),
        *_missing(finished),
        *_differences(comparison),
    ]
    return sorted(notices, key=lambda notice: LEVELS.index(notice.level))


def _quality(summary: Mapping[str, Any]) -> Iterator[Notice]:
    for flag in (summary.get("quality") or {}).get("flags", ()):
        level = flag.get("level") if flag.get("level") in LEVELS else "WARN"
        where = str(flag.get("channel") or flag.get("side") or "")
        text = str(flag.get("text") or flag.get("flag"))
        yield Notice(level, text if text.startswith(where) else f"{where}: {text}")


def _side(name: str, side: Mapping[str, Any]) -> Iterator[Notice]:
    read = side["read"]
    if bad := read["headers"] - read["events"]:
        first = read.get("first_bad")
        place = f", first at {first['file']}:{first['line']} ({first['reason']})" if first else ""
        yield Notice("WARN", f"{name}: {bad:,} of {read['headers']:,} events are left out{place}")
    if read.get("truncated"):
        yield Notice("WARN", f"{name}: a dump ends in the middle of an event")
    if side.get("assumed"):
        yield Notice("WARN", f"{name}: the side of some files was given, not told from their names")
    for kind, sentence in SENTENCES.items():
        if n := side.get("order", {}).get(kind, 0):
            yield Notice("WARN" if kind in _ODD else "INFO", f"{name}: {sentence.format(n=n)}")
    if not side["clean"]:
        yield Notice("BAD", f"{name}: no pulse is left after cleaning")
    elif not side["regions"]["SR"]:
        yield Notice("BAD", f"{name}: there is no beam-halo pulse")


def _rates(summary: Mapping[str, Any]) -> Iterator[Notice]:
    for name, regions in summary.get("rates", {}).items():
        if n := regions.get("SR", {}).get("without_time", 0):
            yield Notice(
                "WARN", f"{name}: the time of {n:,} beam-halo pulses is not known, the rates lack them"
            )
    for name, found in summary.get("bunches", {}).get("alignment", {}).items():
        if found["offset"] is None:
            yield Notice("WARN", f"{name}: BX cannot be aligned with LHC slots: {found['reason']}")


def _missing(finished: Finished) -> Iterator[Notice]:
    if not finished.summary["runs"]:
        yield Notice("BAD", "no run has a clean pulse")
    if len(finished.sides) == 1:
        yield Notice("INFO", f"only the {finished.sides[0].title} has data")


def _differences(comparison: Comparison | None) -> Iterator[Notice]:
    if comparison is None:
        return
    far = [one.channel for one in comparison.largest() if one.largest_pull > NOTICEABLE]
    if far:
        named = ", ".join(far[:_NAMED]) + (" ..." if len(far) > _NAMED else "")
        yield Notice(
            "WARN",
            f"{len(far)} of {len(comparison.channels)} channels differ from {comparison.b} by more than "
            f"{NOTICEABLE:g} standard errors: {named}",
        )
