"""What happened while a dump was read: what was kept, what was left out, and why."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import DumpError
from ..events.runs import RunSpan, merge_spans

__all__ = ["DEFAULT_TOLERANCE", "BadLine", "ReadReport", "Reason", "Tolerance"]


class Reason(enum.IntEnum):
    """Why a line does not fit the grammar of docs/dump-format.md; numbered as in `_kernels`."""

    NUL_BYTE = 0
    BAD_CHARACTER = 1
    FIELD_COUNT = 2
    VALUE_RANGE = 3
    UNKNOWN_INPUT = 4
    MISSING_TDC_LINE = 5
    BAD_HEADER = 6
    HEADER_RANGE = 7
    MISSING_RULE = 8
    MISPLACED_RULE = 9
    UNTERMINATED_LINE = 10
    LONG_LINE = 11
    LONG_EVENT = 12
    NO_HEADER = 13

    @property
    def key(self) -> str:
        """How reports and summary.json call it."""
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """What a person would say."""
        return _MEANINGS[self]


_MEANINGS = {
    Reason.NUL_BYTE: "a NUL byte",
    Reason.BAD_CHARACTER: "a character that is no digit in a line of numbers",
    Reason.FIELD_COUNT: "a wrong number of fields",
    Reason.VALUE_RANGE: "an ADC code above 255 or a TDC code above 63",
    Reason.UNKNOWN_INPUT: "a fibre or cable that the board does not have",
    Reason.MISSING_TDC_LINE: "an ADC line without its TDC line",
    Reason.BAD_HEADER: "a header without its four numbers",
    Reason.HEADER_RANGE: "an event, BX, orbit or run number that is too large",
    Reason.MISSING_RULE: "a header without the rule line behind it",
    Reason.MISPLACED_RULE: "a second rule line before the pulses",
    Reason.UNTERMINATED_LINE: "a line that has lost its end",
    Reason.LONG_LINE: "a line of more than 1000 bytes",
    Reason.LONG_EVENT: "an event of more than a million bytes",
    Reason.NO_HEADER: "data that belongs to no header",
}


@dataclass(frozen=True)
class BadLine:
    """The first line that did not fit, for one reason."""

    file: str
    line: int
    reason: str
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the form of summary.json."""
        return {"file": self.file, "line": self.line, "reason": self.reason, "text": self.text}


@dataclass(frozen=True)
class ReadReport:
    """Account of one dump, of a piece of it, or (by ``+``) of several.

    `headers` is `events` plus all of `skipped` except ``no_header``, which counts blocks of data, not events.
    """

    bytes: int = 0
    lines: int = 0
    headers: int = 0
    events: int = 0
    pulses: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    first_bad: dict[str, BadLine] = field(default_factory=dict)
    truncated: bool = False
    unusual: dict[str, int] = field(default_factory=dict)
    runs: dict[int, RunSpan] = field(default_factory=dict)

    def __add__(self, other: ReadReport) -> ReadReport:
        return ReadReport(
            bytes=self.bytes + other.bytes,
            lines=self.lines + other.lines,
            headers=self.headers + other.headers,
            events=self.events + other.events,
            pulses=self.pulses + other.pulses,
            skipped=dict(Counter(self.skipped) + Counter(other.skipped)),
            first_bad={**other.first_bad, **self.first_bad},
            truncated=self.truncated or other.truncated,
            unusual=dict(Counter(self.unusual) + Counter(other.unusual)),
            runs=merge_spans((self.runs, other.runs)),
        )

    @property
    def skipped_events(self) -> int:
        """Events that were left out."""
        return self.headers - self.events

    @property
    def earliest_bad(self) -> BadLine | None:
        """The first line of all that did not fit."""
        return min(self.first_bad.values(), key=lambda bad: (bad.file, bad.line), default=None)

    def as_dict(self) -> dict[str, Any]:
        """Return the form of summary.json and of the provenance in converted files."""
        first = self.earliest_bad
        return {
            "bytes": self.bytes,
            "lines": self.lines,
            "headers": self.headers,
            "events": self.events,
            "pulses": self.pulses,
            "skipped": self.skipped,
            "first_bad": first.as_dict() if first else None,
            "first_bad_by_reason": {key: bad.as_dict() for key, bad in self.first_bad.items()},
            "truncated": self.truncated,
            "unusual": self.unusual,
        }


@dataclass(frozen=True)
class Tolerance:
    """How much of a dump may be left out before it is an error.

    Parameters
    ----------
    strict
        Nothing: the first line that does not fit is an error.
    max_bad
        Largest part of a file's events that may be left out; an event that the end of the file cuts off is not counted.
    """

    strict: bool = False
    max_bad: float = 0.01

    def check_piece(self, report: ReadReport) -> None:
        """Refuse the first bad line, if that is wanted.

        Raises
        ------
        DumpError
            With file, line and reason.
        """
        bad = report.earliest_bad
        if self.strict and bad is not None:
            raise DumpError(
                f"{Reason[bad.reason.upper()].meaning} ({bad.reason}): {bad.text!r}",
                where=f"{bad.file}:{bad.line}",
                hint="without --strict the event is left out and counted",
            )

    def check_file(self, report: ReadReport, path: str) -> None:
        """Refuse a file of which too much, or everything, was left out.

        Raises
        ------
        DumpError
            With the reason that is met most.
        """
        bad = sum(report.skipped.values())
        units = report.events + bad
        excused = int(report.truncated and bad > 0 and report.events > 0)
        if bad - excused <= self.max_bad * units and (report.events or not bad):
            return
        reason, count = max(report.skipped.items(), key=lambda item: item[1])
        first = report.first_bad[reason]
        raise DumpError(
            f"{bad} of {units} events cannot be read, {count} of them for {Reason[reason.upper()].meaning} "
            f"({reason}, first in line {first.line})",
            where=path,
            hint="is it a BHM self-trigger dump? --max-bad PERCENT allows more",
        )


DEFAULT_TOLERANCE: Final = Tolerance()
