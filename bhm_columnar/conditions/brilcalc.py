"""Luminosity by lumisection from brilcalc: from a file, or asked for; and written as brilcalc would."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ..errors import ConditionsError
from ..io.atomic import atomic_file
from .brilws import HOW_TO_WRITE, Block, merge_blocks, parse_brilcalc, read_blocks
from .commands import check_run, run_command, ssh_command
from .model import LumiTable

__all__ = ["NORMTAG", "read_brilcalc", "run_brilcalc", "write_brilcalc"]

#: the best offline calibration of all luminometers (CMS-LUMI-POG/Normtags)
NORMTAG: Final = "/cvmfs/cms-bril.cern.ch/cms-lumi-pog/Normtags/normtag_BRIL.json"
_COLUMNS: Final = "run:fill,ls,time,beamstatus,E(GeV),delivered(/ub),recorded(/ub),avgpu,source"
_SUMMARY: Final = "nfill,nrun,nls,ncms,totdelivered(/ub),totrecorded(/ub)"
#: a path or a tag, and nothing that a shell or brilcalc could take for something else
_NORMTAG: Final = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.+@=-]*")
#: years of running take minutes
_TIMEOUT_S: Final = 1800.0


def read_brilcalc(path: str | Path) -> LumiTable:
    """Read luminosity and beam status by lumisection from what ``brilcalc lumi --byls --output-style csv`` wrote.

    Parameters
    ----------
    path
        One output, or several behind each other, such as one with and one without ``--normtag``; see
        `parse_brilcalc`.

    Raises
    ------
    ConditionsError
        If the file cannot be read, or is not what brilcalc writes.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConditionsError(f"cannot be read ({error.strerror or error})", where=path) from error
    except UnicodeDecodeError as error:
        raise ConditionsError("is no text", where=path, hint=HOW_TO_WRITE) from error
    return parse_brilcalc(text, path)


def run_brilcalc(
    runs: Iterable[int | str],
    *,
    normtag: str | None = NORMTAG,
    via_ssh: str | None = None,
    program: str = "brilcalc",
) -> LumiTable:
    """Ask brilcalc for the luminosity of runs: once with and once without normtag, merged as by `parse_brilcalc`.

    Parameters
    ----------
    runs
        Run numbers. brilcalc is asked for all from the first to the last, and the others are dropped.
    normtag
        Path or name of the calibration; `None` for the values that were published online.
    via_ssh
        ``HOST`` or ``USER@HOST`` to run it on, such as ``lxplus.cern.ch``; here if `None`.
    program
        Name or whole path of brilcalc.

    Raises
    ------
    ConditionsError
        If a run, a host, a program or a normtag is none (before anything starts), or if a query fails.
    """
    wanted = sorted({check_run(run) for run in runs})
    if normtag is not None and not _NORMTAG.fullmatch(normtag):
        raise ConditionsError(f"{normtag!r} is no normtag", hint="give a path or a name without blanks")
    if not program or program.startswith(("-", "~") if via_ssh is not None else "-"):
        raise ConditionsError(f"{program!r} cannot be run", hint="give the whole path of brilcalc")
    if not wanted:
        return LumiTable.make()
    where = program if via_ssh is None else f"{program} on {via_ssh}"
    plain = [program, "lumi", "--byls", "--tssec", "--output-style", "csv"]
    run_range = ["--begin", str(wanted[0]), "--end", str(wanted[-1])]
    # all commands are made, and so checked, before the first one runs
    commands = [
        [*plain, *tag, *run_range] for tag in ([], *([] if normtag is None else [["--normtag", normtag]]))
    ]
    if via_ssh is not None:
        commands = [ssh_command(via_ssh, command) for command in commands]
    blocks = _query(commands[0], where, has_normtag=False)
    if normtag is not None:
        try:
            blocks += _query(commands[1], where, has_normtag=True)
        except ConditionsError as error:
            raise ConditionsError(
                f"the query with normtag {normtag} failed, the one without it worked: {error.what}",
                where=where,
                hint="choose another normtag, or none to take the values published online",
            ) from error
    table = merge_blocks(blocks, where)
    return table.select(np.isin(table.run, wanted))


def _query(command: list[str], where: str, *, has_normtag: bool) -> list[Block]:
    """Run brilcalc; what was asked for is known, so the tag that it writes need not be trusted."""
    blocks = read_blocks(run_command(command, timeout=_TIMEOUT_S)[0], where)
    if any(block.rows and not block.has_summary for block in blocks):
        raise ConditionsError("the output is cut: it has no #Summary", where=where, hint="try again")
    return [replace(block, has_normtag=has_normtag) for block in blocks]


def write_brilcalc(table: LumiTable, path: str | Path) -> int:
    """Write luminosity as brilcalc would, in 1/ub, for coffea's ``LumiData`` and whatever else reads its files.

    Beam energy and luminometer are not in the table: 0 and ``UNKNOWN`` stand for them.

    Returns
    -------
    number of lumisections left out because their time or luminosity is missing, which the format cannot say

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    known = table.select(
        np.isfinite(table.start) & np.isfinite(table.delivered) & np.isfinite(table.recorded)
    )
    # the second number is 0 when CMS takes no data
    cms = np.where(known.recorded > 0, known.lumisection, 0)
    counts = (len(np.unique(known.fill)), len(np.unique(known.run)), len(known), np.count_nonzero(cms))
    totals = (_lumi(known.delivered.sum()), _lumi(known.recorded.sum()))
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        # brilws ends rows in CRLF, as Python's csv does, and lines of comment in LF
        rows = csv.writer(file)
        file.write(f"#Data tag : None , Norm tag: None\n#{_COLUMNS}\n")
        for place in range(len(known)):
            start = known.start[place]
            rows.writerow(
                [
                    f"{known.run[place]}:{known.fill[place]}",
                    f"{known.lumisection[place]}:{cms[place]}",
                    f"{start:.0f}" if start == round(start) else f"{start:.3f}",
                    known.status[place] or "UNKNOWN",
                    0,
                    _lumi(known.delivered[place]),
                    _lumi(known.recorded[place]),
                    f"{known.pileup[place]:.1f}",
                    "UNKNOWN",
                ]
            )
        file.write(f"#Summary:\n#{_SUMMARY}\n#{','.join(map(str, (*counts, *totals)))}\n")
    return len(table) - len(known)


def _lumi(value: float) -> str:
    """Format a luminosity as brilws does."""
    return "0" if abs(value) < 1e-9 else f"{value:.9f}"
