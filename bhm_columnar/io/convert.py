"""Convert the dumps of a side into one file of events, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import awkward as ak

from ..detector.channels import Side, find_side
from ..errors import DatasetError, DumpError
from ..events.derived import DEFAULT_WINDOW
from ..events.orbits import OrbitState, span_runs, unwrap_orbits
from .assemble import branches_to_events, events_to_branches
from .atomic import atomic_file
from .dump import DEFAULT_CHUNK, iterate_source
from .folders import DumpFiles, SideFiles, require_side
from .parquet import ParquetWriter, read_parquet_branches, read_parquet_provenance
from .provenance import InputFile, Provenance
from .report import ReadReport
from .root import RNTupleWriter, TTreeWriter, read_root_branches, read_root_provenance
from .source import OnBytes, open_source

__all__ = ["ENDINGS", "FORMATS", "Format", "convert_dump", "convert_folder", "read_events", "read_provenance"]

Format = Literal["ttree", "rntuple", "parquet"]
_WRITERS: Final[dict[str, type[TTreeWriter | ParquetWriter]]] = {
    "ttree": TTreeWriter,
    "rntuple": RNTupleWriter,
    "parquet": ParquetWriter,
}
FORMATS: Final = tuple(_WRITERS)
#: file-name ending of each format
ENDINGS: Final = {"ttree": ".root", "rntuple": ".root", "parquet": ".parquet"}


@dataclass
class _Reading:
    """What is known of a side's dumps so far, while they are read one after another."""

    report: ReadReport = field(default_factory=ReadReport)
    orbits: OrbitState = field(default_factory=OrbitState)
    inputs: list[InputFile] = field(default_factory=list)


def convert_dump(
    dumps: SideFiles | str | Path | Sequence[str | Path],
    target: str | Path,
    *,
    side: Side | str | None = None,
    format: Format = "ttree",
    chunk_bytes: int = DEFAULT_CHUNK,
    overwrite: bool = False,
    on_bytes: OnBytes | None = None,
) -> Provenance:
    """Convert dumps of one side, in the order given, into one file of events.

    The dumps are read piece by piece; memory does not grow with their size. Wraps of the orbit counter are undone. The
    file appears under its name when it is complete.

    Parameters
    ----------
    dumps
        What `find_dumps` found for a side, or paths of one side in the order in which they were taken.
    target
        The file to write.
    side
        ``"+Z"`` or ``"-Z"``, if the names of the paths do not tell it.
    format
        ``"ttree"`` (any ROOT opens it), ``"rntuple"`` (smaller) or ``"parquet"``.
    chunk_bytes
        Bytes of text read at a time.
    on_bytes
        Called with the number of bytes read since the last call.

    Returns
    -------
    what was read and written, as stored in the file

    Raises
    ------
    DumpError
        If a dump cannot be read or is none.
    DatasetError
        If the side cannot be told, or there are no dumps.
    OutputError
        If the file cannot be written.
    """
    files = _as_side_files(dumps, side)
    reading = _Reading()
    with atomic_file(target, overwrite=overwrite) as partial, _WRITERS[format](partial) as writer:
        entries = 0
        for events in _read_all(files, reading, chunk_bytes, on_bytes):
            writer.extend(events_to_branches(events))
            entries += len(events)
        provenance = Provenance(
            side=files.side,
            side_assumed=files.assumed,
            entries=entries,
            inputs=tuple(reading.inputs),
            read=reading.report.as_dict(),
            runs=reading.report.runs,
            orbit_wraps=reading.orbits.wraps,
            orbit_falls=reading.orbits.falls,
            charge_window=asdict(DEFAULT_WINDOW),
        )
        writer.finish(provenance)
        _check_any(reading.report, files)
    return provenance


def _check_any(report: ReadReport, files: SideFiles) -> None:
    """Refuse dumps of which not a single event can be read."""
    if report.events == 0:
        counts = ", ".join(f"{reason} {count}" for reason, count in report.skipped.items())
        first = min(report.first_bad.values(), key=lambda bad: bad.line)
        raise DumpError(
            f"not one of {report.headers} events can be read ({counts}); the first bad line is {first.line}",
            where=files.files[0],
            hint="is it a BHM self-trigger dump?",
        )


def convert_folder(
    dumps: DumpFiles,
    folder: str | Path,
    *,
    format: Format = "ttree",
    overwrite: bool = False,
    on_bytes: OnBytes | None = None,
) -> list[Path]:
    """Convert the dumps of each side into one file of events, such as ``plusZ.root``; returns the files.

    Arguments and errors are those of `convert_dump`.
    """
    targets = []
    for one in dumps.sides:
        target = Path(folder) / f"{one.side.directory}{ENDINGS[format]}"
        convert_dump(one, target, format=format, overwrite=overwrite, on_bytes=on_bytes)
        targets.append(target)
    return targets


def _as_side_files(
    dumps: SideFiles | str | Path | Sequence[str | Path], side: Side | str | None
) -> SideFiles:
    if isinstance(dumps, SideFiles):
        return dumps
    paths = tuple(str(path) for path in ([dumps] if isinstance(dumps, str | Path) else dumps))
    if not paths:
        raise DatasetError("no dumps to convert", hint="give at least one file")
    if side is not None:
        return SideFiles(find_side(side) if isinstance(side, str) else side, paths)
    sides = {require_side(path) for path in paths}
    if len(sides) > 1:
        raise DatasetError(
            "dumps of both sides cannot go into one file", where=paths[0], hint="convert the sides one by one"
        )
    return SideFiles(sides.pop(), paths)


def _read_all(
    files: SideFiles, reading: _Reading, chunk_bytes: int, on_bytes: OnBytes | None
) -> Iterator[ak.Array]:
    for path in files.files:
        with open_source(path, on_bytes) as source:
            for events, report in iterate_source(source, files.side, chunk_bytes=chunk_bytes):
                orbit, reading.orbits = unwrap_orbits(events.orbit.to_numpy(), reading.orbits)
                spans = span_runs(events.run.to_numpy(), orbit)
                reading.report += replace(report, runs=spans)
                if len(events):
                    yield ak.with_field(events, orbit, "orbit")
            reading.inputs.append(InputFile(path, source.size, source.sha256))


def read_provenance(path: str | Path) -> Provenance:
    """Read what a file of events was made from, and check that it is complete.

    Raises
    ------
    EventsFileError
        If it is no file of ours or not complete.
    """
    return (read_parquet_provenance if _is_parquet(path) else read_root_provenance)(path)


def read_events(path: str | Path) -> ak.Array:
    """Read a file of events into memory, as `read_dump` would give them.

    Raises
    ------
    EventsFileError
        If it is no file of ours, not complete, or damaged.
    """
    read_provenance(path)
    return branches_to_events(read_parquet_branches(path) if _is_parquet(path) else read_root_branches(path))


def _is_parquet(path: str | Path) -> bool:
    return str(path).endswith(ENDINGS["parquet"])
