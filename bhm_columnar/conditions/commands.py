"""Run other people's programs: argument lists only, checked before anything starts."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from typing import Final

from ..errors import ConditionsError

__all__ = ["MAX_RUN", "check_host", "check_run", "run_command", "ssh_command"]

#: CMS run numbers have six digits, and brilcalc takes a shorter number for a fill
MIN_RUN: Final = 100_000
MAX_RUN: Final = 999_999
_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
)


def check_host(host: str) -> str:
    """Return a name that ssh can only take for a host: ``name`` or ``user@name``.

    Raises
    ------
    ConditionsError
        If it could be an option, a command or anything else.
    """
    if not _HOST.fullmatch(host):
        raise ConditionsError(f"{host!r} is no host name", hint="give HOST or USER@HOST")
    return host


def check_run(run: int | str) -> int:
    """Return a run number that may stand in a command or an address.

    Raises
    ------
    ConditionsError
        If it is no whole number of six digits.
    """
    text = str(run)
    if not (text.isascii() and text.isdecimal() and MIN_RUN <= int(text) <= MAX_RUN):
        raise ConditionsError(f"{text!r} is no CMS run number", hint="runs have six digits")
    return int(text)


def ssh_command(host: str, command: Iterable[str]) -> list[str]:
    """Make the argument list that runs a command on another host; nothing is asked, so nothing can hang.

    ssh hands one text to the shell of the other host, so every word of the command is quoted for it.

    Raises
    ------
    ConditionsError
        If the host is none.
    """
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=15"]
    return ["ssh", *options, "--", check_host(host), shlex.join(command)]


def run_command(command: Sequence[str], *, timeout: float = 300.0) -> tuple[str, str]:
    """Run a program without a shell.

    Returns
    -------
    what it wrote on stdout and on stderr

    Raises
    ------
    ConditionsError
        If it is not there, takes too long or fails; with the last line that it wrote.
    """
    program = command[0]
    try:
        done = subprocess.run(  # noqa: S603  (an argument list, of checked words)
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except FileNotFoundError as error:
        raise ConditionsError("is not installed", where=program, hint="or not on PATH") from error
    except OSError as error:
        raise ConditionsError(f"cannot be run ({error.strerror})", where=program) from error
    except subprocess.TimeoutExpired as error:
        raise ConditionsError(
            f"took more than {timeout:.0f} s", where=program, hint="try again later"
        ) from error
    out, err = (text.decode("utf-8", errors="replace") for text in (done.stdout, done.stderr))
    if done.returncode:
        said = (err.strip() or out.strip()).splitlines() or ["it said nothing"]
        raise ConditionsError(f"failed with code {done.returncode} ({said[-1]})", where=program)
    return out, err
