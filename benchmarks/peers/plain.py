"""Read a dump as the earlier program did: line by line, with Python lists that become arrays at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["read_plainly"]

_RULE: Final = "-" * 75
_HEADER: Final = "--- START"
#: words of a header that hold event, BX, orbit and run, each with a comma behind it
_WORDS: Final = (3, 5, 7, 9)
_TYPES: Final = {
    "event": np.uint32,
    "bx": np.uint16,
    "orbit": np.uint64,
    "run": np.uint32,
    "tdc": np.uint8,
    "tdc2": np.int8,
    "samples": np.uint8,
    "input": np.uint8,
}


def read_plainly(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the pulses with one or two TDC codes: one array per column, with channel and peak."""
    lists: dict[str, list[Any]] = {name: [] for name in _TYPES}
    events, bxs, orbits, runs, tdcs, tdc2s, samples, inputs = lists.values()
    with path.open(encoding="latin-1", newline="\n") as file:
        for line in file:
            if "\0" in line:
                raise ValueError("a NUL in the dump")
            if _RULE in line:
                continue
            if _HEADER in line:
                words = [word for word in line.split(" ") if word]
                event, bx, orbit, run = (int(words[place].rstrip(",\n")) for place in _WORDS)
                next(file)
                continue
            numbers = [int(word) for word in line[:-1].split(" ") if word]
            codes = [int(word) for word in next(file)[:-1].split(" ") if word]
            if len(codes) not in (1, 2):
                continue
            events.append(event)
            bxs.append(bx)
            orbits.append(orbit)
            runs.append(run)
            tdcs.append(codes[0])
            tdc2s.append(codes[1] if len(codes) == 2 else -1)
            samples.append(numbers[2:22])
            inputs.append(numbers[:2])
    columns = {name: np.array(values, dtype=_TYPES[name]) for name, values in lists.items()}
    columns["channel"] = 10 * columns["input"][:, 0] + columns["input"][:, 1]
    columns["peak"] = columns["samples"].max(axis=1)
    return columns
