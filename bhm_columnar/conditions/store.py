"""Conditions as a file that others can use."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from ..errors import ConditionsError
from ..io.atomic import write_json
from .model import Conditions, Filling, LumiTable, RunInfo, Source

__all__ = ["CONDITIONS_FILE", "is_conditions", "is_json", "load_conditions", "save_conditions"]

#: name of the file in what `analyse` writes
CONDITIONS_FILE: Final = "conditions.json"
#: says what the file is, and the version of its form
_KEY: Final = "bhm_conditions"
_VERSION: Final = 1


def save_conditions(conditions: Conditions, path: str | Path) -> None:
    """Write conditions as JSON, whole or not at all."""
    write_json(
        {
            _KEY: _VERSION,
            "sources": [asdict(source) for source in conditions.sources],
            "runs": [asdict(run) for run in conditions.runs.values()],
            "lumisections": conditions.lumisections.as_dict(),
            "fillings": {str(fill): one.as_dict() for fill, one in conditions.fillings.items()},
        },
        path,
    )


def is_json(path: str | Path) -> bool:
    """Say whether a file holds JSON rather than CSV, from its first character."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(4096).lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    except OSError as error:
        raise ConditionsError(f"cannot be read ({error.strerror})", where=path, hint="give a file") from error


def is_conditions(path: str | Path) -> bool:
    """Say whether a JSON file is one of `save_conditions`."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # who reads it next says so
        return False
    return isinstance(content, dict) and _KEY in content


def load_conditions(path: str | Path) -> Conditions:
    """Read back what `save_conditions` wrote.

    Raises
    ------
    ConditionsError
        If the file cannot be read, or is something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConditionsError(
            f"cannot be read ({error.strerror})",
            where=path,
            hint="make one with `bhm conditions RUNS -o FILE`",
        ) from error
    except ValueError as error:
        raise ConditionsError(
            f"is not JSON ({error})", where=path, hint="make one with `bhm conditions RUNS -o FILE`"
        ) from error
    return _conditions_from(content, path)


def _conditions_from(content: Any, path: str | Path) -> Conditions:
    if not isinstance(content, dict) or content.get(_KEY) != _VERSION:
        raise ConditionsError(
            "is no conditions file of this version",
            where=path,
            hint="make one with `bhm conditions RUNS -o FILE`",
        )
    try:
        runs = [RunInfo(**one) for one in content["runs"]]
        return Conditions(
            runs={one.run: one for one in runs},
            lumisections=LumiTable.from_dict(content["lumisections"]),
            fillings={int(fill): Filling.from_dict(one) for fill, one in content["fillings"].items()},
            sources=tuple(Source(**one) for one in content["sources"]),
        )
    except ConditionsError as error:
        raise ConditionsError(error.what, where=path, hint=error.hint) from error
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConditionsError(f"is damaged ({error!r})", where=path, hint="make it again") from error
