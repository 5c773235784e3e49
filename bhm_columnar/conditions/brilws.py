"""The text that brilcalc writes by lumisection: read and merged (brilws brilcalc_main.py, formatter.py)."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from ..errors import ConditionsError
from .model import LumiTable

__all__ = ["HOW_TO_WRITE", "Block", "merge_blocks", "parse_brilcalc", "read_blocks"]

#: what to do about a text that is none of brilcalc's
HOW_TO_WRITE: Final = "write it with `brilcalc lumi --byls --output-style csv`"
#: brilws' own length of a lumisection, by which it makes averages out of sums (formatter.py); not detector.lhc's
_BRILWS_LS_S: Final = 23.31
_PREFIXES: Final = {"kb": -9, "b": -6, "mb": -3, "ub": 0, "nb": 3, "pb": 6, "fb": 9, "ab": 12}
#: 1/ub in each unit of `brilcalc -u`; ``hz/ub`` and ``1e30/cm2s`` are averages over the lumisection
_UNITS: Final = {
    name: factor
    for prefix, power in _PREFIXES.items()
    for name, factor in (
        (f"/{prefix}", 10.0**power),
        (f"1e{30 + power}/cm2", 10.0**power),
        (f"hz/{prefix}", _BRILWS_LS_S * 10.0**power),
        (f"1e{30 + power}/cm2s", _BRILWS_LS_S * 10.0**power),
    )
}
_NEEDED: Final = ("run:fill", "ls", "time", "delivered", "recorded")
_TIME: Final = "%m/%d/%y %H:%M:%S"
#: what brilws calls the values published online
_WITHOUT_TAG: Final = {"", "None", "onlineresult", "withoutcorrection"}
#: nine decimals of 1/fb are 1/ub: values that differ by less may be the same
_ROUNDING: Final = 1.0


class _Row(NamedTuple):
    run: int
    lumisection: int
    fill: int
    start: float
    delivered: float
    recorded: float
    pileup: float
    status: str


@dataclass
class Block:
    """One output of brilcalc: where its columns are, the factors that make 1/ub, and what its summary says."""

    has_normtag: bool = False
    columns: dict[str, int] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)
    has_summary: bool = False
    said: int | None = None


def parse_brilcalc(text: str, where: str | Path) -> LumiTable:
    """Turn the text that brilcalc wrote into a table in 1/ub, sorted by run and lumisection.

    Rows of an output with a normtag win over rows without. Where only rows without are there although a normtag was
    asked for, time and beam status are kept, and luminosity and pile-up are nan: missing, not zero.

    Parameters
    ----------
    text
        With any unit of ``-u``, read from the header, and times of ``--tssec`` or in UTC (not ``--cerntime``).
    where
        What errors name.

    Raises
    ------
    ConditionsError
        If a row cannot be read, the text is cut, or two rows contradict each other.
    """
    return merge_blocks(read_blocks(text, where), where)


def read_blocks(text: str, where: str | Path) -> list[Block]:
    """Read all outputs of brilcalc in a text, one behind the other.

    Raises
    ------
    ConditionsError
        If a row cannot be read, or the text is cut.
    """
    blocks: list[Block] = []
    for number, whole in enumerate(text.splitlines(), start=1):
        # the column of --xing is last, of no use here, and longer than what csv takes for a cell
        line, place = whole.partition(",[")[0], f"{where}, line {number}"
        if line.startswith("#Data tag"):
            tag = line.partition("Norm tag:")[2].strip()
            blocks.append(Block(has_normtag=tag not in _WITHOUT_TAG))
        elif line.lstrip("# ").startswith("run:fill"):
            if not blocks or blocks[-1].columns:
                blocks.append(Block())
            _read_header(blocks[-1], line.lstrip("# "), place)
        elif line.startswith(("+-", "|")):
            raise ConditionsError("is a table for people", where=place, hint="use `--output-style csv`")
        elif line.startswith("#") and blocks:
            _read_comment(blocks[-1], line.strip("# \t"))
        elif line.strip() and not line.startswith("#"):
            _read_row(blocks, line, place)
    _check_blocks(blocks, where)
    return blocks


def _read_header(block: Block, line: str, place: str) -> None:
    for column, name in enumerate(line.strip().split(",")):
        match = re.fullmatch(r"(delivered|recorded)(?:\((.*)\))?", name)
        if match:
            unit = (match[2] or "").lower()
            if unit not in _UNITS:
                known = "such as /b /mb /ub /nb /pb /fb hz/ub 1e30/cm2s"
                raise ConditionsError(f"{unit!r} is no unit of luminosity", where=place, hint=known)
            block.factors[match[1]] = _UNITS[unit]
        block.columns[match[1] if match else name] = column
    if "hltpath" in block.columns:
        raise ConditionsError("holds rows by HLT path, prescaled", where=place, hint="leave out --hltpath")
    if missing := [name for name in _NEEDED if name not in block.columns]:
        raise ConditionsError(
            f"the header has no column {', '.join(missing)}", where=place, hint=HOW_TO_WRITE
        )


def _read_comment(block: Block, content: str) -> None:
    """Look for the number of lumisections in the summary; other comments tell nothing that is needed."""
    cells = content.split(",")
    if content.startswith("Summary"):
        block.has_summary = True
    elif content.startswith("nfill,"):
        block.footer = cells
    elif block.footer and block.said is None and len(cells) == len(block.footer):
        said = dict(zip(block.footer, cells, strict=True)).get("nls", "")
        block.said = int(said) if said.isdecimal() else None


def _read_row(blocks: list[Block], line: str, place: str) -> None:
    if blocks and blocks[-1].has_summary:
        # brilws warns behind the summary, without a #
        if re.match(r"\d+:\d+,", line):
            raise ConditionsError("a row behind the summary", where=place, hint=HOW_TO_WRITE)
        return
    if not blocks or not blocks[-1].columns:
        raise ConditionsError("a row before the header #run:fill,ls,time,...", where=place, hint=HOW_TO_WRITE)
    try:
        blocks[-1].rows.append(_convert(next(csv.reader([line], strict=True)), blocks[-1]))
    except (ValueError, csv.Error) as error:
        raise ConditionsError(f"a bad row: {error}", where=place, hint=HOW_TO_WRITE) from error


def _convert(row: list[str], block: Block) -> _Row:
    if len(row) != len(block.columns):
        raise ValueError(f"{len(row)} columns, not {len(block.columns)}")
    cells = {name: row[at].strip() for name, at in block.columns.items()}
    pairs: list[int] = []
    for name in ("run:fill", "ls"):
        match = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", cells[name])
        if not match:
            raise ValueError(f"{name} is {cells[name]!r}, not two numbers")
        pairs += map(int, match.groups())
    run, fill, lumisection, _ = pairs
    delivered, recorded = (
        block.factors[name] * _float(name, cells[name]) for name in ("delivered", "recorded")
    )
    pileup = _float("avgpu", cells.get("avgpu", "nan"))
    start = _start(cells["time"])
    return _Row(run, lumisection, fill, start, delivered, recorded, pileup, cells.get("beamstatus", ""))


def _float(name: str, text: str) -> float:
    if not re.fullmatch(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|nan", text):
        raise ValueError(f"{name} is {text!r}, not a number")
    return float(text)


def _start(text: str) -> float:
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text):
        return float(text)
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC).timestamp()
    except ValueError as error:
        raise ValueError(f"time is {text!r}, neither seconds nor MM/DD/YY HH:MM:SS") from error


def _check_blocks(blocks: list[Block], where: str | Path) -> None:
    if not any(block.columns for block in blocks):
        raise ConditionsError("has no header #run:fill,ls,time,...", where=where, hint=HOW_TO_WRITE)
    for number, block in enumerate(blocks, start=1):
        which = "the output is" if len(blocks) == 1 else f"output {number} of {len(blocks)} is"
        if block.said is not None and block.said != len(block.rows):
            raise ConditionsError(
                f"{which} cut: it has {len(block.rows)} lumisections, its summary says {block.said}",
                where=where,
                hint="run brilcalc again",
            )
        # a person may have taken the summaries out, but then all of them
        if not block.columns or (not block.has_summary and any(other.has_summary for other in blocks)):
            raise ConditionsError(f"{which} cut: it has no #Summary", where=where, hint="run brilcalc again")


def merge_blocks(blocks: list[Block], where: str | Path) -> LumiTable:
    """Make one table of several outputs of brilcalc, as `parse_brilcalc` says.

    Raises
    ------
    ConditionsError
        If two rows contradict each other.
    """
    rows = [row for block in blocks for row in block.rows]
    is_plain = np.array([not block.has_normtag for block in blocks for _ in block.rows], dtype=bool)
    if not rows:
        return LumiTable.make()
    table = LumiTable.make(**dict(zip(_Row._fields, zip(*rows, strict=True), strict=True)))
    order = np.lexsort((is_plain, table.lumisection, table.run))
    table, is_plain = table.select(order), is_plain[order]
    is_repeat = np.zeros(len(table), dtype=bool)
    is_repeat[1:] = (np.diff(table.run) == 0) & (np.diff(table.lumisection) == 0)
    is_alike = is_repeat[1:] & (is_plain[1:] == is_plain[:-1])
    for name in ("delivered", "recorded"):
        values = getattr(table, name)
        is_close = np.isclose(values[1:], values[:-1], rtol=1e-6, atol=_ROUNDING, equal_nan=True)
        for at in np.flatnonzero(is_alike & ~is_close)[:1]:
            raise ConditionsError(
                f"run {table.run[at]} lumisection {table.lumisection[at]} has {name} luminosity "
                f"{values[at]:.6g} and {values[at + 1]:.6g} /ub",
                where=where,
                hint="leave out one of the outputs",
            )
    if any(block.has_normtag for block in blocks):
        missing = {
            name: np.where(is_plain, np.nan, getattr(table, name))
            for name in ("delivered", "recorded", "pileup")
        }
        table = replace(table, **missing)
    return table.select(~is_repeat)
