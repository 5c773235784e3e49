"""Look into dumps before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, FIBRES, Side
from ..detector.qie import LINK_WORDS, N_TDC, TDC_MEANINGS
from .dump import DEFAULT_CHUNK, iterate_source
from .folders import DumpFiles
from .report import ReadReport
from .source import OnBytes, open_source

__all__ = ["FileInspection", "inspect_dumps"]


@dataclass(frozen=True)
class FileInspection:
    """What one dump holds.

    Parameters
    ----------
    codes
        How often each of the 64 TDC codes occurs, shape (64,).
    n_codes
        How many pulses have no TDC code, one, two, and three or more, shape (4,).
    pulses_of_channel
        Pulses of each of the 40 channels, and of inputs without a unit, shape (41,).
    link_words
        Pulses that look like link words, by fibre, for each of `LINK_WORDS`, shape (2, 9).
    """

    path: str
    side: Side
    report: ReadReport
    codes: npt.NDArray[np.int64]
    n_codes: npt.NDArray[np.int64]
    pulses_of_channel: npt.NDArray[np.int64]
    link_words: npt.NDArray[np.int64]

    def as_dict(self) -> dict[str, Any]:
        """Return the form of ``bhm inspect --json``."""
        return {
            "file": self.path,
            "side": self.side.name,
            **self.report.as_dict(),
            "runs": {
                str(run): {
                    "events": span.events,
                    "first_orbit": span.first_orbit,
                    "last_orbit": span.last_orbit,
                }
                for run, span in self.report.runs.items()
            },
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
            "channels": {
                channel.name: int(self.pulses_of_channel[channel.index])
                for channel in CHANNELS
                if channel.side == self.side
            },
            "not_connected": int(self.pulses_of_channel[-1]),
        }


def inspect_dumps(
    dumps: DumpFiles, *, on_bytes: OnBytes | None = None, on_file: Callable[[str], None] | None = None
) -> list[FileInspection]:
    """Read dumps, and say of each what it holds; memory does not grow with their size.

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
    inspections = []
    for one in dumps.sides:
        for path in one.files:
            if on_file is not None:
                on_file(path)
            inspections.append(_inspect(path, one.side, on_bytes))
    return inspections


def _inspect(path: str, side: Side, on_bytes: OnBytes | None) -> FileInspection:
    total = ReadReport()
    codes = np.zeros(N_TDC, dtype=np.int64)
    n_codes = np.zeros(4, dtype=np.int64)
    of_channel = np.zeros(len(CHANNELS) + 1, dtype=np.int64)
    link_words = np.zeros((len(LINK_WORDS), FIBRES.stop), dtype=np.int64)
    with open_source(path, on_bytes) as source:
        for events, report in iterate_source(source, side, chunk_bytes=DEFAULT_CHUNK):
            total += report
            pulses = ak.flatten(events["Pulse"])
            codes += np.bincount(ak.to_numpy(ak.flatten(pulses.tdcs)), minlength=N_TDC)
            n_codes += np.bincount(np.minimum(ak.to_numpy(pulses.nTdc), 3), minlength=4)
            of_channel += np.bincount(
                ak.to_numpy(pulses.channel) % len(of_channel), minlength=len(of_channel)
            )
            fibre, tdc, peak = (ak.to_numpy(pulses[name]) for name in ("fibre", "tdc", "peak"))
            for place, (code, adc) in enumerate(LINK_WORDS):
                link_words[place] += np.bincount(fibre[(tdc == code) & (peak == adc)], minlength=FIBRES.stop)
    return FileInspection(path, side, total, codes, n_codes, of_channel, link_words)
