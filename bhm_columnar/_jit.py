"""Compile kernels with numba, once per installation, and say so."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeVar, cast

import numba
from numba.core import entrypoints, event
from numba.core.options import DefaultOptions

__all__ = ["lean_njit", "njit", "slim_numba"]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

_PACKAGE: Final = __name__.partition(".")[0]
_LOG: Final = logging.getLogger(_PACKAGE)
_ONCE: Final = "compiling the kernels, once per installation (about 10 s)"
_EACH_TIME: Final = (
    "compiling the kernels (about 10 s), again at every start, since no folder for them can be written; "
    "set NUMBA_CACHE_DIR to one"
)
#: where numba looks for BLAS
_BLAS: Final = "scipy.linalg.cython_blas"
# numba does not document the option; where it is missing, kernels are right, too, and slower
_UNCOUNTED: Final[dict[str, Any]] = {"_nrt": False} if hasattr(DefaultOptions, "_nrt") else {}
#: kernels that cannot be kept
_uncached: Final[set[Callable[..., Any]]] = set()


def njit(kernel: Kernel) -> Kernel:
    """Compile a kernel without the GIL, cached on disk; uncached where no folder can be written.

    numba looks for a writable cache beside the module and then in the user's cache folder, and raises at import where
    there is neither (read-only installation and home).
    """
    return _compile(kernel)


def lean_njit(kernel: Kernel) -> Kernel:
    """Compile a kernel as `njit` does; it cannot make arrays, but read and fill those it is given.

    References to arrays are not counted: numba counts them atomically in every call, which takes half the time of the scanner.
    """
    return _compile(kernel, **_UNCOUNTED)


def _compile(kernel: Kernel, **options: Any) -> Kernel:
    try:
        compiled = numba.njit(cache=True, nogil=True, **options)(kernel)
    except RuntimeError:
        compiled = numba.njit(nogil=True, **options)(kernel)
        _uncached.add(kernel)
    return cast(Kernel, compiled)


def slim_numba() -> None:
    """Spare this process half a second in which numba learns of awkward arrays and vectors, and looks for BLAS in all of scipy.linalg.

    No kernel of ours takes any of them. Only for programs that run no kernels of others, which may; numba has no public switch.
    """
    if hasattr(entrypoints, "_already_initialized"):
        entrypoints._already_initialized = True
    if _BLAS not in sys.modules:
        sys.modules[_BLAS] = None  # type: ignore[assignment]  # the way of Python to say that a module is not there
        try:
            import_module("numba.np.arraymath")
        finally:
            del sys.modules[_BLAS]


class _Announcer(event.Listener):
    """Log once per process, at level INFO, that kernels of ours are compiled.

    numba sends its event when it compiles, not when it takes a kernel out of the cache; and one thread at a time.
    """

    def __init__(self) -> None:
        self.has_said = False

    def on_start(self, event: Any) -> None:
        """Hear that something begins to be compiled."""
        kernel = event.data["dispatcher"].py_func
        if not self.has_said and kernel.__module__.startswith(f"{_PACKAGE}."):
            self.has_said = True
            _LOG.info(_EACH_TIME if kernel in _uncached else _ONCE)

    def on_end(self, event: Any) -> None:
        """Nothing is said at the end."""


event.register("numba:compile", _Announcer())  # type: ignore[no-untyped-call]
