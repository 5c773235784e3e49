"""Forked processes: their results, what they tell, their errors, and that none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bhm_columnar._forks import DiedError, Fork, Turns, can_fork, follow
from bhm_columnar.errors import DumpError

pytestmark = pytest.mark.skipif(not can_fork(), reason="this platform forks no processes")

Tell = Callable[[Any], None]
#: a program with a process that tells without end, and one that never does; it prints who they are, and is killed
ORPHANS = """\
import time
from bhm_columnar._forks import Fork
def talk(tell):
    while True:
        tell(0)
        time.sleep(0.01)
forks = [Fork(talk), Fork(lambda _: time.sleep(600))]
print(*(fork._process.pid for fork in forks), flush=True)
time.sleep(60)
"""


def test_what_a_process_tells_and_returns() -> None:
    def work(tell: Tell) -> int:
        tell("half")
        return os.getpid()

    fork = Fork(work)
    assert list(follow([fork])) == ["half"]
    assert fork.result != os.getpid()
    fork.stop()  # once more does no harm


def test_several_are_followed_until_all_have_ended() -> None:
    forks = [Fork(lambda tell, n=n: [tell((n, k)) for k in range(3)]) for n in range(4)]
    assert sorted(follow(forks)) == [(n, k) for n in range(4) for k in range(3)]
    assert all(fork.is_done for fork in forks)


def test_an_error_is_the_same_here_and_says_where_it_was_raised() -> None:
    def work(_: Tell) -> None:
        raise DumpError("is no dump", where="a.txt", hint="look at it")

    with pytest.raises(DumpError, match=r"^a\.txt: is no dump; look at it$") as caught:
        list(follow([Fork(work)]))
    assert "in work" in str(caught.value.__cause__)


def test_one_that_dies_is_an_error_and_the_others_are_stopped() -> None:
    waiting = Fork(lambda _: time.sleep(600))
    killed = Fork(lambda _: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(DiedError, match="exit code -9"):
        list(follow([waiting, killed]))
    assert waiting.is_done


def test_one_that_is_stopped_tells_no_more() -> None:
    fork = Fork(lambda _: time.sleep(600))
    fork.stop()
    assert list(follow([fork])) == []


def test_turns_are_taken_once() -> None:
    turns = Turns(200)

    def work(tell: Tell) -> None:
        for place in turns:
            tell(place)

    first = next(iter(turns))
    forks = [Fork(work) for _ in range(3)]
    taken = list(follow(forks))
    turns.close()
    assert first == 0
    assert sorted(taken) == list(range(1, 200))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
def test_processes_end_when_who_began_them_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        pids = [int(pid) for pid in program.stdout.readline().split()]
        assert all(is_running(pid) for pid in pids)
        program.kill()
    for _ in range(1000):
        if not any(is_running(pid) for pid in pids):
            return
        time.sleep(0.02)
    raise AssertionError(f"processes {pids} are left behind")


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie, for which nobody may wait in a container."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False
