"""What a file of events was made from: stored in the file, and checked when it is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import fsspec

from .._version import __version__
from ..detector.channels import Side, find_side
from ..errors import EventsFileError
from ..events.runs import RunSpan

__all__ = ["PROVENANCE_KEY", "InputFile", "Provenance", "checksum"]

#: name of the string in a ROOT file, and of the metadata entry in a Parquet file
PROVENANCE_KEY: Final = "provenance"


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, as `InputFile` has it."""
    with fsspec.open(str(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class InputFile:
    """A dump: its path as it was given, its size as stored, and its SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What a file of events was made from, and what it must hold.

    Parameters
    ----------
    read
        The account of the reading, as `ReadReport.as_dict` gives it.
    runs
        Events and orbits (wraps undone) of each run.
    coverage
        The same for each dump, and for each capture within it, by itself and in their order: in between nothing was
        recorded.
    order
        What went backwards, as `EventOrder.as_dict` gives it, and how many events are there twice.
    charge_window
        The numbers that the charges were measured with.
    """

    side: Side
    side_assumed: bool
    entries: int
    inputs: tuple[InputFile, ...]
    read: dict[str, Any]
    runs: dict[int, RunSpan]
    coverage: tuple[dict[int, RunSpan], ...]
    order: dict[str, Any]
    charge_window: dict[str, int]
    version: str = __version__

    def to_json(self) -> str:
        """Write as JSON; the same inputs give the same text."""
        return json.dumps(
            {
                "bhm_columnar": self.version,
                "side": self.side.name,
                "side_assumed": self.side_assumed,
                "entries": self.entries,
                "inputs": [asdict(one) for one in self.inputs],
                "read": self.read,
                "runs": _spans_as_dict(self.runs),
                "coverage": [_spans_as_dict(spans) for spans in self.coverage],
                "order": self.order,
                "charge_window": self.charge_window,
            }
        )

    @classmethod
    def from_json(cls, text: str, path: str | Path) -> Provenance:
        """Read back what `to_json` wrote.

        Raises
        ------
        EventsFileError
            If the text is not one.
        """
        try:
            content = json.loads(text)
            return cls(
                side=find_side(content["side"]),
                side_assumed=content["side_assumed"],
                entries=content["entries"],
                inputs=tuple(InputFile(**one) for one in content["inputs"]),
                read=content["read"],
                runs=_read_spans(content["runs"]),
                coverage=tuple(_read_spans(spans) for spans in content["coverage"]),
                order=content["order"],
                charge_window=content["charge_window"],
                version=content["bhm_columnar"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise EventsFileError(
                f"its provenance cannot be read ({error!r})", where=path, hint="convert the dumps again"
            ) from error

    def check_entries(self, found: int, path: str | Path) -> None:
        """Compare with the number of events in the file.

        Raises
        ------
        EventsFileError
            If events are missing.
        """
        if found != self.entries:
            raise EventsFileError(
                f"holds {found} events of {self.entries}",
                where=path,
                hint="it is damaged: convert the dumps again",
            )


def _spans_as_dict(spans: Mapping[int, RunSpan]) -> dict[str, dict[str, int]]:
    return {str(run): asdict(span) for run, span in spans.items()}


def _read_spans(content: Mapping[str, dict[str, int]]) -> dict[int, RunSpan]:
    return {int(run): RunSpan(**span) for run, span in content.items()}
