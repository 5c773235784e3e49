"""Convert the dumps of both sides, each in a process of its own where that is possible."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from .._forks import DiedError, Fork, can_fork, follow
from .._version import __version__
from ..errors import ProcessorError
from ..io.convert import ENDINGS, Format, convert_dump, read_provenance
from ..io.folders import DumpFiles, SideFiles
from ..io.provenance import checksum
from ..io.report import DEFAULT_TOLERANCE, Tolerance
from ..io.source import OnBytes
from .executors import Request, count_cores
from .maps import open_map

__all__ = ["Conversion", "begin_conversion"]

#: by how much processes step back
_NICE: Final = 10


@dataclass(frozen=True)
class Conversion:
    """Dumps that are being converted, or will be when it is waited for.

    Parameters
    ----------
    targets
        The files of events, by side.
    works
        What converts each of them, in the order of `targets`; called with a function that hears of the bytes read.
    forks
        Processes that do that already; none if it is done here.
    """

    targets: tuple[Path, ...]
    works: tuple[Callable[[OnBytes], object], ...]
    forks: tuple[Fork[Any], ...] = ()

    def finish(self, on_bytes: OnBytes) -> list[Path]:
        """Wait until all is converted; returns the files of events, by side.

        Raises
        ------
        BHMError
            What `io.convert.convert_dump` raises, of the first side where that fails.
        ProcessorError
            If a process dies.
        """
        if not self.forks:
            for work in self.works:
                work(on_bytes)
            return list(self.targets)
        try:
            for n in follow(self.forks):
                on_bytes(n)
        except DiedError as error:
            raise ProcessorError(
                f"a process that converted dumps has died ({error})",
                hint="try --executor iterative, which takes less memory",
            ) from error
        return list(self.targets)


@contextmanager
def begin_conversion(
    dumps: DumpFiles,
    folder: Path,
    request: Request,
    *,
    format: Format = "ttree",
    tolerance: Tolerance = DEFAULT_TOLERANCE,
) -> Iterator[Conversion]:
    """Begin to convert the dumps of each side into a file of events; processes end with the block.

    Unless one core is wanted, each side has a forked process, while this one goes on. Files that are complete, made by this version
    from these dumps, are kept.

    Parameters
    ----------
    folder
        Where to write.
    request
        Where to work; with a dask cluster, ranges of the dumps are read there and the files are written here.
    """
    targets = tuple(folder / f"{one.side.directory}{ENDINGS[format]}" for one in dumps.sides)
    works = tuple(
        partial(_convert, one, target, request, {"format": format, "tolerance": tolerance})
        for one, target in zip(dumps.sides, targets, strict=True)
    )
    forks: tuple[Fork[Any], ...] = ()
    try:
        if _may_fork(request):
            forks = tuple(
                Fork(partial(_beside, work, is_first=place == 0)) for place, work in enumerate(works)
            )
        yield Conversion(targets, works, forks)
    finally:
        for fork in forks:
            fork.stop()


def _may_fork(request: Request) -> bool:
    wants_here = request.client is not None or request.kind == "iterative"
    return not wants_here and (request.workers or count_cores()) > 1 and can_fork()


def _beside(work: Callable[[OnBytes], object], on_bytes: OnBytes, *, is_first: bool) -> None:
    """Work beside the process that goes on, which has more to do before it needs the events."""
    os.nice(_NICE)
    if not is_first:  # what all processes would say, such as that kernels are compiled, is said once
        logging.getLogger(__name__.partition(".")[0]).setLevel(logging.WARNING)
    work(on_bytes)


def _convert(
    dumps: SideFiles, target: Path, request: Request, options: dict[str, Any], on_bytes: OnBytes
) -> None:
    """Convert the dumps of a side, unless a job that was killed had done so."""
    if not _is_converted(target, dumps):
        with open_map(request) as ranges:
            convert_dump(dumps, target, overwrite=True, on_bytes=on_bytes, map_ranges=ranges.map, **options)


def _is_converted(target: Path, dumps: SideFiles) -> bool:
    """Whether a file of events is complete, and made by this version from these dumps as they are now."""
    if not target.exists():
        return False
    made = read_provenance(target)
    return made.version == __version__ and [(one.path, one.sha256) for one in made.inputs] == [
        (path, checksum(path)) for path in dumps.files
    ]
