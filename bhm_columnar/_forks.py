"""Work in forked processes, which have everything that this process has imported and computed."""

from __future__ import annotations

import gc
import multiprocessing
import os
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar

__all__ = ["DiedError", "Fork", "Turns", "can_fork", "follow", "receive_any"]

Result = TypeVar("Result")

#: called with anything that can be pickled, for the process that waits
Tell = Callable[[Any], None]

_FORK: Final = "fork"
#: bytes of a place in a pipe
_WIDTH: Final = 4
_TOLD, _DONE, _FAILED = range(3)


class DiedError(Exception):
    """A forked process ended without a result: it was killed, or had no memory."""


class _OriginError(Exception):
    """Where in a forked process an exception was raised, as its cause."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def can_fork() -> bool:
    """Whether processes can be forked here; on macOS its own libraries may crash in them."""
    return sys.platform != "darwin" and _FORK in multiprocessing.get_all_start_methods()


class Turns:
    """Places 0 to n - 1 that several processes take in turn, each place once.

    They stand in a pipe, from which whoever is forked reads.
    """

    def __init__(self, n: int) -> None:
        self._reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as file:
            file.write(b"".join(place.to_bytes(_WIDTH, "little") for place in range(n)))

    def __iter__(self) -> Iterator[int]:
        """Take what nobody has taken."""
        while place := os.read(self._reader, _WIDTH):
            yield int.from_bytes(place, "little")

    def close(self) -> None:
        """Let go of the pipe; processes that were forked keep theirs."""
        os.close(self._reader)


class Fork(Generic[Result]):
    """A function that is called in a process of its own, which ends with it.

    Parameters
    ----------
    work
        Called with a function that tells this process anything meanwhile. If this process is gone, the other one ends, too.
    """

    def __init__(self, work: Callable[[Tell], Result]) -> None:
        context: Any = multiprocessing.get_context(_FORK)
        self.connection: Connection
        self.connection, ours = context.Pipe(duplex=False)
        self.result: Result
        self.is_done = False
        self._process = context.Process(target=_call, args=(work, ours, self.connection), daemon=True)
        with warnings.catch_warnings():
            # Python warns of threads that hold locks; those of numpy and progress bars hold none that is wanted here
            warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
            self._process.start()
        ours.close()

    def receive(self) -> tuple[Any, ...]:
        """Wait for what it tells next: that in a tuple, or an empty one at its end, when `result` is there.

        Raises
        ------
        DiedError
            If it died.
        Exception
            What `work` raised.
        """
        try:
            kind, content = self.connection.recv()
        except EOFError:
            self.stop()
            raise DiedError(f"exit code {self._process.exitcode}") from None
        if kind == _TOLD:
            return (content,)
        self.is_done = True
        self.stop()
        if kind == _FAILED:
            error, origin = content
            raise error from _OriginError(origin)
        self.result = content
        return ()

    def stop(self) -> None:
        """End the process if it still works."""
        if not self.is_done:
            self._process.terminate()
        self.is_done = True
        self._process.join()
        self.connection.close()


def follow(forks: Sequence[Fork[Any]]) -> Iterator[Any]:
    """Give what processes tell, as it comes, until all have ended; if one fails, the others are stopped.

    Raises
    ------
    DiedError
        If one died.
    Exception
        What the work of one raised.
    """
    try:
        while not all(fork.is_done for fork in forks):
            yield from receive_any(forks)
    finally:
        for fork in forks:
            fork.stop()


def receive_any(forks: Sequence[Fork[Any]]) -> list[Any]:
    """Wait until one of several processes tells something or ends; returns what was told."""
    working = {fork.connection: fork for fork in forks if not fork.is_done}
    told: list[Any] = []
    for ready in wait(list(working)):
        told += working[ready].receive()  # type: ignore[index]
    return told


def _call(work: Callable[[Tell], Any], ours: Connection, theirs: Connection) -> None:
    """Work in the forked process, and send what comes of it."""
    theirs.close()  # else the pipe would not break when the other process is gone
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # who began it says what was interrupted
    threading.Thread(target=_end_with_reader, args=(ours,), daemon=True).start()
    gc.freeze()  # looking for garbage in what was there before would copy its pages
    with suppress(BrokenPipeError):  # nobody is left to hear of it
        try:
            result = work(lambda told: ours.send((_TOLD, told)))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001  (raised again where it is waited for)
            ours.send((_FAILED, (error, "".join(traceback.format_exception(error)))))
        else:
            ours.send((_DONE, result))


def _end_with_reader(ours: Connection) -> None:
    """End this process when nobody is left who reads: what was killed must not be written on."""
    poll = select.poll()
    poll.register(ours.fileno(), 0)  # errors are always looked for
    poll.poll()
    os._exit(1)
