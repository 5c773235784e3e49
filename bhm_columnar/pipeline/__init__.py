"""The whole job: `analyse` begins it and has the dumps converted, `analysis` does what follows."""

from __future__ import annotations

from .analyse import analyse

__all__ = ["analyse"]
