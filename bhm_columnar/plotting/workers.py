"""Figures drawn by several processes, also while this one still does something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from .._forks import DiedError, Fork, Turns, receive_any
from ..errors import OutputError

__all__ = ["Drawing", "Part"]

#: name of a figure, and what it is of
Part = tuple[str, str]


def _draw_nothing(_: Part) -> None:
    """Stand for what draws, as long as nothing is to be drawn."""


class Drawing:
    """Figures that forked processes draw, each figure once; the processes end with the block.

    Processes are forked: a fresh one would import matplotlib for longer than it draws.
    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._lists: list[tuple[Sequence[Part], Turns]] = []
        self._forks: list[Fork[None]] = []
        self._draw: Callable[[Part], object] = _draw_nothing

    def add(self, draw: Callable[[Part], object], parts: Sequence[Part]) -> None:
        """Let one more process draw: these, and then what is left of what was added before."""
        self.parts += parts
        self._lists.append((parts, Turns(len(parts))))
        self._draw = draw
        self._start()

    def finish(self, workers: int) -> Iterator[Part]:
        """Let so many processes draw what is left, and give each figure when it is drawn.

        Raises
        ------
        OutputError
            If a process dies. What `draw` raises comes as it is; figures that were not begun are left out then.
        """
        left = len(self.parts)
        try:
            while left:
                working = sum(not fork.is_done for fork in self._forks)
                for _ in range(min(workers, left) - working):
                    self._start()
                for part in receive_any(self._forks):
                    left -= 1
                    yield part
        except DiedError as error:
            raise OutputError(
                f"a process that drew figures has died ({error})",
                hint="draw them in one process, or with more memory",
            ) from error

    def _start(self) -> None:
        """Fork one more process; what was added last is drawn first, since older processes know nothing of it."""
        draw, lists = self._draw, self._lists[::-1]

        def work(tell: Callable[[Any], None]) -> None:
            for parts, turns in lists:
                for place in turns:
                    draw(parts[place])
                    tell(parts[place])

        self._forks.append(Fork(work))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fork in self._forks:
            fork.stop()
        for _, turns in self._lists:
            turns.close()
