"""What the library says while it works, on stderr."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["show_log"]


class _Lines(logging.Handler):
    """Write lines on what stderr is at that moment: a progress bar puts itself in between."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"bhm: {self.format(record)}\n")


@contextmanager
def show_log() -> Iterator[None]:
    """Show what the library logs, from level INFO, as long as the block lasts."""
    logger = logging.getLogger("bhm_columnar")
    handler, level = _Lines(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
