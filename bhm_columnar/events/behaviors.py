"""What a pulse can do beside hold its columns."""

from __future__ import annotations

from typing import Any, Final

import awkward as ak

from ..detector.qie import TDC_NS

__all__ = ["BEHAVIOR"]

#: awkward behaviors of the records named ``Event`` and ``Pulse``
BEHAVIOR: Final[dict[Any, Any]] = {}


@ak.mixin_class(BEHAVIOR)
class Pulse:
    """A pulse of one unit in one event."""

    @property
    def time(self) -> ak.Array:
        """Leading-edge time within the bunch crossing in ns, from the first TDC code."""
        return self.tdc * TDC_NS  # type: ignore[attr-defined]

    @property
    def is_connected(self) -> ak.Array:
        """Whether the input reads a unit at all."""
        return self.channel >= 0  # type: ignore[attr-defined]
