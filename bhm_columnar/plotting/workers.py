"""Figures drawn by several processes."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

from ..errors import OutputError

__all__ = ["can_fork", "in_processes"]

Item = TypeVar("Item")

#: what each process does with an item; a process that was forked finds it here, so that nothing is copied into it
_WORK: list[Callable[..., object]] = []
_FORK: Final = "fork"


def can_fork() -> bool:
    """Whether processes can be started that have matplotlib and the results already."""
    return _FORK in multiprocessing.get_all_start_methods()


def in_processes(work: Callable[[Item], object], items: Sequence[Item], *, workers: int) -> Iterator[Item]:
    """Do the work for each item in other processes, and give back each item when it is done.

    Processes are forked: a fresh one would import matplotlib for longer than it draws.

    Raises
    ------
    OutputError
        If a process dies. What `work` raises comes back as it is, and items that were not begun are left out then.
    """
    _WORK.append(work)
    pool = ProcessPoolExecutor(min(workers, len(items)), mp_context=multiprocessing.get_context(_FORK))
    try:
        with warnings.catch_warnings():
            # Python warns of threads that hold locks; those of numpy and progress bars hold none that drawing takes
            warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
            pending: dict[Future[None], Item] = {pool.submit(_do, item): item for item in items}
        for future in as_completed(pending):
            future.result()
            yield pending[future]
    except BrokenProcessPool as error:
        raise OutputError(
            "a process that drew figures has died", hint="draw them in one process, or with more memory"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
        _WORK.pop()


def _do(item: object) -> None:
    _WORK[-1](item)
