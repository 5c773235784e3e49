"""Read a dump with what tables of text are read with, pyarrow.csv and polars: lines, or lines of integers.

Neither knows records of two lines, nor rows of any length; so a line is one text, which is split and cast to integers in a second
step. What comes out are lists of integers by line (headers and rules are left out): no events, no pulses, and no checks.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

__all__ = ["arrow_integers", "arrow_lines", "polars_integers", "polars_lines", "use_one_thread"]

#: does not occur in a dump
_NOWHERE = "\x01"
_SPACES = " \n"


def use_one_thread() -> None:
    """Keep polars to one thread; to be called before it is imported for the first time."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def arrow_lines(path: Path) -> Any:
    """Lines as texts."""
    return pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(use_threads=False, column_names=["line"]),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=_NOWHERE, quote_char=False, ignore_empty_lines=False
        ),
        convert_options=pyarrow.csv.ConvertOptions(column_types={"line": pa.string()}),
    )


def arrow_integers(path: Path) -> npt.NDArray[np.integer]:
    """All integers of the lines of numbers, one after another."""
    lines = arrow_lines(path)["line"]
    numbers = lines.filter(pc.invert(pc.starts_with(lines, "-")))
    words = pc.list_flatten(pc.split_pattern(pc.utf8_trim(numbers, _SPACES), " "))
    words = words.filter(pc.not_equal(words, ""))
    found: npt.NDArray[np.integer] = words.cast(pa.int16()).to_numpy()
    return found


def polars_lines(path: Path) -> Any:
    """Lines as texts."""
    import polars as pl  # noqa: PLC0415  (need not be installed)

    return pl.read_lines(path, name="line")


def polars_integers(path: Path) -> npt.NDArray[np.integer]:
    """All integers of the lines of numbers, one after another."""
    import polars as pl  # noqa: PLC0415

    line = pl.col("line")
    words = (
        polars_lines(path)
        .filter(~line.str.starts_with("-"))
        .select(line.str.strip_chars(_SPACES).str.split(" ").explode())
    )
    numbers: npt.NDArray[np.integer] = words.filter(line != "").select(line.cast(pl.Int16))["line"].to_numpy()
    return numbers
