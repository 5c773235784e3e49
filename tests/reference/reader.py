"""A reader of text dumps written from docs/dump-format.md alone: plain Python, one event after another.

It shares no code with the library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest

MARKER = re.compile(rb"-*--- START")
BLANKS = b" \t\r"
MAX_LINE = 1000
MAX_EVENT = 1_000_000
FIBRES = range(3, 9)
CABLES = range(4)


class MisfitError(Exception):
    """A line that does not fit: its reason, and how many newlines of the event precede it."""

    def __init__(self, reason: str, lines: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


@dataclass
class Pulse:
    fibre: int
    cable: int
    samples: list[int]
    tdcs: list[int]


@dataclass
class Event:
    event: int
    bx: int
    orbit: int
    run: int
    pulses: list[Pulse] = field(default_factory=list)


@dataclass
class Reading:
    events: list[Event] = field(default_factory=list)
    headers: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    first_bad_line: dict[str, int] = field(default_factory=dict)
    unusual: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    truncated: bool = False

    def note(self, reason: str, line: int) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        self.first_bad_line.setdefault(reason, line)

    def count(self, what: str, n: int) -> None:
        if n:
            self.unusual[what] = self.unusual.get(what, 0) + n


def read_text(text: bytes) -> Reading:
    """Read a whole dump."""
    reading = Reading(lines=text.count(b"\n") + (not text.endswith(b"\n") and bool(text)))
    reading.truncated = bool(text) and not text.endswith(b"\n")
    markers = list(MARKER.finditer(text))
    preamble_end = markers[0].start() if markers else len(text)
    stray = _stray(text, 0, preamble_end, final=not markers)
    if stray is not None:
        reading.note("no_header", _line_of(text, stray))
    for marker, following in zip_longest(markers, markers[1:]):
        reading.headers += 1
        stop = following.start() if following else len(text)
        try:
            event, stray = _read_event(text, marker.end(), stop, following is None, reading)
        except MisfitError as misfit:
            reading.note(misfit.reason, _line_of(text, marker.end()) + misfit.lines)
        else:
            reading.events.append(event)
            if stray is not None:
                reading.note("no_header", _line_of(text, stray))
    return reading


def _line_of(text: bytes, position: int) -> int:
    return text.count(b"\n", 0, position) + 1


def _read_event(
    text: bytes, start: int, stop: int, final: bool, reading: Reading
) -> tuple[Event, int | None]:
    lines = _Lines(text, start, stop)
    line, terminated = lines.take()
    event = _read_header(line)
    if not terminated:
        raise MisfitError("unterminated_line")
    odd_text = _check_rule(lines, final)
    extra = 0
    stray = None
    while True:
        if lines.position - start > MAX_EVENT:
            raise MisfitError("long_event", lines.passed)
        line, terminated = lines.peek()
        stripped = line.lstrip(BLANKS)
        if not terminated and not stripped and len(line) <= MAX_LINE:
            break
        if stripped.startswith(b"-") and len(line) - len(stripped) < MAX_LINE:
            stray = _read_end(text, lines, start, stop, final, bool(event.pulses))
            break
        pulse, surplus = _read_pulse(lines)
        event.pulses.append(pulse)
        extra += surplus
    reading.count("more_than_20_samples", extra)
    reading.count("text_behind_header", odd_text)
    return event, stray


class _Lines:
    """Lines of one event; a line without newline ends where the event does."""

    def __init__(self, text: bytes, start: int, stop: int) -> None:
        self.text, self.position, self.stop = text, start, stop
        self.passed = 0

    def peek(self) -> tuple[bytes, bool]:
        end = self.text.find(b"\n", self.position, self.stop)
        return (
            (self.text[self.position : end], True)
            if end >= 0
            else (self.text[self.position : self.stop], False)
        )

    def take(self) -> tuple[bytes, bool]:
        line, terminated = self.peek()
        self.position += len(line) + terminated
        self.passed += terminated
        return line, terminated


def _read_header(line: bytes) -> Event:
    limits = (2**32 - 1, 3563, 2**32 - 1, 2**31 - 1)
    values: list[int] = []
    position = 0
    for limit in limits:
        position = _skip(line, position, BLANKS)
        while position < len(line) and line[position] not in BLANKS:
            if line[position] == 0:
                raise MisfitError("nul_byte")
            if position >= MAX_LINE:
                raise MisfitError("long_line")
            position += 1
        position = _skip(line, position, BLANKS)
        if position >= MAX_LINE:
            raise MisfitError("long_line")
        digits = re.match(rb"[0-9]*", line[position:]).group()
        if len(digits) > 20:
            raise MisfitError("header_range")
        behind = position + len(digits)
        if not digits:
            raise MisfitError("nul_byte" if line[behind : behind + 1] == b"\0" else "bad_header")
        if int(digits) > limit:
            raise MisfitError("header_range")
        values.append(int(digits))
        position = behind
        while (
            position < len(line) and line[position] in b",.:;" and position - behind + len(digits) <= MAX_LINE
        ):
            position += 1
        if position < len(line) and line[position] not in BLANKS:
            raise MisfitError("nul_byte" if line[position] == 0 else "bad_header")
    for place in range(position, len(line)):
        if line[place] == 0:
            raise MisfitError("nul_byte")
        if place >= MAX_LINE:
            raise MisfitError("long_line")
    event, bx, orbit, run = values
    return Event(event, bx, orbit, run)


def _skip(line: bytes, position: int, what: bytes) -> int:
    while position < len(line) and line[position] in what and position < MAX_LINE:
        position += 1
    return position


def _check_rule(lines: _Lines, final: bool) -> bool:
    """Pass the line behind a header; returns whether it was a text rather than a rule."""
    line, terminated = lines.peek()
    before = lines.passed
    for place, byte in enumerate(line):
        if byte == 0:
            raise MisfitError("nul_byte", before)
        if place >= MAX_LINE:
            raise MisfitError("long_line", before)
    has_digit = any(48 <= byte <= 57 for byte in line)
    has_dash = b"-" in line
    has_other = any(byte not in b"0123456789-" + BLANKS for byte in line)
    if not terminated:
        cut_rule = has_dash and final
        raise MisfitError(
            "unterminated_line" if has_digit or has_other or cut_rule else "missing_rule", before
        )
    if has_digit and not has_other and not has_dash:
        raise MisfitError("missing_rule", before)
    lines.take()
    return has_other or has_digit or not has_dash


def _read_end(text: bytes, lines: _Lines, start: int, stop: int, final: bool, has_pulses: bool) -> int | None:
    """Pass the rules that end an event; returns where data begin that belong to no event."""
    line, terminated = lines.peek()
    body = line.lstrip(BLANKS)
    dashes = len(body) - len(body.lstrip(b"-"))
    is_rule = dashes >= 10
    rest = body[dashes:].lstrip(BLANKS)
    blanks = len(body) - dashes - len(rest)
    if dashes > MAX_LINE:
        raise MisfitError("long_line", lines.passed)
    is_cut_short = final and not terminated
    if dashes + blanks > MAX_LINE or (dashes + blanks == MAX_LINE and rest):
        raise MisfitError("long_line", lines.passed)
    if rest and not is_cut_short:
        raise MisfitError("nul_byte" if rest.startswith(b"\0") else "bad_character", lines.passed)
    if not rest and not is_rule and not is_cut_short:
        raise MisfitError("bad_character" if terminated else "unterminated_line", lines.passed)
    stray = _stray(text, lines.position, stop, final=final)
    reached = stop if stray is None else stray
    if reached - start > MAX_EVENT:
        raise MisfitError("long_event", lines.passed + text.count(b"\n", lines.position, reached))
    if stray is not None and not has_pulses:
        raise MisfitError("misplaced_rule", lines.passed + text.count(b"\n", lines.position, stray))
    return stray


def _stray(text: bytes, start: int, stop: int, *, final: bool) -> int | None:
    """Position of the first byte that is no dash, blank or newline; a last line that begins with a dash may be cut."""
    found = re.search(rb"[^- \t\r\n]", text[start:stop])
    if not found:
        return None
    position = start + found.start()
    line_start = max(text.rfind(b"\n", start, position) + 1, start)
    is_last = text.find(b"\n", position, stop) < 0
    if final and is_last and text[line_start:].lstrip(BLANKS).startswith(b"-"):
        return None
    return position


def _read_pulse(lines: _Lines) -> tuple[Pulse, bool]:
    before = lines.passed
    line, terminated = lines.take()
    adc = _read_numbers(line, before)
    if not terminated:
        raise MisfitError("unterminated_line", before)
    if len(adc) < 22:
        raise MisfitError("field_count", before)
    if adc[0] not in FIBRES or adc[1] not in CABLES:
        raise MisfitError("unknown_input", before)
    before = lines.passed
    line, terminated = lines.take()
    start = line.lstrip(BLANKS)
    if len(line) - len(start) < MAX_LINE and (start.startswith(b"-") or (not start and not terminated)):
        raise MisfitError("missing_tdc_line", before)
    tdcs = _read_numbers(line, before)
    if not terminated:
        raise MisfitError("unterminated_line", before)
    if len(tdcs) >= 22:
        raise MisfitError("missing_tdc_line", before)
    if len(tdcs) > 20:
        raise MisfitError("field_count", before)
    if any(code > 63 for code in tdcs):
        raise MisfitError("value_range", before)
    return Pulse(adc[0], adc[1], adc[2:22], tdcs), len(adc) > 22


def _read_numbers(line: bytes, before: int) -> list[int]:
    """Numbers of a line, from left to right, up to the first misfit."""
    numbers = []
    position = 0
    while position < len(line):
        byte = line[position]
        if byte in BLANKS:
            position += 1
            if position > MAX_LINE:
                raise MisfitError("long_line", before)
            continue
        digits = re.match(rb"[0-9]*", line[position:]).group()
        if not digits:
            raise MisfitError("nul_byte" if byte == 0 else "bad_character", before)
        if len(digits) > 3 or int(digits) > 255:
            raise MisfitError("value_range", before)
        numbers.append(int(digits))
        position += len(digits)
        if position < len(line) and line[position] not in BLANKS:
            raise MisfitError("nul_byte" if line[position] == 0 else "bad_character", before)
    return numbers
