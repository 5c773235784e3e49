"""Compiled writer of dump text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._jit import njit

__all__ = ["format_events"]

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]


@njit
def _put_text(out: Bytes, i: int, text: Bytes) -> int:
    for k in range(text.size):
        out[i + k] = text[k]
    return i + text.size


@njit
def _put_number(out: Bytes, i: int, value: int, width: int) -> int:
    """Write a number, right-aligned in `width` if it is shorter."""
    digits = 1
    rest = value // 10
    while rest > 0:
        digits += 1
        rest //= 10
    length = max(digits, width)
    for k in range(length - digits):
        out[i + k] = 32
    for k in range(digits):
        out[i + length - 1 - k] = 48 + value % 10
        value //= 10
    return i + length


@njit
def format_events(
    out: Bytes,
    words: Bytes,
    word_offsets: Longs,
    width: int,
    first: int,
    last: int,
    numbers: Longs,
    pulse_offsets: Longs,
    inputs: Longs,
    samples: Bytes,
    code_offsets: Longs,
    codes: Bytes,
) -> int:
    """Write events `first` to `last` - 1 as text; returns the number of bytes.

    `numbers` holds event, BX, orbit and run, shape (n, 4); `words` the five texts around them one behind another, the
    last of them up to and including the rule; a sample takes at least `width` places.
    """
    i = 0
    for event in range(first, last):
        for k in range(4):
            i = _put_text(out, i, words[word_offsets[k] : word_offsets[k + 1]])
            i = _put_number(out, i, numbers[event, k], 0)
        i = _put_text(out, i, words[word_offsets[4] : word_offsets[5]])
        for pulse in range(pulse_offsets[event], pulse_offsets[event + 1]):
            for k in range(2):
                i = _put_number(out, i, inputs[pulse, k], 0)
                out[i] = 32
                i += 1
            for k in range(samples.shape[1]):
                i = _put_number(out, i, int(samples[pulse, k]), width)
                if width == 0:
                    out[i] = 32
                    i += 1
            out[i] = 10
            i += 1
            for k in range(code_offsets[pulse], code_offsets[pulse + 1]):
                i = _put_number(out, i, int(codes[k]), 0)
                out[i] = 32
                i += 1
            out[i] = 10
            i += 1
    return i
