"""Figures drawn by several processes, also while this one still does something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from .._forks import DiedError, Fork, Turns, follow
from ..errors import OutputError

__all__ = ["Drawing", "Part"]

#: name of a figure, and what it is of
Part = tuple[str, str]


class Drawing:
    """Figures that forked processes draw, each figure once; the processes end with the block.

    Processes are forked: a fresh one would import matplotlib for longer than it draws.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._lists: list[tuple[Sequence[Part], Turns]] = []
        self._forks: list[Fork[None]] = []

    def add(self, draw: Callable[[Part], object], parts: Sequence[Part], *, workers: int) -> None:
        """Let so many more processes draw: what is left of the figures before, and then these."""
        self.parts += parts
        self._lists.append((parts, Turns(len(parts))))
        lists = list(self._lists)

        def work(tell: Callable[[Any], None]) -> None:
            for some, turns in lists:
                for place in turns:
                    draw(some[place])
                    tell(some[place])

        self._forks += [Fork(work) for _ in range(workers)]

    def finish(self) -> Iterator[Part]:
        """Wait, and give each figure when it is drawn.

        Raises
        ------
        OutputError
            If a process dies. What `draw` raises comes as it is; figures that were not begun are left out then.
        """
        try:
            yield from follow(self._forks)
        except DiedError as error:
            raise OutputError(
                f"a process that drew figures has died ({error})",
                hint="draw them in one process, or with more memory",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fork in self._forks:
            fork.stop()
        for _, turns in self._lists:
            turns.close()
