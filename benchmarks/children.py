"""Run `bhm` in processes of its own: seconds of the wall, CPU seconds, and memory at the peak."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bhm_columnar

__all__ = ["BHM", "Child", "compile_packages", "run_child"]

#: what the script `bhm` does
BHM: Final = (sys.executable, "-c", "from bhm_columnar.cli import main; raise SystemExit(main())")
_PROC: Final = Path("/proc")
_EVERY_S: Final = 0.02


@dataclass(frozen=True)
class Child:
    """What a process took; `peak_mb` is of all processes that it started together, 0 where nobody looked."""

    wall: float
    cpu: float
    peak_mb: float


def run_child(command: Sequence[str], *, memory: bool = False) -> Child:
    """Run a command to its end.

    Parameters
    ----------
    memory
        Whether to look at its memory, which slows it down: the kernel stops it to count its pages.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it said.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(list(command), env=environment, stdout=said, stderr=said)
        watch = _Watch(child.pid)
        if memory:
            watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if memory:
            watch.stop()
        if child.returncode != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError(
                f"{' '.join(command[3:])} ended with {child.returncode}: {' '.join(lines[-3:])}"
            )
    peak = watch.peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Child(wall, usage.ru_utime + usage.ru_stime, peak / 1e6 if memory else 0.0)


class _Watch(threading.Thread):
    """Looks at the memory of a process and of those that it started.

    The kernel's own record of the peak is not used where ``/proc`` is there: it begins with the memory of the process that
    started the child, and holds the largest child only.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        """Look every 20 ms."""
        while not self._done.wait(_EVERY_S):
            own = _status(self._pid, "VmHWM:")
            family = _family(self._pid)
            # pages that forked processes share count once
            together = sum(_status(pid, "Pss:", "smaps_rollup") for pid in family) if len(family) > 1 else 0
            self.peak = max(self.peak, own, together)

    def stop(self) -> None:
        """Look no more."""
        self._done.set()
        self.join()


def _status(pid: int, what: str, file: str = "status") -> int:
    """Bytes of a line of a file in ``/proc/PID``; 0 if it is not there."""
    try:
        text = (_PROC / str(pid) / file).read_text()
    except OSError:  # the process has ended
        return 0
    value = text.partition(what)[2].split()[:1]
    return int(value[0]) * 1024 if value else 0


def _family(pid: int) -> list[int]:
    """A process and those that it started."""
    found = [pid]
    for one in found:
        for task in (_PROC / str(one) / "task").glob("*/children"):
            try:
                found.extend(map(int, task.read_text().split()))
            except OSError:  # the process has ended
                continue
    return found


def compile_packages() -> None:
    """Compile the library to byte-code; what it imports is compiled when it is first imported."""
    package = Path(bhm_columnar.__file__).parent
    compileall.compile_dir(package, quiet=2)
    processors = package.parent / "processors"
    if processors.is_dir():
        compileall.compile_dir(processors, quiet=2)
