"""Events as flat columns, before they become awkward arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import Side
from ..detector.qie import N_SAMPLES
from ..events._kernels import PulseArrays, fill_pulses
from ..events.derived import make_recipe

__all__ = ["FlatEvents", "Table", "derive_table", "join_tables"]

_ALIGNMENT: Final = 64  # bytes of a line of the cache
_SHORTS: Final = 8
# columns of a table, and bytes of a row of those of events and of pulses
_COLUMNS: Final = 17
_ROW_BYTES: Final = (8 + 2 + 8 + 4 + 8, 2 * _SHORTS + 4 + N_SAMPLES + 8)
_SCALARS: Final = ("event", "bx", "orbit", "run")


class _Block:
    """One piece of memory that arrays are cut out of."""

    def __init__(self, size: int) -> None:
        self._bytes = np.empty(size + _ALIGNMENT * _COLUMNS, dtype=np.uint8)
        self._used = 0

    def take(self, n: int, dtype: npt.DTypeLike) -> Any:
        """Cut out the next array of n values."""
        start = self._used
        stop = start + n * np.dtype(dtype).itemsize
        self._used = -(-stop // _ALIGNMENT) * _ALIGNMENT
        return self._bytes[start:stop].view(dtype)


@dataclass(frozen=True)
class Table:
    """What a dump holds, with every derived column: n events, m pulses, k TDC codes.

    Pulses of event i are rows ``pulse_offsets[i]`` to ``pulse_offsets[i + 1]``; codes of pulse j follow from
    ``pulses.code_offsets`` likewise.
    """

    event: npt.NDArray[np.int64]
    bx: npt.NDArray[np.int16]
    orbit: npt.NDArray[np.int64]
    run: npt.NDArray[np.int32]
    pulse_offsets: npt.NDArray[np.int64]
    pulses: PulseArrays
    codes: npt.NDArray[np.uint8]

    @classmethod
    def make(cls, n_events: int, n_pulses: int, n_codes: int) -> Table:
        """Make room for so much, in one block of memory; pages that stay empty cost nothing.

        One large block gets huge pages where the system has them; fresh pages of 4 kB take as long as the scanning.
        """
        room = _Block(_ROW_BYTES[0] * (n_events + 1) + _ROW_BYTES[1] * (n_pulses + 1) + n_codes)
        table = cls(
            event=room.take(n_events, np.int64),
            bx=room.take(n_events, np.int16),
            orbit=room.take(n_events, np.int64),
            run=room.take(n_events, np.int32),
            pulse_offsets=room.take(n_events + 1, np.int64),
            pulses=PulseArrays._make(
                [
                    *(room.take(n_pulses, np.int16) for _ in range(_SHORTS)),
                    room.take(n_pulses, np.float32),
                    room.take(n_pulses * N_SAMPLES, np.uint8).reshape(-1, N_SAMPLES),
                    room.take(n_pulses + 1, np.int64),
                ]
            ),
            codes=room.take(n_codes, np.uint8),
        )
        table.pulse_offsets[0] = table.pulses.code_offsets[0] = 0
        return table

    def fits(self, n_events: int, n_pulses: int, n_codes: int) -> bool:
        """Whether there is room for so much."""
        return (
            n_events <= len(self.event) and n_pulses <= len(self.pulses.peak) and n_codes <= len(self.codes)
        )

    def cut(self, n_events: int, n_pulses: int, n_codes: int) -> Table:
        """Return the beginning, without a copy."""
        columns: list[Any] = list(self.pulses)
        offsets = columns.pop()
        scalars: dict[str, Any] = {name: getattr(self, name)[:n_events] for name in _SCALARS}
        return Table(
            **scalars,
            pulse_offsets=self.pulse_offsets[: n_events + 1],
            pulses=PulseArrays._make([*(column[:n_pulses] for column in columns), offsets[: n_pulses + 1]]),
            codes=self.codes[:n_codes],
        )


@dataclass(frozen=True)
class FlatEvents:
    """What a dump holds, as flat arrays: n events, m pulses, k TDC codes.

    Pulses of event i are rows ``pulse_offsets[i]`` to ``pulse_offsets[i + 1]``, codes of pulse j likewise.
    """

    event: npt.NDArray[np.int64]
    bx: npt.NDArray[np.int16]
    orbit: npt.NDArray[np.int64]
    run: npt.NDArray[np.int32]
    pulse_offsets: npt.NDArray[np.int64]
    fibre: npt.NDArray[np.int16]
    cable: npt.NDArray[np.int16]
    samples: npt.NDArray[np.uint8]
    code_offsets: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]

    @classmethod
    def empty(cls) -> FlatEvents:
        """Make one that holds no events."""
        return cls(
            event=np.empty(0, dtype=np.int64),
            bx=np.empty(0, dtype=np.int16),
            orbit=np.empty(0, dtype=np.int64),
            run=np.empty(0, dtype=np.int32),
            pulse_offsets=np.zeros(1, dtype=np.int64),
            fibre=np.empty(0, dtype=np.int16),
            cable=np.empty(0, dtype=np.int16),
            samples=np.empty((0, N_SAMPLES), dtype=np.uint8),
            code_offsets=np.zeros(1, dtype=np.int64),
            codes=np.empty(0, dtype=np.uint8),
        )


def derive_table(flat: FlatEvents, side: Side) -> Table:
    """Add the derived columns."""
    table = Table.make(len(flat.event), len(flat.fibre), len(flat.codes))
    for name in ("event", "bx", "orbit", "run", "pulse_offsets", "codes"):
        getattr(table, name)[:] = getattr(flat, name)
    inputs = np.stack([flat.fibre, flat.cable], axis=1)
    fill_pulses(inputs, flat.samples, flat.code_offsets, flat.codes, make_recipe(side), table.pulses, 0, 0)
    return table


def join_tables(parts: Sequence[Table]) -> Table:
    """Join tables of texts that follow one another; at least one."""
    if len(parts) == 1:
        return parts[0]
    scalars: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in (*_SCALARS, "codes")
    }
    columns: list[Any] = list(zip(*(part.pulses for part in parts), strict=True))
    offsets = _join_offsets(columns.pop())
    pulses = PulseArrays._make([*(np.concatenate(column) for column in columns), offsets])
    return Table(
        **scalars, pulses=pulses, pulse_offsets=_join_offsets([part.pulse_offsets for part in parts])
    )


def _join_offsets(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    bases = np.cumsum([part[-1] for part in parts[:-1]])
    shifted = (part[1:] + base for part, base in zip(parts[1:], bases, strict=True))
    return np.concatenate([parts[0], *shifted])
