"""Feed the reader with what atheris finds interesting: `python -m tests.fuzz.fuzz_reader text|uhtr [libFuzzer options]`.

The kernels run in pure Python, so that every branch of the scanner is seen. Text must read as the slow twin reads it, in two
sizes of chunks; a .uhtr file must be read or refused with an error of ours.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ["NUMBA_DISABLE_JIT"] = "1"

import atheris

with atheris.instrument_imports(include=["bhm_columnar.io", "bhm_columnar.events"]):
    from bhm_columnar.errors import DumpError
    from bhm_columnar.io.uhtr import HIT_BYTES, scan_uhtr
    from tests.property.test_reader import Source, check_same

_HEADER = b"--- START a 1 b 2 c 3 d 4\n"
#: what replaces single bytes that are rare in dumps, so that a few bytes of input make long lines
_WORDS = {
    0x80: b"--- START",
    0x81: _HEADER,
    0x82: b"-" * 75 + b"\n",
    0x83: b"3 0" + b" 5" * 20 + b"\n",
    0x84: b"6\n",
    0x85: b" " * 990,
    0x86: b"-" * 990,
    0x87: b"7 " * 490,
    0x88: b"--- START EVT: 7, BX: 3563, ORB: 4294967295, RUN: 2147483647\n",
}


def fuzz_text(data: bytes) -> None:
    """Compare both readers on a text, in one piece and in small ones."""
    text = b"".join(_WORDS.get(byte, bytes([byte])) for byte in data)
    for chunk_bytes in (64, 1 << 16):
        check_same(text, chunk_bytes)


def fuzz_uhtr(data: bytes) -> None:
    """Read a ``.uhtr`` file, with and without a count that fits."""
    fitting = b"\1" + ((len(data) - 5) // HIT_BYTES & 0xFFFFFFFF).to_bytes(4, "big") + data[5:]
    for content in (data, fitting):
        source = Source(content)
        try:
            flat = scan_uhtr(source)
        except DumpError:
            continue
        if len(flat.fibre) * HIT_BYTES + 5 != len(content):
            raise AssertionError("hits were lost")
        if flat.pulse_offsets[-1] != len(flat.fibre) or flat.code_offsets[-1] != len(flat.codes):
            raise AssertionError("offsets do not fit")


#: where fuzzing begins: events of one and two pulses, in both styles, cut short, and hits
_SEEDS = {
    "text": [
        b"\x81\x82\x83\x84",
        b"\x82\x88\x82\x83\x84\x83\n\x82\x81\x82",
        b"\x81\x82\x83\x84\x82x--- STA",
        b"\x81\x82\x85\x83\x84\x86--- START\x81\x87",
    ],
    "uhtr": [b"\1\0\0\0\0", b"\1\0\0\0\1" + bytes(9) + b"\3\0" + bytes(31)],
}


def main() -> None:
    """Run the target that is named first."""
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as corpus:
        for k, seed in enumerate(_SEEDS[name]):
            (Path(corpus) / str(k)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], {"text": fuzz_text, "uhtr": fuzz_uhtr}[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
