"""Convert the dumps of a side into one file of events, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Final, Literal

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import Side, find_side
from ..errors import DatasetError
from ..events.derived import DEFAULT_WINDOW
from ..events.runs import RunSpan, merge_spans, span_runs
from ..events.sequence import KINDS, EventOrder, count_duplicates, follow_events
from .assemble import branches_to_events, events_to_branches
from .atomic import atomic_file
from .dump import DEFAULT_CHUNK, Piece, add_reports
from .folders import DumpFiles, SideFiles, dump_stem, require_side
from .parquet import ParquetWriter, read_parquet_branches, read_parquet_provenance
from .provenance import InputFile, Provenance
from .ranges import DEFAULT_RANGE, MapRanges
from .readers import Reader, open_reader
from .report import DEFAULT_TOLERANCE, ReadReport, Tolerance
from .root import RNTupleWriter, TTreeWriter, read_root_branches, read_root_provenance
from .source import OnBytes
from .uhtr import save_uhtr

__all__ = [
    "ENDINGS",
    "FORMATS",
    "Format",
    "convert_dump",
    "convert_folder",
    "convert_to_uhtr",
    "read_events",
    "read_provenance",
]

Format = Literal["ttree", "rntuple", "parquet"]
_WRITERS: Final[dict[str, type[TTreeWriter | ParquetWriter]]] = {
    "ttree": TTreeWriter,
    "rntuple": RNTupleWriter,
    "parquet": ParquetWriter,
}
FORMATS: Final = tuple(_WRITERS)
#: file-name ending of each format
ENDINGS: Final = {"ttree": ".root", "rntuple": ".root", "parquet": ".parquet"}

_LARGEST_BLOCK: Final = 31 << 20
#: the header of an event, as it is kept to look for repeated ones
_KEY: Final = np.dtype([("run", "i4"), ("event", "u4"), ("orbit", "u4"), ("bx", "i2")])


class _Reading:
    """What is known of a side's dumps so far, while they are read one after another.

    The events' headers are kept in a temporary file, to look for events that are there twice if something is out of order.
    """

    def __init__(self, headers: BinaryIO) -> None:
        self.report = ReadReport()
        self.order = EventOrder()
        self.inputs: list[InputFile] = []
        self.coverage: list[dict[int, RunSpan]] = []
        self._headers = headers

    def follow(self, events: ak.Array, report: ReadReport) -> ak.Array:
        """Account for a piece of events, and give it back with wraps of the orbit undone."""
        run, event, orbit, bx = (events[name].to_numpy() for name in ("run", "event", "orbit", "bx"))
        headers = np.empty(len(run), dtype=_KEY)
        for name, column in zip(_KEY.names or (), (run, event, orbit, bx), strict=True):
            headers[name] = column
        self._headers.write(headers.tobytes())
        written = orbit
        orbit, self.order = follow_events(run, event, written, bx, self.order)
        self.report = add_reports((self.report, replace(report, runs=span_runs(run, orbit))))
        self._cover(run, orbit)
        # most pieces keep their orbits
        return events if orbit is written else ak.with_field(events, orbit, "orbit")

    def _cover(self, run: npt.NDArray[np.integer], orbit: npt.NDArray[np.int64]) -> None:
        """Add a piece to what the dump covers; a second capture of a run within it covers a stretch of its own."""
        pieces = zip(np.split(run, self.order.begins), np.split(orbit, self.order.begins), strict=True)
        for place, piece in enumerate(pieces):
            if place > 0:
                self.coverage.append({})
            self.coverage[-1] = merge_spans([self.coverage[-1], span_runs(*piece)])

    def describe_order(self) -> dict[str, Any]:
        """Say what went backwards, and how many events are there twice."""
        twice = self.order.counts["repeats"]
        if self.order.may_repeat:
            self._headers.seek(0)
            headers = np.frombuffer(self._headers.read(), dtype=_KEY)
            twice = count_duplicates(*(headers[name] for name in ("run", "event", "orbit", "bx")))
        said = self.order.as_dict()
        # in an order that does not depend on where the pieces were cut
        first = {kind: said["first"][kind] for kind in KINDS if kind in said["first"]}
        return {**said, "first": first, "duplicates": twice}


def convert_dump(
    dumps: SideFiles | str | Path | Sequence[str | Path],
    target: str | Path,
    *,
    side: Side | str | None = None,
    format: Format = "ttree",
    chunk_bytes: int = DEFAULT_CHUNK,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    overwrite: bool = False,
    on_bytes: OnBytes | None = None,
    map_ranges: MapRanges | None = None,
    range_bytes: int = DEFAULT_RANGE,
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
    tolerance
        How much of a dump may be left out before it is an error.
    on_bytes
        Called with the number of bytes read since the last call.
    map_ranges
        Reads ranges of the dumps several at a time, such as `ranges.thread_map` gives; the result is the same.
    range_bytes
        Bytes of such a range.

    Returns
    -------
    what was read and written, as stored in the file

    Raises
    ------
    DumpError
        If a dump cannot be read, is none, or too much of it does not fit.
    DatasetError
        If the side cannot be told, or there are no dumps.
    OutputError
        If the file cannot be written.
    """
    files = _as_side_files(dumps, side)
    _keep_freed_memory()
    with (
        atomic_file(target, overwrite=overwrite) as unfinished,
        TemporaryFile(dir=unfinished.parent) as headers,
        _WRITERS[format](unfinished) as writer,
        open_reader(
            _in_turn([files]), map_ranges, range_bytes=range_bytes, chunk_bytes=chunk_bytes, on_bytes=on_bytes
        ) as reader,
    ):
        reading = _Reading(headers)
        entries = _write_all(_read_all(files, reading, reader, tolerance), writer)
        provenance = Provenance(
            side=files.side,
            side_assumed=files.assumed,
            entries=entries,
            inputs=tuple(reading.inputs),
            read=reading.report.as_dict(),
            runs=reading.report.runs,
            coverage=tuple(reading.coverage),
            order=reading.describe_order(),
            charge_window=asdict(DEFAULT_WINDOW),
        )
        writer.finish(provenance)
    return provenance


def _keep_freed_memory() -> None:
    """Let the allocator of glibc keep what is freed for what comes next; elsewhere this does nothing.

    It takes the largest block that was ever freed, up to 32 MB, for the limit from which on memory is given back (mallopt(3),
    M_MMAP_THRESHOLD). Otherwise each basket is written through fresh pages, which takes a fifth of the time.
    """
    np.empty(_LARGEST_BLOCK, dtype=np.uint8)


def _write_all(pieces: Iterable[ak.Array], writer: TTreeWriter | ParquetWriter) -> int:
    """Write events, each piece in a thread while the next one is read; returns how many."""
    entries = 0
    written: Future[None] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="write") as pool:
        for events in pieces:
            branches = events_to_branches(events)
            entries += len(events)
            if written is not None:
                written.result()
            written = pool.submit(writer.extend, branches)
        if written is not None:
            written.result()
    return entries


def convert_folder(
    dumps: DumpFiles,
    folder: str | Path,
    *,
    format: Format = "ttree",
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    overwrite: bool = False,
    on_bytes: OnBytes | None = None,
    map_ranges: MapRanges | None = None,
    range_bytes: int = DEFAULT_RANGE,
) -> list[Path]:
    """Convert the dumps of each side into one file of events, such as ``plusZ.root``; returns the files.

    Arguments and errors are those of `convert_dump`.
    """
    targets = []
    for one in dumps.sides:
        target = Path(folder) / f"{one.side.directory}{ENDINGS[format]}"
        convert_dump(
            one,
            target,
            format=format,
            tolerance=tolerance,
            overwrite=overwrite,
            on_bytes=on_bytes,
            map_ranges=map_ranges,
            range_bytes=range_bytes,
        )
        targets.append(target)
    return targets


def convert_to_uhtr(
    dumps: DumpFiles,
    folder: str | Path,
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    overwrite: bool = False,
    on_bytes: OnBytes | None = None,
    map_ranges: MapRanges | None = None,
    range_bytes: int = DEFAULT_RANGE,
) -> dict[Path, ReadReport]:
    """Convert each dump into a ``.uhtr`` file of the same name, for the earlier program.

    The format keeps less than the dump: only pulses with one or two TDC codes, and no provenance. Arguments and errors
    are those of `convert_dump`.

    Returns
    -------
    the account of the reading, by file
    """
    reports = {}
    with open_reader(_in_turn(dumps.sides), map_ranges, range_bytes=range_bytes, on_bytes=on_bytes) as reader:
        for path, side in _in_turn(dumps.sides):
            target = Path(folder) / f"{dump_stem(path)}.uhtr"
            account: list[ReadReport] = []
            pieces = _read_file(path, side, reader, tolerance, account=account)
            save_uhtr((events for events, _ in pieces), target, overwrite=overwrite)
            reports[target] = account[0]
    return reports


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


def _in_turn(sides: Iterable[SideFiles]) -> Iterator[tuple[str, Side]]:
    for one in sides:
        for path in one.files:
            yield path, one.side


def _read_all(
    files: SideFiles, reading: _Reading, reader: Reader, tolerance: Tolerance
) -> Iterator[ak.Array]:
    for path in files.files:
        reading.coverage.append({})
        for events, report in _read_file(path, files.side, reader, tolerance, inputs=reading.inputs):
            followed = reading.follow(events, report)
            if len(events):
                yield followed


def _read_file(
    path: str,
    side: Side,
    reader: Reader,
    tolerance: Tolerance,
    *,
    inputs: list[InputFile] | None = None,
    account: list[ReadReport] | None = None,
) -> Iterator[Piece]:
    """Read a dump piece by piece as far as it is tolerable; adds to the lists when it is read."""
    whole = ReadReport()
    for events, report in reader(path, side, [] if inputs is None else inputs):
        tolerance.check_piece(report)
        whole = add_reports((whole, report))
        yield events, report
    tolerance.check_file(whole, path)
    if account is not None:
        account.append(whole)


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
