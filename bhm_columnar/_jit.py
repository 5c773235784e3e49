"""Compile kernels with numba, once per installation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["njit"]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def njit(kernel: Kernel) -> Kernel:
    """Compile a kernel without the GIL, cached on disk; uncached where no folder can be written.

    numba looks for a writable cache beside the module and then in the user's cache folder, and raises at import where
    there is neither (read-only installation and home).
    """
    try:
        compiled = numba.njit(cache=True, nogil=True)(kernel)
    except RuntimeError:
        compiled = numba.njit(nogil=True)(kernel)
    return cast(Kernel, compiled)
