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
from .source import COMPRESSIONS

__all__ = [
    "TRUTH_FILE",
    "DumpFiles",
    "SideFiles",
    "dump_stem",
    "find_dumps",
    "natural_key",
    "require_side",
    "tell_side",
]

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


def natural_key(path: str | Path) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts ``uHTR4_2`` before ``uHTR4_10``, and ``uHTR4`` before both."""
    parts = re.split(r"(\d+)", dump_stem(path))
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts if part)


def dump_stem(path: str | Path) -> str:
    """Name of a dump without its endings."""
    name = Path(path).name
    for ending in (*COMPRESSIONS, *_ENDINGS):
        name = name.removesuffix(ending)
    return name


def tell_side(path: str | Path) -> Side | None:
    """Tell from a file's name which side wrote it; `None` if the name does not say."""
    name = Path(path).name
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
        A folder, a file, or several of either.
    side
        The side of files whose names do not tell it. Files whose names do tell keep their own.

    Returns
    -------
    the sides that have files; +Z first

    Raises
    ------
    DatasetError
        If there is no folder, no dump in it, or a file whose side cannot be told.
    """
    given = [data] if isinstance(data, str | Path) else list(data)
    ignored: dict[str, str] = {}
    paths: list[Path] = []
    for item in map(Path, given):
        if item.is_dir():
            paths.extend(_dumps_in(item, ignored))
        elif item.is_file():
            paths.append(item)
        else:
            raise DatasetError(
                "no such file or folder", where=item, hint="give a folder with *.txt or *.uhtr dumps"
            )
    if not paths:
        raise DatasetError(
            "holds no dump (*.txt or *.uhtr, also .gz, .xz, .zst)",
            where=", ".join(map(str, given)),
            hint="give the folder that the dumps are in; `bhm simulate DIR` makes one",
        )
    wanted = _without_copies(_without_repeats(paths, ignored), ignored)
    told = {path: tell_side(path) for path in wanted}
    if any(_BOARD.search(path.name) for path in wanted) and side is None:
        for path in [path for path in wanted if told[path] is None]:
            ignored[str(path)] = "does not name a board, as the others do"
            del told[path]
    assumed = None if side is None else (find_side(side) if isinstance(side, str) else side)
    unknown = [path for path, its_side in told.items() if its_side is None]
    if unknown and assumed is None:
        require_side(unknown[0])
    sides = []
    for one in SIDES:
        files = [path for path, its_side in told.items() if (its_side or assumed) == one]
        if files:
            in_order = tuple(str(path) for path in sorted(files, key=natural_key))
            sides.append(SideFiles(one, in_order, assumed=any(path in unknown for path in files)))
    return DumpFiles(tuple(sides), ignored)


def _dumps_in(folder: Path, ignored: dict[str, str]) -> Iterable[Path]:
    for path in sorted(folder.iterdir()):
        ending = path.name
        for compression in COMPRESSIONS:
            ending = ending.removesuffix(compression)
        if not (path.is_file() and ending.endswith(_ENDINGS)):
            continue
        if path.stat().st_size == 0:
            ignored[str(path)] = "is empty"
        else:
            yield path


def _without_repeats(paths: list[Path], ignored: dict[str, str]) -> list[Path]:
    """Leave out files that are given twice, by name or byte by byte; only files of the same size are looked into."""
    by_size: dict[int, list[Path]] = {}
    kept: list[Path] = []
    for path in paths:
        alike = by_size.setdefault(path.stat().st_size, [])
        if any(path.samefile(other) for other in alike):
            ignored.setdefault(str(path), "is given twice")
            continue
        same = next((other for other in alike if filecmp.cmp(path, other, shallow=False)), None)
        if same is None:
            alike.append(path)
            kept.append(path)
        else:
            ignored[str(path)] = f"holds the same bytes as {same.name}"
    return kept


def _without_copies(paths: list[Path], ignored: dict[str, str]) -> list[Path]:
    """Of several forms of the same dump in a folder keep one: text before ``.uhtr``, which holds less, plain first."""
    preference = [ending + compression for ending in _ENDINGS for compression in ("", *COMPRESSIONS)]
    best: dict[Path, Path] = {}
    for path in sorted(paths, key=lambda path: preference.index(path.name[len(dump_stem(path)) :] or ".txt")):
        key = path.parent / dump_stem(path)
        if key in best:
            ignored[str(path)] = f"holds the same dump as {best[key].name}"
        else:
            best[key] = path
    return [path for path in paths if path in best.values()]
