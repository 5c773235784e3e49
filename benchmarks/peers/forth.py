"""Read a dump with AwkwardForth, the small language in which uproot and others describe how bytes become columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from awkward.forth import ForthMachine64

__all__ = ["read_with_forth"]

#: bytes before the event number, and between it, BX, orbit and run, as the simulation writes headers; the rule behind it
_WORDS: Final = tuple(map(len, ("--- START EVT:", ", BX:", ", ORB:", ", RUN:")))
_RULE: Final = 77
_SAMPLES: Final = 20

_PROGRAM: Final = f"""
input text
output headers int64
output pulses int64
output inputs uint8
output samples uint8
output codes uint8
output ends int64

: header
  {_WORDS[0]} text skip  text skipws  text textint-> headers
  {_WORDS[1]} text skip  text skipws  text textint-> headers
  {_WORDS[2]} text skip  text skipws  text textint-> headers
  {_WORDS[3]} text skip  text skipws  text textint-> headers
  {_RULE} text skip
;

: line ( codes up to the end of the line )
  begin
    text B-> stack
    dup 10 = if drop 1
    else 32 = if 0 else -1 text skip text textint-> codes 0 then
    then
  until
;

: pulse
  2 0 do text skipws text textint-> inputs loop
  {_SAMPLES} 0 do text skipws text textint-> samples loop
  begin text B-> stack 10 = until
  line
  codes len ends <- stack
  1 pulses +<- stack
;

0 pulses <- stack
begin text end invert while
  text B-> stack -1 text skip
  45 = if header 0 pulses +<- stack else pulse then
repeat
"""


def read_with_forth(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read headers, inputs, samples and TDC codes of a sound dump; nothing is checked or derived."""
    machine = ForthMachine64(_PROGRAM)
    machine.run({"text": np.fromfile(path, dtype=np.uint8)})
    found = {name: np.asarray(values) for name, values in machine.outputs.items()}
    return {
        **found,
        "headers": found["headers"].reshape(-1, 4),
        "samples": found["samples"].reshape(-1, _SAMPLES),
    }
