"""What the fast way through the usual form of events reads, the slow twin reads, too; the slightest change leads around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_reader import check_same
from tests.strategies import damaged_dumps

HEADER = "--- START EVT: {}, BX: 237, ORB: 1000005, RUN: 380000\n"
RULE = "-" * 75 + "\n"
DEBUG = f"{RULE}{'-' * 27} START EVENT: {{}}, BX: 237, ORBIT: 1000005, RUN: 380000 dbg 0x1f {'-' * 27}\n"
FIRST = "5 2 5 4 3 6 4 150 103 60 5 4 3 5 5 3 1 4 6 3 4 5"
PULSE = f"{FIRST} \n31 7 \n"
#: blanks and digits, their neighbours, what differs from them in one bit, and what means something elsewhere
BYTES = b"\0\t\n\x0b\r\x10\x18\x1f !$,-./0123456789:;@APSp\xa0\xb0\xb9\xff"
#: so much of usual text behind what is tried that it is not the end of the text that leads around the fast way
TAIL = "".join(HEADER.format(number) + RULE + PULSE * 2 for number in range(3)).encode()


@given(damaged_dumps(), st.sampled_from([64, 1 << 20]))
@settings(max_examples=100)
def test_damage_before_usual_events(text: bytes, chunk_bytes: int) -> None:
    check_same(text + TAIL, chunk_bytes)


@pytest.mark.parametrize(
    "pulse", [PULSE, f"{FIRST}\n\n", f"3 0{' 255' * 20} \n0 63\n", f"8 3{' 12' * 20}\n9 \n"]
)
def test_every_byte_of_a_pulse_replaced(pulse: str) -> None:
    good = pulse.encode()
    tried = (good[:place] + bytes([byte]) + good[place + 1 :] for place in range(len(good)) for byte in BYTES)
    head = (HEADER.format(1) + RULE).encode()
    reading = check_same(b"".join(head + one + good for one in tried) + TAIL, 1 << 20)
    assert len(reading.events) > 200
    assert set(reading.skipped) >= {"nul_byte", "bad_character", "value_range", "unknown_input"}


@pytest.mark.parametrize("header", [HEADER, DEBUG])
def test_every_byte_of_a_header_replaced(header: str) -> None:
    good = (header.format(7) + RULE).encode()
    tried = (
        good[:place] + bytes([byte]) + good[place + 1 :]
        for place in range(len(good))
        for byte in b"\0\n\r ,-9S\xff"
    )
    reading = check_same(b"".join(one + PULSE.encode() for one in tried) + TAIL, 1 << 20)
    assert len(reading.events) > 300
    assert set(reading.skipped) >= {"nul_byte", "bad_header"}


def test_numbers_of_headers_around_their_limits() -> None:
    values = [0, 237, 3563, 3564, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 10**10 - 1, 10**10, 2**64 + 5]
    texts = []
    for place in range(4):
        for value in values:
            numbers = [1, 237, 1000005, 380000]
            numbers[place] = value
            texts.append(
                f"--- START EVT: {numbers[0]}, BX: {numbers[1]}, ORB: {numbers[2]}, RUN: {numbers[3]}\n"
            )
    reading = check_same("".join(text + RULE + PULSE for text in texts).encode() + TAIL, 1 << 20)
    assert reading.skipped == {"header_range": 4 + 8 + 4 + 6}


def test_rules_of_every_length() -> None:
    texts = [HEADER.format(1) + "-" * dashes + "\n" + PULSE for dashes in range(1, 100)]
    texts += [HEADER.format(1) + RULE + PULSE + "-" * dashes + "\n" for dashes in range(1, 100)]
    texts += [HEADER.format(1) + "-" * dashes + "\n" + PULSE for dashes in (999, 1000, 1001)]
    texts += [HEADER.format(1) + RULE + PULSE + "-" * dashes + "\n" for dashes in (999, 1000, 1001)]
    reading = check_same("".join(texts).encode() + TAIL, 1 << 20)
    assert reading.skipped == {"bad_character": 9, "long_line": 2}


@pytest.mark.parametrize("n_codes", range(24))
def test_so_many_codes(n_codes: int) -> None:
    codes = " ".join(map(str, range(n_codes)))
    text = HEADER.format(1) + RULE + PULSE + f"{FIRST} \n{codes} \n" + PULSE
    reading = check_same(text.encode() + TAIL, 1 << 20)
    assert len(reading.events) == (4 if n_codes <= 20 else 3)
