"""Look into dumps before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, FIBRES, Side
from ..detector.qie import LINK_WORDS, N_TDC, TDC_MEANINGS
from ..events.sequence import EventOrder, follow_events
from .folders import DumpFiles
from .reading import check_headers, iterate_tables
from .report import ReadReport
from .source import OnBytes, open_source
from .table import Table

__all__ = ["Inspection", "SideInspection", "inspect_dumps"]

Counts = npt.NDArray[np.int64]
#: a channel with so many times the pulses of the side's middle channel is called hot
_HOT: Final = 5.0
#: pulses that the middle channel must have before a silent one is called dead
_ENOUGH: Final = 10


@dataclass(frozen=True)
class Inspection:
    """What a dump holds, or (by ``+``) several of a side.

    Parameters
    ----------
    codes
        How often each of the 64 TDC codes occurs, shape (64,).
    n_codes
        How many pulses have no TDC code, one, two, and three or more, shape (4,).
    pulses_of_channel
        Pulses of each of the 40 channels, and of inputs without a unit, shape (41,).
    link_words
        Pulses that look like link words, for each of `LINK_WORDS` by fibre, shape (2, 9).
    order
        What goes backwards.
    """

    side: Side
    report: ReadReport
    codes: Counts
    n_codes: Counts
    pulses_of_channel: Counts
    link_words: Counts
    order: EventOrder

    def __add__(self, other: Inspection) -> Inspection:
        return Inspection(
            self.side,
            self.report + other.report,
            self.codes + other.codes,
            self.n_codes + other.n_codes,
            self.pulses_of_channel + other.pulses_of_channel,
            self.link_words + other.link_words,
            other.order,
        )

    @property
    def dead(self) -> list[str]:
        """Channels of the side without a pulse, if the others have enough of them."""
        counts = self._of_channels()
        return [name for name, n in counts.items() if n == 0 and np.median(list(counts.values())) >= _ENOUGH]

    @property
    def hot(self) -> list[str]:
        """Channels of the side with more than five times the pulses of its middle channel."""
        counts = self._of_channels()
        return [
            name
            for name, n in counts.items()
            if n > _HOT * max(_ENOUGH, float(np.median(list(counts.values()))))
        ]

    def _of_channels(self) -> dict[str, int]:
        mine = [channel for channel in CHANNELS if channel.side == self.side]
        return {channel.name: int(self.pulses_of_channel[channel.index]) for channel in mine}

    def as_dict(self) -> dict[str, Any]:
        """Return the form of ``bhm inspect --json``."""
        spans = self.report.runs
        return {
            **self.report.as_dict(),
            "runs": {
                str(run): {
                    "events": span.events,
                    "first_orbit": span.first_orbit,
                    "last_orbit": span.last_orbit,
                }
                for run, span in spans.items()
            },
            "order": self.order.as_dict(),
            "special_tdc_codes": {
                str(code): {"count": int(self.codes[code]), "meaning": meaning}
                for code, meaning in TDC_MEANINGS.items()
                if self.codes[code]
            },
            "pulses_by_number_of_tdc_codes": dict(
                zip(("0", "1", "2", "3+"), self.n_codes.tolist(), strict=True)
            ),
            "link_words": {
                f"adc_{adc}_at_tdc_{tdc}": {
                    str(fibre): int(by_fibre[fibre]) for fibre in FIBRES if by_fibre[fibre]
                }
                for (tdc, adc), by_fibre in zip(LINK_WORDS, self.link_words, strict=True)
            },
            "channels": self._of_channels(),
            "not_connected": int(self.pulses_of_channel[-1]),
            "dead": self.dead,
            "hot": self.hot,
        }


@dataclass(frozen=True)
class SideInspection:
    """What the dumps of a side hold: file by file, and together in the order of the files."""

    files: dict[str, Inspection]
    together: Inspection

    def as_dict(self) -> dict[str, Any]:
        """Return the form of ``bhm inspect --json``."""
        return {**self.together.as_dict(), "files": {path: one.as_dict() for path, one in self.files.items()}}


def inspect_dumps(
    dumps: DumpFiles, *, on_bytes: OnBytes | None = None, on_file: Callable[[str], None] | None = None
) -> list[SideInspection]:
    """Read dumps, and say what they hold; memory does not grow with their size.

    Parameters
    ----------
    dumps
        From `find_dumps`.
    on_bytes, on_file
        Called with bytes read since the last call, and with the name of each file before it is read.

    Raises
    ------
    DumpError
        If one cannot be read or is no dump.
    """
    sides = []
    for one in dumps.sides:
        files = {}
        order = EventOrder()
        for path in one.files:
            if on_file is not None:
                on_file(path)
            files[path], order = _inspect(path, one.side, order, on_bytes)
        together, *rest = files.values()
        for other in rest:
            together += other
        sides.append(SideInspection(files, replace(together, order=order)))
    return sides


def _inspect(
    path: str, side: Side, order: EventOrder, on_bytes: OnBytes | None
) -> tuple[Inspection, EventOrder]:
    """Inspect a file; `order` goes on from the file before, the file's own begins anew."""
    total = Inspection(
        side,
        ReadReport(),
        np.zeros(N_TDC, dtype=np.int64),
        np.zeros(4, dtype=np.int64),
        np.zeros(len(CHANNELS) + 1, dtype=np.int64),
        np.zeros((len(LINK_WORDS), FIBRES.stop), dtype=np.int64),
        EventOrder(),
    )
    with open_source(path, on_bytes) as source:
        for table, report in iterate_tables(source, side):
            columns = (table.run, table.event, table.orbit, table.bx)
            _, order = follow_events(*columns, order)
            _, of_file = follow_events(*columns, total.order)
            total += _count(table, report, side, of_file)
        check_headers(total.report.headers, path)
    return total, order


def _count(table: Table, report: ReadReport, side: Side, order: EventOrder) -> Inspection:
    pulses = table.pulses
    is_word = [(pulses.tdc == code) & (pulses.peak == adc) for code, adc in LINK_WORDS]
    return Inspection(
        side,
        report,
        np.bincount(table.codes, minlength=N_TDC),
        np.bincount(np.minimum(pulses.n_codes, 3), minlength=4),
        np.bincount(np.where(pulses.channel < 0, len(CHANNELS), pulses.channel), minlength=len(CHANNELS) + 1),
        np.array([np.bincount(pulses.fibre[at], minlength=FIBRES.stop) for at in is_word]),
        order,
    )
