"""What two threads of this machine can do at best: the same loop in one thread and in two, without the interpreter's lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numba

__all__ = ["SPINS", "spin_in_threads"]

#: turns of the loop, a tenth of a second or so
SPINS: Final = 100_000_000


@numba.njit(nogil=True)
def _spin(turns: int) -> int:
    state = 1
    for _ in range(turns):
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
    return state


def spin_in_threads(threads: int, turns: int) -> int:
    """Spin so many turns in each of so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(_spin, [turns] * threads))
