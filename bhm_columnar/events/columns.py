"""The columns of an event: one table that the reader, the writers, the schema and the documentation share.

A file holds them flat, as NanoAOD does: scalars, ``nPulse``, one ``Pulse_*`` list per pulse column, and two lists of
their own for what has its own length: ``PulseSample`` (20 per pulse) and ``PulseTdc`` (``Pulse_nTdc`` per pulse).
In memory the last two are ``Pulse.samples`` and ``Pulse.tdcs``. They are not called ``Pulse_samples`` in the file
because readers of NanoAOD zip everything that begins with ``Pulse_`` into lists of ``nPulse``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["CODES", "COLUMNS", "EVENT_COLUMNS", "N_PULSE", "PULSE_COLUMNS", "SAMPLES", "Column"]


@dataclass(frozen=True)
class Column:
    """One column: what it is called in memory and in a file, its type, unit and meaning."""

    name: str
    branch: str
    level: Literal["event", "pulse", "sample", "code"]
    dtype: str
    unit: str
    meaning: str
    derived: bool = False


def _pulse(name: str, dtype: str, unit: str, meaning: str, *, derived: bool = False) -> Column:
    return Column(name, f"Pulse_{name}", "pulse", dtype, unit, meaning, derived)


#: number of pulses of each event, the length of every ``Pulse_*`` list
N_PULSE: Final = "nPulse"
SAMPLES: Final = Column(
    "samples", "PulseSample", "sample", "uint8", "ADC code", "the 20 ADC samples, one per BX"
)
CODES: Final = Column(
    "tdcs", "PulseTdc", "code", "uint8", "0.5 ns", "all TDC codes of the pulse, none to twenty"
)

COLUMNS: Final = (
    Column("run", "run", "event", "int32", "", "CMS run number"),
    Column("event", "event", "event", "int64", "", "event number of the dump"),
    Column(
        "orbit",
        "orbit",
        "event",
        "int64",
        "orbits",
        "orbit counter; in converted files, wraps of 2^32 are added",
    ),
    Column(
        "bx", "bx", "event", "int16", "BX", "bunch crossing of the board, 0..3563, not aligned to LHC slots"
    ),
    Column("uhtr", "uhtr", "event", "int16", "", "board: 4 (+Z, beam 1) or 11 (-Z, beam 2)"),
    _pulse("fibre", "int16", "", "optical fibre of the board, 3..8"),
    _pulse("cable", "int16", "", "channel on the fibre, 0..3"),
    _pulse("side", "int16", "", "+1 for +Z, -1 for -Z", derived=True),
    _pulse("channel", "int16", "", "unit 0..39 (PN01..10, PF, MN, MF), -1 not connected", derived=True),
    _pulse("nTdc", "int16", "", "number of TDC codes", derived=True),
    _pulse("tdc", "int16", "0.5 ns", "first TDC code, -1 if there is none", derived=True),
    _pulse("tdc2", "int16", "0.5 ns", "second TDC code, -1 if there is none", derived=True),
    _pulse("peak", "int16", "ADC code", "largest of the 20 samples", derived=True),
    _pulse(
        "charge", "float32", "fC", "charge of the pulse above its pedestal, nominal QIE10 table", derived=True
    ),
    SAMPLES,
    CODES,
)
EVENT_COLUMNS: Final = tuple(column for column in COLUMNS if column.level == "event")
PULSE_COLUMNS: Final = tuple(column for column in COLUMNS if column.level == "pulse")
