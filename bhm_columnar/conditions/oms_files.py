"""Runs and lumisections from answers of OMS that were saved, as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import ConditionsError
from .model import LumiTable, RunInfo
from .oms_rows import SAVE_AGAIN, entries, lumisections_from_rows, runs_from_rows

__all__ = ["read_lumisections", "read_runs"]


def read_runs(path: str | Path) -> dict[int, RunInfo]:
    """Read the runs of a saved answer of OMS: JSON, or the CSV of ``runs/csv``.

    Columns are run_number and start_time, and end_time and fill_number if they are known.

    Raises
    ------
    ConditionsError
        If there is no such file, something is missing in it, or a row has no run number or no readable time.
    """
    return runs_from_rows(_saved(Path(path)), str(path))


def read_lumisections(path: str | Path) -> LumiTable:
    """Read the lumisections of a saved answer of OMS, JSON or CSV; see `oms.fetch_lumisections`.

    Raises
    ------
    ConditionsError
        If there is no such file, something is missing in it, or a row has no numbers or no readable time.
    """
    return lumisections_from_rows(_saved(Path(path)), str(path))


def _saved(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConditionsError(f"cannot be read ({error.strerror})", where=path, hint="give a file") from error
    except UnicodeDecodeError as error:
        raise ConditionsError("is no text", where=path, hint=SAVE_AGAIN) from error
    start = text.lstrip()[:1]
    if start in ("", "<"):
        raise ConditionsError("is a web page" if start else "is empty", where=path, hint=SAVE_AGAIN)
    if start not in "{[":
        return _csv_rows(text, str(path))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConditionsError("is no JSON, or cut short", where=path, hint=SAVE_AGAIN) from error
    if isinstance(content, dict) and isinstance(content.get("data"), dict):
        content = {"data": [content["data"]]}  # what OMS answers to runs/372923
    rows, total = entries(content, str(path))
    if total not in (None, len(rows)):
        raise ConditionsError(
            f"holds {len(rows)} of {total} entries", where=path, hint="save it with a larger page[limit]"
        )
    return rows


def _csv_rows(text: str, where: str) -> list[dict[str, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header, *lines = [cells for cells in reader if cells]
    except csv.Error as error:
        raise ConditionsError(
            f"line {reader.line_num} is no CSV ({error})", where=where, hint=SAVE_AGAIN
        ) from error
    header = [name.strip() for name in header]
    if "run_number" not in header:
        raise ConditionsError("has no column run_number, and is no JSON", where=where, hint=SAVE_AGAIN)
    rows = []
    for number, found in enumerate(lines, 1):
        cells = found if len(found) == len(header) else _rejoined(found)
        if len(cells) != len(header):
            raise ConditionsError(
                f"row {number} has {len(cells)} columns, not {len(header)}", where=where, hint=SAVE_AGAIN
            )
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def _rejoined(cells: Iterable[str]) -> list[str]:
    """Put lists like [CSC,DAQ,TRG] together again, which OMS may write without quotes."""
    joined: list[str] = []
    for cell in cells:
        if joined and joined[-1].startswith("[") and not joined[-1].endswith("]"):
            joined[-1] += f",{cell}"
        else:
            joined.append(cell)
    return joined
