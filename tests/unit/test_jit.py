"""Kernels are compiled once per installation, which is said; where nothing can be kept, they work all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import bhm_columnar

SAID_ONCE = "compiling the kernels, once per installation (about 10 s)"
#: measures one pulse, with the smallest of the kernels
MEASURE = """\
import numpy as np
from bhm_columnar import __file__ as where
from bhm_columnar.events.derived import measure_charge
print(where, measure_charge(np.full((2, 20), 7, np.uint8))[0].tolist())
"""
LISTEN = 'import logging; logging.basicConfig(format="%(message)s"); logging.getLogger("bhm_columnar").setLevel("INFO")\n'
SKIP = "from bhm_columnar._jit import slim_numba; slim_numba()\n"
IN_THREADS = """\
import threading
def measure():
    measure_charge(np.full((2, 20), 7, np.uint8))
threads = [threading.Thread(target=measure) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the package to where no folder can be made for kernels beside it, also not by root."""
    copy = tmp_path / "site" / "bhm_columnar"
    shutil.copytree(Path(bhm_columnar.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for module in copy.rglob("_kernels.py"):
        (module.parent / "__pycache__").write_text("a file, so it is no folder")
    return copy


def start(package: Path, cache: Path, code: str) -> subprocess.Popen[str]:
    """Run a program with this copy of the package; numba may write below `cache`, and nowhere else."""
    unset = ("NUMBA_CACHE_DIR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"PYTHONPATH": str(package.parent), "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        cwd=package.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(package: Path, program: subprocess.Popen[str]) -> list[str]:
    """Check what a program measured; returns the lines that it wrote on stderr."""
    out, err = program.communicate(timeout=300)
    assert program.returncode == 0, err
    assert out.split("\n")[0] == f"{package / '__init__.py'} [7, 7]"
    return err.splitlines()


def run(package: Path, cache: Path, code: str) -> list[str]:
    return finish(package, start(package, cache, code))


def test_read_only_installation_keeps_kernels_for_the_user(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(package, cache, LISTEN + MEASURE) == [SAID_ONCE]
    assert len(list(cache.rglob("*measure_pulses*.nbc"))) == 1
    assert run(package, cache, LISTEN + SKIP + MEASURE) == []


def test_where_nothing_can_be_kept_it_is_said_each_time(package: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for _ in range(2):
        (said,) = run(package, tmp_path / "file" / "cache", LISTEN + MEASURE)
        assert said == (
            "compiling the kernels (about 10 s), again at every start, since no folder for them can be written; "
            "set NUMBA_CACHE_DIR to one"
        )


def test_library_is_silent_unless_asked(package: Path, tmp_path: Path) -> None:
    assert run(package, tmp_path / "cache", MEASURE) == []


def test_several_threads_and_programs_at_once(package: Path, tmp_path: Path) -> None:
    code = LISTEN + MEASURE.replace("print", IN_THREADS + "print")
    programs = [start(package, tmp_path / "cache", code) for _ in range(2)]
    for program in programs:
        assert finish(package, program) in ([SAID_ONCE], [])  # the second may find what the first has kept
    assert run(package, tmp_path / "cache", code) == []


def test_kernels_of_others_are_not_announced(package: Path, tmp_path: Path) -> None:
    code = LISTEN + (
        "import sys, numba, bhm_columnar._jit\n"
        "numba.njit(lambda number: number + 1)(1)\n"
        'print("theirs is compiled", file=sys.stderr)\n'
    )
    assert run(package, tmp_path / "cache", code + MEASURE) == ["theirs is compiled", SAID_ONCE]
