"""Find the dumps of a folder, and tell from their names which side wrote them.

Four naming schemes are in use: ``uHTR4``/``uHTR_4`` and ``uHTR11``/``uHTR_11``; ``PLUS`` and ``MINUS``; the channel
groups ``PN``, ``PF``, ``MN``, ``MF``; and names that tell nothing.
"""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..detector.channels import SIDES, Side, find_side
from ..errors import DatasetError
from .urls import COMPRESSIONS, file_name, find_filesystem, is_url, read_errors, stamp_file

__all__ = [
    "EVENTS_FOLDER",
    "TRUTH_FILE",
    "DumpFiles",
    "SideFiles",
    "dump_stem",
    "find_dumps",
    "natural_key",
    "require_side",
    "tell_side",
]

#: folder of the files of events in what `analyse` writes
EVENTS_FOLDER: Final = "events"
#: what the simulation knows, in a file beside the dumps that it writes
TRUTH_FILE: Final = "truth.parquet"
_PLUS, _MINUS = SIDES
_ENDINGS: Final = (".txt", ".uhtr")
_BOARD: Final = re.compile(r"uHTR_?(4|11)(?!\d)", re.IGNORECASE)
_WORD: Final = re.compile(r"PLUS|MINUS", re.IGNORECASE)
_GROUP: Final = re.compile(r"(?<![A-Za-z])([PM])[NF](?![A-Za-z])")


@dataclass(frozen=True)
class SideFiles:
    """The dumps of one side in natural order; `assumed` where their side was given, not told from their names."""

    side: Side
    files: tuple[str, ...]
    assumed: bool = False


@dataclass(frozen=True)
class DumpFiles:
    """The dumps of a folder by side, and what was left aside and why."""

    sides: tuple[SideFiles, ...]
    ignored: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        """All dumps, of one side after the other."""
        return tuple(path for one in self.sides for path in one.files)

    @property
    def total_bytes(self) -> int:
        """Size of the dumps as they lie there, as far as it is known."""
        return sum(stamp_file(path).size or 0 for path in self.files)

    @property
    def is_simulated(self) -> bool:
        """Whether the dumps lie beside the truth that `bhm simulate` writes with them; not looked for behind URLs."""
        return any(not is_url(path) and Path(path).with_name(TRUTH_FILE).exists() for path in self.files)


def natural_key(path: str | Path) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts ``uHTR4_2`` before ``uHTR4_10``, and ``uHTR4`` before both."""
    parts = re.split(r"(\d+)", dump_stem(path))
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts if part)


def dump_stem(path: str | Path) -> str:
    """Name of a dump without its endings."""
    name = file_name(path)
    for ending in (*COMPRESSIONS, *_ENDINGS):
        name = name.removesuffix(ending)
    return name


def tell_side(path: str | Path) -> Side | None:
    """Tell from a file's name which side wrote it; `None` if the name does not say."""
    name = file_name(path)
    if boards := set(_BOARD.findall(name)):
        return find_side(boards.pop()) if len(boards) == 1 else None
    if words := {match.upper() for match in _WORD.findall(name)}:
        return {"PLUS": _PLUS, "MINUS": _MINUS}[words.pop()] if len(words) == 1 else None
    if letters := set(_GROUP.findall(name)):
        return {"P": _PLUS, "M": _MINUS}[letters.pop()] if len(letters) == 1 else None
    return None


def require_side(path: str | Path) -> Side:
    """Tell which side wrote a file.

    Raises
    ------
    DatasetError
        If its name does not say.
    """
    side = tell_side(path)
    if side is None:
        raise DatasetError(
            "the name does not tell which side wrote it",
            where=path,
            hint="say it with --side +Z (uHTR4, beam 1) or --side -Z (uHTR11, beam 2)",
        )
    return side


def find_dumps(data: str | Path | Sequence[str | Path], *, side: Side | str | None = None) -> DumpFiles:
    """Find the dumps in a folder (or take a list of files), by side and in natural order.

    Parameters
    ----------
    data
        A folder, a file, or several of either; also URLs of protocols that fsspec knows. That of a folder of a web server
        ends with a slash. Files behind URLs are not compared byte by byte.
    side
        The side of files whose names do not tell it. Files whose names do tell keep their own.

    Returns
    -------
    the sides that have files; +Z first

    Raises
    ------
    DatasetError
        If there is no folder, no dump in it, a file whose side cannot be told, or the package for a protocol is missing.
    """
    given = [data] if isinstance(data, str | Path) else list(data)
    ignored: dict[str, str] = {}
    paths = [path for item in given for path in _dumps_at(str(item), ignored)]
    if not paths:
        raise DatasetError(
            "holds no dump (*.txt or *.uhtr, also .gz, .xz, .zst)",
            where=", ".join(map(str, given)),
            hint="give the folder that the dumps are in; `bhm simulate DIR` makes one",
        )
    wanted = _without_copies(_without_repeats(paths, ignored), ignored)
    told = {path: tell_side(path) for path in wanted}
    if any(_BOARD.search(file_name(path)) for path in wanted) and side is None:
        for path in [path for path in wanted if told[path] is None]:
            ignored[path] = "does not name a board, as the others do"
            del told[path]
    assumed = None if side is None else (find_side(side) if isinstance(side, str) else side)
    unknown = [path for path, its_side in told.items() if its_side is None]
    if unknown and assumed is None:
        require_side(unknown[0])
    sides = []
    for one in SIDES:
        files = [path for path, its_side in told.items() if (its_side or assumed) == one]
        if files:
            in_order = tuple(sorted(files, key=natural_key))
            sides.append(SideFiles(one, in_order, assumed=any(path in unknown for path in files)))
    return DumpFiles(tuple(sides), ignored)


def _dumps_at(item: str, ignored: dict[str, str]) -> Iterable[str]:
    """Find what is at a path or URL: a file whatever its name, or the dumps of a folder."""
    if item.startswith("file://"):
        item = find_filesystem(item)[1]
    if is_url(item):
        return _dumps_behind(item, ignored)
    path = Path(item)
    if path.is_dir():
        return _dumps_in(
            ((str(one), one.stat().st_size) for one in sorted(path.iterdir()) if one.is_file()), ignored
        )
    if path.is_file():
        return [str(path)]
    raise DatasetError("no such file or folder", where=item, hint="give a folder with *.txt or *.uhtr dumps")


def _dumps_behind(url: str, ignored: dict[str, str]) -> Iterable[str]:
    fs, inner = find_filesystem(url)
    try:
        if not url.endswith("/") and fs.info(inner)["type"] != "directory":
            return [url]
        found = fs.ls(inner, detail=True)
    except read_errors(ValueError, NotImplementedError) as error:
        raise DatasetError(
            f"no such file or folder ({error!r})",
            where=url,
            hint="give the URL of a dump, or of a folder that can be listed",
        ) from error
    files = ((one["name"].rpartition("/")[2], one["size"]) for one in found if one["type"] == "file")
    return _dumps_in(((f"{url.rstrip('/')}/{name}", size) for name, size in sorted(set(files))), ignored)


def _dumps_in(files: Iterable[tuple[str, int | None]], ignored: dict[str, str]) -> Iterable[str]:
    """Choose the dumps among the files of a folder, which come with their sizes."""
    for path, size in files:
        ending = file_name(path)
        for compression in COMPRESSIONS:
            ending = ending.removesuffix(compression)
        if not ending.endswith(_ENDINGS):
            continue
        if size == 0:
            ignored[path] = "is empty"
        else:
            yield path


def _without_repeats(paths: list[str], ignored: dict[str, str]) -> list[str]:
    """Leave out files that are given twice, by name or byte by byte; only files of the same size are looked into."""
    by_size: dict[int, list[Path]] = {}
    kept: list[str] = []
    for path in paths:
        if is_url(path):
            if path in kept:
                ignored.setdefault(path, "is given twice")
            else:
                kept.append(path)
            continue
        local = Path(path)
        alike = by_size.setdefault(local.stat().st_size, [])
        if any(local.samefile(other) for other in alike):
            ignored.setdefault(path, "is given twice")
            continue
        same = next((other for other in alike if filecmp.cmp(local, other, shallow=False)), None)
        if same is None:
            alike.append(local)
            kept.append(path)
        else:
            ignored[path] = f"holds the same bytes as {same.name}"
    return kept


def _without_copies(paths: list[str], ignored: dict[str, str]) -> list[str]:
    """Of several forms of the same dump in a folder keep one: text before ``.uhtr``, which holds less, plain first."""
    preference = [ending + compression for ending in _ENDINGS for compression in ("", *COMPRESSIONS)]
    best: dict[tuple[str, str], str] = {}

    def rank(path: str) -> int:
        ending = file_name(path)[len(dump_stem(path)) :]
        return preference.index(ending) if ending in preference else 0

    for path in sorted(paths, key=rank):
        key = (path[: path.rindex(file_name(path))], dump_stem(path))
        if key in best:
            ignored[path] = f"holds the same dump as {file_name(best[key])}"
        else:
            best[key] = path
    return [path for path in paths if path in best.values()]
