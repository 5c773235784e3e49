"""Files of events as a dataset: found, checked, and grouped by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import awkward as ak

from ..detector.channels import SIDES
from ..errors import DatasetError, SelectionError
from ..events.runs import Reference, RunSpan, find_reference, merge_spans
from ..events.schema import BHMSchema
from ..io.convert import ENDINGS, read_provenance
from ..io.folders import EVENTS_FOLDER, TRUTH_FILE
from ..io.provenance import Provenance
from ..io.root import TREE

__all__ = [
    "EventsFile",
    "check_runs",
    "coverage_of",
    "find_events",
    "open_events",
    "reference_of",
]


@dataclass(frozen=True)
class EventsFile:
    """A converted file that was opened and found complete, and what it was made from."""

    path: str
    provenance: Provenance

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet file rather than a ROOT file."""
        return self.path.endswith(ENDINGS["parquet"])


def find_events(data: str | Path | Iterable[str | Path]) -> tuple[EventsFile, ...]:
    """Find files of events, and check that each is complete.

    Parameters
    ----------
    data
        What `bhm analyse` or `bhm convert` wrote, a file, or several of either.

    Raises
    ------
    DatasetError
        If there is nothing.
    EventsFileError
        If a file is not ours, or not complete.
    """
    paths: list[Path] = []
    for item in map(Path, [data] if isinstance(data, str | Path) else data):
        if item.is_dir():
            folder = item / EVENTS_FOLDER if (item / EVENTS_FOLDER).is_dir() else item
            paths.extend(sorted(path for path in folder.iterdir() if _may_hold_events(path)))
            if not paths:
                raise DatasetError(
                    "holds no converted events (*.root or *.parquet)",
                    where=item,
                    hint=f"make them with `bhm convert {item} -o EVENTS`",
                )
        elif item.is_file():
            paths.append(item)
        else:
            raise DatasetError("no such file or folder", where=item, hint="give converted events")
    files = [EventsFile(str(path), read_provenance(path)) for path in paths]
    order = {side: place for place, side in enumerate(SIDES)}
    return tuple(sorted(files, key=lambda file: order[file.provenance.side]))


def _may_hold_events(path: Path) -> bool:
    return path.suffix in ENDINGS.values() and path.name != TRUTH_FILE


def open_events(path: str | Path) -> ak.Array:
    """Open a file of events lazily, as a processor sees it: columns are read when they are asked for.

    Raises
    ------
    EventsFileError
        If it is not ours, or not complete.
    """
    from coffea.nanoevents import NanoEventsFactory  # noqa: PLC0415  (a second to import)

    file = find_events(path)[0]
    if file.is_parquet:
        factory: Any = NanoEventsFactory.from_parquet(file.path, schemaclass=BHMSchema)
    else:
        factory = NanoEventsFactory.from_root({file.path: TREE}, schemaclass=BHMSchema)
    return factory.events()


def check_runs(files: Iterable[EventsFile], runs: Iterable[int] | None) -> None:
    """Check that the data hold the runs that are asked for.

    Raises
    ------
    SelectionError
        If they do not.
    """
    present = sorted(set().union(*(file.provenance.runs for file in files)))
    unknown = sorted(set(runs or ()) - set(present))
    if unknown:
        raise SelectionError(
            f"run {', '.join(map(str, unknown))} is not in the data", hint=f"runs are {_shorten(present)}"
        )


def _shorten(runs: list[int]) -> str:
    shown = ", ".join(map(str, runs[:12]))
    return shown if len(runs) <= 12 else f"{shown}, ... ({len(runs)} in all, {runs[0]} to {runs[-1]})"


def coverage_of(files: Iterable[EventsFile]) -> dict[str, list[dict[int, RunSpan]]]:
    """Orbits that each dump of each side covers, by run."""
    files = tuple(files)
    return {
        side.name: [spans for file in of_side for spans in file.provenance.coverage]
        for side in SIDES
        if (of_side := [file for file in files if file.provenance.side == side])
    }


def reference_of(files: Iterable[EventsFile]) -> Reference | None:
    """Choose the reference run and orbit of a dataset; see `events.runs.find_reference`."""
    files = tuple(files)
    sides = [[file.provenance.runs for file in files if file.provenance.side == side] for side in SIDES]
    return find_reference(merge_spans(spans) for spans in sides if spans)
