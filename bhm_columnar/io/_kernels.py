"""The byte scanner: one pass over the text of a dump, straight into columns.

The grammar is docs/dump-format.md. Bytes are compared as numbers: 10 is a newline, 32 a space, 45 a dash, 48..57 are
digits. Every buffer has a newline at ``buf[stop]`` that is not part of the text, with `PADDING` bytes in all behind
the text, so the loops need no bounds checks: a line that ends at `stop` has lost its newline.

A scanning function returns the position where it stopped and `OK` or the reason why it stopped there.

Nearly all events of a dump have the form that the board writes: `_scan_usual_events` reads these, taking nothing that the careful
functions above it would not take with the same values, and leaves all others to them.

All of it stands in one module because numba's cache looks at no other file than that of the compiled function.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .._jit import lean_njit, njit

__all__ = [
    "AFTER_RULE",
    "MAX_EVENT",
    "MAX_LINE",
    "N_REASONS",
    "PADDING",
    "Columns",
    "find_last_marker",
    "scan",
]

Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int16]
Longs = npt.NDArray[np.int64]


class Columns(NamedTuple):
    """What `scan` fills, with room for as much as the text can hold.

    Parameters
    ----------
    events
        Event, BX, orbit and run, shape (n, 4).
    pulse_offsets
        First pulse of each event, and the end, shape (n + 1,).
    inputs, samples
        Fibre and cable, and the samples, of each pulse, shapes (m, 2) and (m, 20).
    code_offsets, codes
        First TDC code of each pulse, and the end, shape (m + 1,); the codes.
    counts, first
        Events left out by reason; byte and line (from 0, in this text) of each first case; shapes (14,) and (14, 2).
    unusual
        Counts of what is read although it is unusual: pulses with more than 20 samples, texts behind a header.
    """

    events: Longs
    pulse_offsets: Longs
    inputs: Shorts
    samples: Bytes
    code_offsets: Longs
    codes: Bytes
    counts: Longs
    first: Longs
    unusual: Longs


class Scratch(NamedTuple):
    """Room for one header, and for the numbers of an ADC and a TDC line."""

    values: Longs
    adc: Bytes
    tdc: Bytes


#: bytes behind the text that a buffer must hold, the first of them a newline
PADDING: Final = 16
#: longest line, and most bytes from one header to the next, that are read
MAX_LINE: Final = 1000
MAX_EVENT: Final = 1_000_000

# why a line does not fit, numbered as in report.Reason
OK: Final = -1
NUL: Final = 0
CHARACTER: Final = 1
FIELD_COUNT: Final = 2
VALUE: Final = 3
INPUT: Final = 4
MISSING_TDC: Final = 5
HEADER: Final = 6
HEADER_VALUE: Final = 7
NO_RULE: Final = 8
MISPLACED_RULE: Final = 9
UNTERMINATED: Final = 10
LONG_LINE: Final = 11
LONG_EVENT: Final = 12
NO_HEADER: Final = 13
N_REASONS: Final = 14

# where the scanner stands between two events, or inside one
AFTER_RULE: Final = 0
RESYNC: Final = 1

# what detector/ and docs/dump-format.md allow; a kernel imports nothing
MAX_NUMBER: Final = 2**32 - 1
MAX_RUN: Final = 2**31 - 1
MAX_BX: Final = 3563
FIRST_FIBRE: Final = 3
LAST_FIBRE: Final = 8
LAST_CABLE: Final = 3
N_SAMPLES: Final = 20
N_FIELDS: Final = 2 + N_SAMPLES
MAX_TDC: Final = 63
MAX_DIGITS: Final = 20
# the digits of the largest number; one with more might not fit in 64 bits
MAX_USUAL_DIGITS: Final = 10
MIN_RULE: Final = 10

# more than a pulse in its usual form takes: 22 numbers and 20 codes of at most three digits, and two newlines
USUAL_PULSE: Final = 4 * (N_FIELDS + N_SAMPLES) + 2
# bytes taken together as words, the first of them lowest
EIGHT_DASHES: Final = 0x2D2D_2D2D_2D2D_2D2D
FOUR_ZEROS: Final = 0x2030_2030_2030_2030  # "0 0 0 0 "
FOUR_DIGITS: Final = 0x000F_000F_000F_000F
FOUR_SIXES: Final = 0x0006_0006_0006_0006
FOUR_CARRIES: Final = 0x0010_0010_0010_0010


@lean_njit
def _at(buf: Bytes, i: int) -> int:
    """Byte at `i`, which is not negative: no need to look for places counted from the end."""
    # numba takes the int of a uint8 for a uint64, and compares that with others as floats
    return int(np.int64(buf[np.uintp(i)]))


@lean_njit
def _word_at(buf: Bytes, i: int) -> int:
    """Eight bytes as a number, which is compiled to one load."""
    low = _at(buf, i) | _at(buf, i + 1) << 8 | _at(buf, i + 2) << 16 | _at(buf, i + 3) << 24
    high = _at(buf, i + 4) | _at(buf, i + 5) << 8 | _at(buf, i + 6) << 16 | _at(buf, i + 7) << 24
    return low | high << 32


@lean_njit
def _is_digit(byte: int) -> bool:
    return 48 <= byte <= 57


@lean_njit
def _is_blank(byte: int) -> bool:
    return byte == 32 or byte == 9 or byte == 13


@lean_njit
def _is_marker(buf: Bytes, s: int) -> bool:
    """Whether ``--- START`` stands in the buffer with its S at position `s`."""
    return (
        buf[s] == 83
        and s >= 4
        and buf[s + 1] == 84
        and buf[s + 2] == 65
        and buf[s + 3] == 82
        and buf[s + 4] == 84
        and buf[s - 1] == 32
        and buf[s - 2] == 45
        and buf[s - 3] == 45
        and buf[s - 4] == 45
    )


@lean_njit
def find_last_marker(buf: Bytes, stop: int) -> int:
    """Find the first dash of the last ``--- START`` in ``buf[:stop]``, or -1."""
    for s in range(stop - 5, 3, -1):
        if _is_marker(buf, s):
            return _dashes_start(buf, s - 1)
    return -1


@lean_njit
def _find_marker(buf: Bytes, i: int, stop: int) -> tuple[int, int]:
    """Find the S of the next ``--- START`` from `i` on, or `stop`; count the newlines passed."""
    lines = 0
    while i < stop:
        if buf[i] == 10:
            lines += 1
        elif _is_marker(buf, i):
            break
        i += 1
    return i, lines


@lean_njit
def _dashes_end(buf: Bytes, i: int) -> int:
    while _word_at(buf, i) == EIGHT_DASHES:
        i += 8
    while _at(buf, i) == 45:
        i += 1
    return i


@lean_njit
def _dashes_start(buf: Bytes, i: int) -> int:
    """First of the dashes before position `i`."""
    while i > 0 and buf[i - 1] == 45:
        i -= 1
    return i


@lean_njit
def _blanks_end(buf: Bytes, i: int, limit: int) -> int:
    while _is_blank(buf[i]) and i < limit:
        i += 1
    return i


@lean_njit
def _misfit(byte: int) -> int:
    """Say why a byte cannot stand where a number should."""
    return NUL if byte == 0 else CHARACTER


@lean_njit
def _scan_row(buf: Bytes, i: int, row: Bytes) -> tuple[int, int, int]:
    """Read a line of numbers 0..255 into `row`, and count them; those that do not fit in `row` are only counted.

    Returns position, reason, and how many numbers.
    """
    limit = i + MAX_LINE
    n = 0
    while True:
        byte = buf[i]
        if _is_digit(byte):
            value = int(byte) - 48
            i += 1
            byte = buf[i]
            if _is_digit(byte):
                value = value * 10 + int(byte) - 48
                i += 1
                byte = buf[i]
                if _is_digit(byte):
                    value = value * 10 + int(byte) - 48
                    i += 1
                    byte = buf[i]
                    if value > 255 or _is_digit(byte):
                        return i, VALUE, n
            if n < row.size:
                row[n] = value
            n += 1
            if not (byte == 32 or byte == 10 or _is_blank(byte)):
                return i, _misfit(byte), n
        elif byte == 10:
            return i, OK, n
        elif _is_blank(byte):
            i += 1
            if i > limit:
                return i, LONG_LINE, n
        else:
            return i, _misfit(byte), n


@lean_njit
def _scan_number(buf: Bytes, i: int, largest: int) -> tuple[int, int, int]:
    """Read a number of a header and the punctuation behind it; returns position, reason, number."""
    first = i
    value = 0
    while _is_digit(buf[i]):
        if value <= largest:
            value = value * 10 + int(buf[i]) - 48
        i += 1
        if i - first > MAX_DIGITS:
            return i, HEADER_VALUE, value
    if i == first:
        return i, NUL if buf[i] == 0 else HEADER, value
    if value > largest:
        return i, HEADER_VALUE, value
    while (buf[i] == 44 or buf[i] == 46 or buf[i] == 58 or buf[i] == 59) and i - first <= MAX_LINE:
        i += 1
    return i, OK, value


@lean_njit
def _scan_label(buf: Bytes, i: int, limit: int) -> tuple[int, int]:
    """Pass a word of any kind and the blanks around it."""
    i = _blanks_end(buf, i, limit)
    while buf[i] != 10 and not _is_blank(buf[i]):
        if buf[i] == 0:
            return i, NUL
        if i >= limit:
            return i, LONG_LINE
        i += 1
    i = _blanks_end(buf, i, limit)
    return i, LONG_LINE if i >= limit else OK


@lean_njit
def _scan_header(buf: Bytes, i: int, values: Longs) -> tuple[int, int]:
    """Read ``label event label bx label orbit label run ...`` into `values`, from behind START to the newline."""
    limit = i + MAX_LINE
    largest = (MAX_NUMBER, MAX_BX, MAX_NUMBER, MAX_RUN)
    for k in range(4):
        i, reason = _scan_label(buf, i, limit)
        if reason != OK:
            return i, reason
        i, reason, values[k] = _scan_number(buf, i, largest[k])
        if reason != OK:
            return i, reason
        if buf[i] != 10 and not _is_blank(buf[i]):
            return i, NUL if buf[i] == 0 else HEADER
    while buf[i] != 10:
        if buf[i] == 0:
            return i, NUL
        if _is_marker(buf, i):
            return i, UNTERMINATED
        if i >= limit:
            return i, LONG_LINE
        i += 1
    return i, OK


@lean_njit
def _scan_rule(buf: Bytes, i: int, stop: int, final: bool) -> tuple[int, int, int]:
    """Read the line behind a header: a rule, or a text that cannot be taken for numbers; returns 1 for a text."""
    limit = i + MAX_LINE
    end = _dashes_end(buf, i)
    if buf[end] == 10 and i < end < min(stop, limit):
        return end, OK, 0
    numbers = False
    text = False
    rule = False
    while buf[i] != 10:
        byte = buf[i]
        if byte == 0:
            return i, NUL, 0
        if _is_marker(buf, i):
            return i, UNTERMINATED, 0
        if i >= limit:
            return i, LONG_LINE, 0
        numbers = numbers or _is_digit(byte)
        rule = rule or byte == 45
        text = text or not (_is_digit(byte) or byte == 45 or _is_blank(byte))
        i += 1
    if i == stop:
        return i, UNTERMINATED if numbers or text or (rule and final) else NO_RULE, 0
    if numbers and not (text or rule):
        return i, NO_RULE, 0
    return i, OK, 0 if rule and not (text or numbers) else 1


@lean_njit
def _is_cut_short(buf: Bytes, i: int, stop: int) -> bool:
    """Whether the line at `i` goes on to `stop` without a header in it."""
    while buf[i] != 10:
        if _is_marker(buf, i):
            return False
        i += 1
    return i == stop


@lean_njit
def _scan_dashes(buf: Bytes, i: int, stop: int, final: bool) -> int:
    """Say whether a line that begins with a dash is a rule or a header: `OK` or the reason."""
    first = i
    i = _dashes_end(buf, first)
    is_rule = i - first >= MIN_RULE
    if _is_marker(buf, i + 1):
        return OK
    if i - first > MAX_LINE:
        return LONG_LINE
    i = _blanks_end(buf, i, first + MAX_LINE)
    if i == stop:
        return OK if final or is_rule else UNTERMINATED
    if buf[i] == 10 and is_rule:
        return OK
    if i >= first + MAX_LINE:
        return LONG_LINE
    if final and _is_cut_short(buf, i, stop):
        return OK  # a header that the end of the file cut short
    return _misfit(buf[i])


@lean_njit
def _skip_rules(buf: Bytes, i: int, stop: int, final: bool) -> tuple[int, int, int]:
    """Pass dashes, blanks and newlines up to a header's S or the end; returns position, reason, newlines passed."""
    lines = 0
    line_start = i
    while i < stop:
        byte = buf[i]
        if byte == 10:
            lines += 1
            line_start = i + 1
        elif byte != 45 and not _is_blank(byte):
            if _is_marker(buf, i):
                return i, OK, lines
            line_start = _blanks_end(buf, line_start, i)
            if final and buf[line_start] == 45 and _is_cut_short(buf, i, stop):
                return stop, OK, lines
            return i, NO_HEADER, lines
        i += 1
    return stop, OK, lines


@lean_njit
def _scan_pulse(buf: Bytes, i: int, stop: int, adc: Bytes, tdc: Bytes) -> tuple[int, int, int, int, int]:
    """Read an ADC line into `adc` and its TDC line into `tdc`.

    Returns the start of the line where it stopped (the next line, if all is well), reason, newlines passed, and how
    many numbers each line held.
    """
    end, reason, n_adc = _scan_row(buf, i, adc)
    if reason == OK and end == stop:
        reason = UNTERMINATED
    elif reason == OK and n_adc < N_FIELDS:
        reason = FIELD_COUNT
    elif reason == OK and not (FIRST_FIBRE <= adc[0] <= LAST_FIBRE and adc[1] <= LAST_CABLE):
        reason = INPUT
    if reason != OK:
        return i, reason, 0, n_adc, 0
    i = end + 1
    end = _blanks_end(buf, i, i + MAX_LINE)
    if end == stop or buf[end] == 45:
        return i, MISSING_TDC, 1, n_adc, 0
    end, reason, n_tdc = _scan_row(buf, i, tdc)
    if reason == OK and end == stop:
        reason = UNTERMINATED
    elif reason == OK and n_tdc >= N_FIELDS:
        reason = MISSING_TDC
    elif reason == OK and n_tdc > N_SAMPLES:
        reason = FIELD_COUNT
    if reason == OK:
        for k in range(n_tdc):
            if tdc[k] > MAX_TDC:
                reason = VALUE
    if reason != OK:
        return i, reason, 1, n_adc, n_tdc
    return end + 1, OK, 2, n_adc, n_tdc


@lean_njit
def _scan_event(
    buf: Bytes, i: int, stop: int, final: bool, scratch: Scratch, out: Columns, n_pulses: int, n_codes: int
) -> tuple[int, int, int, int, int]:
    """Read one event from behind its START up to the next header, the end, or what belongs to no event.

    Returns position (the start of the line where it stopped), reason, newlines passed, and the new numbers of pulses
    and codes.
    """
    event_start = i
    first_pulse = n_pulses
    adc, tdc = scratch.adc, scratch.tdc
    end, reason = _scan_header(buf, i, scratch.values)
    if reason == OK and end == stop:
        reason = UNTERMINATED
    if reason != OK:
        return i, reason, 0, n_pulses, n_codes
    i = end + 1
    end, reason, text = _scan_rule(buf, i, stop, final)
    if reason != OK:
        return i, reason, 1, n_pulses, n_codes
    i = end + 1
    lines = 2
    extra = 0
    while True:
        if i - event_start > MAX_EVENT:
            return i, LONG_EVENT, lines, n_pulses, n_codes
        end = _blanks_end(buf, i, i + MAX_LINE)
        if end == stop or buf[end] == 45:
            break
        i, reason, passed, n_adc, n_tdc = _scan_pulse(buf, i, stop, adc, tdc)
        lines += passed
        if reason != OK:
            return i, reason, lines, n_pulses, n_codes
        out.inputs[n_pulses, 0] = adc[0]
        out.inputs[n_pulses, 1] = adc[1]
        for k in range(N_SAMPLES):
            out.samples[n_pulses, k] = adc[k + 2]
        for k in range(n_tdc):
            out.codes[n_codes + k] = tdc[k]
        n_pulses += 1
        n_codes += n_tdc
        out.code_offsets[n_pulses] = n_codes
        extra += n_adc > N_FIELDS
    if end < stop:
        reason = _scan_dashes(buf, end, stop, final)
        if reason != OK:
            return i, reason, lines, n_pulses, n_codes
        i, reason, passed = _skip_rules(buf, end, stop, final)
        lines += passed
        if i - event_start > MAX_EVENT:
            return i, LONG_EVENT, lines, n_pulses, n_codes
        if reason == NO_HEADER and n_pulses == first_pulse:
            return i, MISPLACED_RULE, lines, n_pulses, n_codes
    else:
        i = stop
    out.unusual[0] += extra
    out.unusual[1] += text
    return i, OK, lines, n_pulses, n_codes


@lean_njit
def _scan_usual_header(buf: Bytes, i: int, values: Longs) -> int:
    """Read a header with one space between words and numbers, and at most a comma behind these; returns its end or -1."""
    start = i
    for k in range(4):
        if _at(buf, i) != 32:
            return -1
        i += 1
        while _at(buf, i) > 32:
            i += 1
        if _at(buf, i) != 32:
            return -1
        i += 1
        first = i
        value = 0
        digit = _at(buf, i) - 48
        while 0 <= digit <= 9:
            value = value * 10 + digit
            i += 1
            digit = _at(buf, i) - 48
        if not first < i <= first + MAX_USUAL_DIGITS:
            return -1
        values[np.uintp(k)] = value
        i += _at(buf, i) == 44
    byte = _at(buf, i)
    if byte == 32:
        while byte != 10 and byte != 0 and byte != 83:
            i += 1
            byte = _at(buf, i)
    if byte != 10 or i >= start + MAX_LINE or values[1] > MAX_BX or values[3] > MAX_RUN:
        return -1
    return i if values[0] <= MAX_NUMBER and values[2] <= MAX_NUMBER else -1


@lean_njit
def _scan_usual_number(buf: Bytes, i: int) -> tuple[int, int]:
    """Read a number of one to three digits and a space behind it, or up to a newline; returns its end, or -1, and the number."""
    value = _at(buf, i) - 48
    if not 0 <= value <= 9:
        return -1, 0
    i += 1
    byte = _at(buf, i)
    if byte == 32:
        return i + 1, value
    if 48 <= byte <= 57:
        value = value * 10 + byte - 48
        i += 1
        byte = _at(buf, i)
        if 48 <= byte <= 57:
            value = value * 10 + byte - 48
            i += 1
            byte = _at(buf, i)
    if byte == 32:
        return i + 1, value
    return (i if byte == 10 else -1), value


@lean_njit
def _scan_usual_samples(buf: Bytes, i: int, samples: Bytes, row: int) -> int:
    """Read 20 samples into a row, where they are small four at a time; returns the place of the newline or -1."""
    r = np.uintp(row)
    n = 0
    while n < N_SAMPLES:
        digits = _word_at(buf, i) ^ FOUR_ZEROS
        fits = digits == digits & FOUR_DIGITS and (digits + FOUR_SIXES) & FOUR_CARRIES == 0
        if fits and n <= N_SAMPLES - 4:
            for k in range(4):
                samples[r, np.uintp(n + k)] = digits >> 16 * k & 15
            i += 8
            n += 4
            continue
        i, value = _scan_usual_number(buf, i)
        if i < 0 or value > 255:
            return -1
        samples[r, np.uintp(n)] = value
        n += 1
    return i if _at(buf, i) == 10 else -1


@lean_njit
def _scan_usual_pulse(buf: Bytes, i: int, out: Columns, n_pulses: int, n_codes: int) -> tuple[int, int]:
    """Read a pulse with one space between numbers into row `n_pulses`; returns its end, or -1, and the new `n_codes`."""
    fibre = _at(buf, i) - 48
    cable = _at(buf, i + 2) - 48
    is_input = FIRST_FIBRE <= fibre <= LAST_FIBRE and 0 <= cable <= LAST_CABLE
    if not is_input or _at(buf, i + 1) != 32 or _at(buf, i + 3) != 32:
        return -1, n_codes
    row = np.uintp(n_pulses)
    out.inputs[row, 0] = fibre
    out.inputs[row, 1] = cable
    i = _scan_usual_samples(buf, i + 4, out.samples, n_pulses)
    if i < 0:
        return -1, n_codes
    i += 1
    room = N_SAMPLES
    while _at(buf, i) != 10:
        i, value = _scan_usual_number(buf, i)
        if i < 0 or value > MAX_TDC or room == 0:
            return -1, n_codes
        out.codes[np.uintp(n_codes)] = value
        n_codes += 1
        room -= 1
    return i + 1, n_codes


@lean_njit
def _scan_usual_end(buf: Bytes, i: int) -> tuple[int, int]:
    """Pass dashes up to the S of a header, and at most one rule before it; returns -1 if they are none, and newlines passed."""
    end = _dashes_end(buf, i)
    if _is_marker(buf, end + 1):
        return end + 1, 0
    if _at(buf, end) != 10 or not i + MIN_RULE <= end <= i + MAX_LINE:
        return -1, 0
    end = _dashes_end(buf, end + 1)
    return (end + 1 if _is_marker(buf, end + 1) else -1), 1


@lean_njit
def _scan_usual_events(
    buf: Bytes, start: int, stop: int, out: Columns, n_events: int, n_pulses: int, n_codes: int
) -> tuple[int, int, int, int, int]:
    """Read events from behind a START on, as long as they have the usual form.

    Returns the position behind the START of the first event that has not, newlines passed, and the new numbers of events, pulses
    and codes.
    """
    lines = 0
    while True:
        i = _scan_usual_header(buf, start, out.events[n_events]) + 1
        end = _dashes_end(buf, i)
        if not 0 < i < end < min(stop, i + MAX_LINE) or _at(buf, end) != 10:
            break
        i = end + 1
        passed = 2
        pulse = n_pulses
        code = n_codes
        while 0 < i < stop - USUAL_PULSE and _at(buf, i) != 45:
            i, code = _scan_usual_pulse(buf, i, out, pulse, code)
            pulse += 1
            passed += 2
            out.code_offsets[np.uintp(pulse)] = code
        if not 0 < i < stop - USUAL_PULSE:
            break
        i, rules = _scan_usual_end(buf, i)
        if not 0 < i < min(stop, start + MAX_EVENT):
            break
        start = i + 5
        lines += passed + rules
        n_events += 1
        n_pulses = pulse
        n_codes = code
        out.pulse_offsets[np.uintp(n_events)] = pulse
    return start, lines, n_events, n_pulses, n_codes


@lean_njit
def _note(reason: int, offset: int, line: int, out: Columns) -> None:
    """Count a reason, and keep the byte and line of its first case."""
    if out.counts[reason] == 0:
        out.first[reason, 0] = offset
        out.first[reason, 1] = line
    out.counts[reason] += 1


@njit
def scan(buf: Bytes, stop: int, final: bool, state: int, out: Columns) -> tuple[int, int, int, int, int, int]:
    """Scan ``buf[:stop]``, which ends just before a header or, where `final`, with the file.

    Parameters
    ----------
    state
        `AFTER_RULE` at the start of a file, `RESYNC` in the remains of an event that did not fit.
    out
        Filled with what is read.

    Returns
    -------
    how many events, pulses, codes, headers and newlines there were, and the state at the end
    """
    scratch = Scratch(np.empty(4, np.int64), np.empty(N_FIELDS, np.uint8), np.empty(N_FIELDS, np.uint8))
    n_events = n_pulses = n_codes = headers = lines = i = 0
    out.pulse_offsets[0] = 0
    out.code_offsets[0] = 0
    while True:
        if state == RESYNC:
            i, passed = _find_marker(buf, i, stop)
            lines += passed
        else:
            i, reason, passed = _skip_rules(buf, i, stop, final)
            lines += passed
            if reason != OK:
                _note(reason, i, lines, out)
                state = RESYNC
                continue
        if i >= stop:
            return n_events, n_pulses, n_codes, headers, lines, state
        before = n_events
        begin, passed, n_events, n_pulses, n_codes = _scan_usual_events(
            buf, i + 5, stop, out, n_events, n_pulses, n_codes
        )
        lines += passed
        headers += 1 + n_events - before
        i, reason, passed, pulses, n = _scan_event(buf, begin, stop, final, scratch, out, n_pulses, n_codes)
        if reason != OK:
            # judge the event by its own bytes, as if they ended where the dashes of the next header begin
            following, _ = _find_marker(buf, i, stop)
            if following < stop:
                end = _dashes_start(buf, following - 1)
                buf[end] = 10
                i, reason, passed, pulses, n = _scan_event(
                    buf, begin, end, end == stop, scratch, out, n_pulses, n_codes
                )
                buf[end] = 45
        lines += passed
        if reason == OK:
            for k in range(4):
                out.events[n_events, k] = scratch.values[k]
            n_events += 1
            n_pulses = pulses
            n_codes = n
            out.pulse_offsets[n_events] = n_pulses
            state = AFTER_RULE
        else:
            _note(reason, i, lines, out)
            state = RESYNC
