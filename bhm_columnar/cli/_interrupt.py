"""Ctrl-C, also where Python would pass over it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

__all__ = ["heed_interrupts", "was_interrupted"]

#: seconds until a Ctrl-C that was passed over comes again
_AGAIN_S = 0.1


@contextmanager
def heed_interrupts() -> Iterator[None]:
    """Let a Ctrl-C that comes while Python takes an object apart, and so is only reported, come again."""
    before = sys.unraisablehook

    def hook(found: UnraisableHookArgs) -> None:
        if issubclass(found.exc_type, KeyboardInterrupt):
            again = threading.Timer(_AGAIN_S, _interrupt_main)
            again.daemon = True
            again.start()
        else:
            before(found)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _interrupt_main() -> None:
    """Send Ctrl-C to the main thread, also where it waits."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


def was_interrupted(error: BaseException) -> bool:
    """Whether an error is what became of Ctrl-C, such as while a module was imported."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        if isinstance(one, KeyboardInterrupt):
            return True
        seen.add(id(one))
        one = one.__cause__ or one.__context__
    return False
