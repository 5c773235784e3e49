"""Files of QIE phases: 24 settings a side, by name of the side or as the front end is told to put them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .._version import __version__
from ..detector.channels import SIDES, Side, find_side
from ..errors import CalibrationError, SelectionError
from ..io.atomic import atomic_file
from .phase import LEGAL_PHASES, N_QIE, PhaseProposal

__all__ = ["format_put", "read_phases", "write_phases"]

#: front-end module that each side's card sits in, as the comments of the BHM settings name its registers
_MODULES: Final = {"+Z": 3, "-Z": 10}
_REGISTER: Final = re.compile(r"BHM-(?P<module>\d+)-QIE\[1-24\]_PhaseDelay")
_HOW: Final = "write a side (+Z or -Z) and 24 phases, or a `put` line; docs/examples/phases.txt is an example"


def read_phases(path: str | Path) -> dict[Side, tuple[int, ...]]:
    """Read the phases of QIE 1..24 of one side or both.

    A line is a side, ``+Z`` or ``-Z``, and 24 phases; or ``put BHM-3-QIE[1-24]_PhaseDelay`` (+Z) or
    ``put BHM-10-QIE[1-24]_PhaseDelay`` (-Z) and 24 phases. What follows a ``#`` is a comment.

    Raises
    ------
    CalibrationError
        With file and line, if a line is none of these or a phase does not exist.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise CalibrationError(f"cannot be read ({reason})", where=path, hint=_HOW) from error
    found: dict[Side, tuple[int, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        where = f"{path}, line {number}"
        side, values = _read_side(words, where)
        if side in found:
            raise CalibrationError(f"{side.name} is there twice", where=where, hint="leave one of them out")
        found[side] = _read_values(values, where)
    if not found:
        raise CalibrationError("has no phases", where=path, hint=_HOW)
    return found


def _read_side(words: list[str], where: str) -> tuple[Side, list[str]]:
    """Side of a line, and the words after it."""
    if words[0] == "put" and len(words) > 1:
        register = _REGISTER.fullmatch(words[1])
        for side in SIDES:
            if register and int(register["module"]) == _MODULES[side.name]:
                return side, words[2:]
        known = " and ".join(_register(side) for side in SIDES)
        raise CalibrationError(f"no register is called {words[1]!r}", where=where, hint=f"there are {known}")
    try:
        return find_side(words[0].removesuffix(":")), words[1:]
    except SelectionError as error:
        raise CalibrationError(error.what, where=where, hint=_HOW) from error


def _read_values(words: list[str], where: str) -> tuple[int, ...]:
    if len(words) != N_QIE:
        raise CalibrationError(
            f"{len(words)} phases", where=where, hint=f"give {N_QIE}, one a QIE, 0 where no unit is connected"
        )
    for place, word in enumerate(words, start=1):
        is_number = word.isascii() and word.isdecimal() and len(word) <= 3
        if not is_number or int(word) not in LEGAL_PHASES:
            raise CalibrationError(
                f"phase {word} of QIE {place} does not exist",
                where=where,
                hint="phases are 0..49 and 64..113",
            )
    return tuple(int(word) for word in words)


def _register(side: Side) -> str:
    return f"BHM-{_MODULES[side.name]}-QIE[1-24]_PhaseDelay"


def format_put(proposal: PhaseProposal) -> str:
    """Say a proposal as the front end is told, such as ``put BHM-3-QIE[1-24]_PhaseDelay 75 75 ...``."""
    return f"put {_register(proposal.side)} {' '.join(map(str, proposal.proposed))}"


def write_phases(proposals: Iterable[PhaseProposal], target: int, path: str | Path) -> None:
    """Write proposals as ``put`` lines with comments; `read_phases` reads them again.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    lines = [f"# phases for halo at TDC {target}, by bhm_columnar {__version__}"]
    for one in proposals:
        lines.append(f"# {one.side.title}; before: {' '.join(map(str, one.current))}")
        lines += [f"# {name} is unchanged: {reason}" for name, reason in one.kept.items()]
        lines.append(format_put(one))
    with atomic_file(path) as partial:
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
