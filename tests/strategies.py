"""Hypothesis strategies: dumps, and ways to damage them."""

from __future__ import annotations

from hypothesis import strategies as st

RULE = "-" * 75

numbers = st.integers(0, 2**32 - 1)
words = st.sampled_from(["EVT:", "EVENT:", "BX", "ORB:", "x", "--", "#1"])
punctuation = st.sampled_from(["", ",", ";", ":", ".,"])
samples = st.lists(st.integers(0, 255), min_size=20, max_size=23)
codes = st.lists(st.integers(0, 63), max_size=4)


@st.composite
def pulses(draw: st.DrawFn) -> str:
    """Two lines of text."""
    fibre, cable = draw(st.integers(3, 8)), draw(st.integers(0, 3))
    gap = draw(st.sampled_from([" ", "  ", "\t"]))
    end = draw(st.sampled_from(["", " ", "\r"]))
    adc = gap.join(map(str, [fibre, cable, *draw(samples)]))
    return f"{draw(st.sampled_from(['', ' ']))}{adc}{end}\n{' '.join(map(str, draw(codes)))}{end}\n"


@st.composite
def events(draw: st.DrawFn) -> str:
    """A header, a rule and some pulses, in either style."""
    values = [draw(numbers), draw(st.integers(0, 3563)), draw(numbers), draw(st.integers(0, 2**31 - 1))]
    fields = " ".join(f"{draw(words)} {value}{draw(punctuation)}" for value in values)
    is_debug = draw(st.booleans())
    body = "".join(draw(st.lists(pulses(), max_size=3)))
    if is_debug:
        return f"{RULE}\n{'-' * 27} START {fields} dbg 0x1f {'-' * 27}\n{RULE}\n{body}"
    return f"--- START {fields}\n{RULE}\n{body}"


dumps = st.lists(events(), min_size=1, max_size=5).map("".join).map(str.encode)

interesting = st.sampled_from(
    [
        b"\n",
        b"-",
        b"---",
        b"--- START",
        b" ",
        b"\0",
        b"x",
        b"256",
        b"64",
        b"9" * 21,
        b"-" * 12,
        b"\n\n",
        b"S",
        b"6 ",
        b"--- STA",
        b" " * 1001,
        b"-" * 1001,
        b"7 " * 600,
        b"x" * 1200,
    ]
)


@st.composite
def damaged_dumps(draw: st.DrawFn) -> bytes:
    """A dump with bytes flipped, cut out, put in, or spliced with another one."""
    text = draw(dumps)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 40))
        kind = draw(st.sampled_from(["flip", "delete", "insert", "splice", "truncate", "line"]))
        if kind == "flip" and place < len(text):
            text = text[:place] + bytes([draw(st.integers(0, 255))]) + text[place + 1 :]
        elif kind == "delete":
            text = text[:place] + text[place + length :]
        elif kind == "insert":
            text = text[:place] + draw(interesting) + text[place:]
        elif kind == "splice":
            other = draw(dumps)
            text = text[:place] + other[draw(st.integers(0, len(other))) :]
        elif kind == "truncate":
            text = text[:place]
        else:
            start = text.rfind(b"\n", 0, place) + 1
            stop = text.find(b"\n", place) + 1 or len(text)
            text = text[:start] + text[stop:]
    return text
