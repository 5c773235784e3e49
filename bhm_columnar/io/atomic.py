"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import OutputError

__all__ = ["atomic_file", "atomic_folder", "write_json"]

_PARTIAL = re.compile(r"\.partial-(?P<host>.+)-(?P<pid>\d+)$")


@contextmanager
def atomic_file(target: str | Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Give a temporary path to write to, and rename it to `target` when the block ends well.

    Raises
    ------
    OutputError
        If `target` exists and may not be overwritten, or its folder cannot be written.
    """
    target = Path(target)
    partial = _start(target, overwrite=overwrite)
    try:
        yield partial
        os.replace(partial, target)  # noqa: PTH105  (an atomic rename, by its POSIX name)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})", where=target, hint="choose another place"
        ) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill, and rename it to `target` when the block ends well.

    A folder that exists is moved aside first and removed last, so that `target` is at every moment the old one, the
    new one, or absent.

    Raises
    ------
    OutputError
        If `target` exists and may not be overwritten, or its parent cannot be written.
    """
    target = Path(target)
    partial = _start(target, overwrite=overwrite)
    try:
        partial.mkdir()
    except OSError as error:
        raise _unwritable(target, error) from error
    aside = partial.with_name(partial.name.replace(".partial-", ".old-"))
    try:
        yield partial
        try:
            if target.exists():
                target.rename(aside)
            partial.rename(target)
        except OSError as error:
            if aside.exists() and not target.exists():
                aside.rename(target)
            raise _unwritable(target, error) from error
    finally:
        for leftover in (partial, aside):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink(missing_ok=True)


def write_json(content: Any, target: str | Path) -> None:
    """Write a JSON file atomically, indented for people."""
    with atomic_file(target) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _unwritable(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"cannot be written ({error.strerror or error})", where=target, hint="choose another place"
    )


def _start(target: Path, *, overwrite: bool) -> Path:
    """Check that `target` can be made, and name its temporary sibling."""
    if target.exists() and not overwrite:
        raise OutputError(
            "exists already", where=target, hint="give another name, or --overwrite to replace it"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_remains(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    if not os.access(target.parent, os.W_OK):
        raise OutputError(
            "cannot be written (its folder is read-only)",
            where=target,
            hint="choose another place for the output",
        )
    return target.with_name(f".{target.name}.partial-{socket.gethostname()}-{os.getpid()}")


def _remove_remains(target: Path) -> None:
    """Remove what killed processes of this machine left of the same target."""
    for path in target.parent.glob(f".{target.name}.partial-*"):
        match = _PARTIAL.search(path.name)
        if match and match["host"] == socket.gethostname() and not _is_alive(int(match["pid"])):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
