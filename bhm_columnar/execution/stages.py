"""Time the stages of a job, and show how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Advance", "Stages"]

#: called with how much more of a stage is done
Advance = Callable[[float], None]


@dataclass
class Stages:
    """The stages of a job, how long each took, and how to show them.

    Parameters
    ----------
    show
        Makes a progress display for a stage, from its name and how much there is to do; quiet if `None`.
    fill_progress
        Whether coffea draws its own bar while histograms are filled.
    seconds
        Time of each stage so far.
    details
        More about some stages: events and chunks per second, and what each worker did.
    """

    show: Callable[[str, float], AbstractContextManager[Advance]] | None = None
    fill_progress: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def run(self, name: str, total: float = 0.0) -> Iterator[Advance]:
        """Time a stage, and show how far it is if its `total` is known."""
        start = time.perf_counter()
        try:
            if self.show is None or total == 0:
                yield lambda _: None
            else:
                with self.show(name, total) as advance:
                    yield advance
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
