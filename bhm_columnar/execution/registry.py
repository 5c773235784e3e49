"""Find processors: by entry point, or in a file of the user's."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import cloudpickle
from coffea.processor import ProcessorABC

from ..errors import ProcessorError

__all__ = ["GROUP", "asks_for", "describe_processors", "load_processor", "make_processor"]

#: entry-point group that processors are registered under
GROUP: Final = "bhm_columnar.processors"


def _registered() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP))}


def describe_processors() -> dict[str, str]:
    """First sentence of the docstring of each registered processor, by its name."""
    return {name: (inspect.getdoc(load_processor(name)) or "").split("\n")[0] for name in _registered()}


def load_processor(name: str) -> type[ProcessorABC]:
    """Load a processor class.

    Parameters
    ----------
    name
        A registered name, such as ``halo``, or ``file.py:Class``.

    Raises
    ------
    ProcessorError
        If there is none, or it is no coffea processor.
    """
    if ":" in name:
        found = _load_from_file(name)
    else:
        known = _registered()
        if name not in known:
            raise ProcessorError(
                f"no processor is called {name!r}",
                hint=f"there are {', '.join(known) or 'none'}; or give file.py:Class",
            )
        found = known[name].load()
    if not (inspect.isclass(found) and issubclass(found, ProcessorABC)):
        raise ProcessorError("is no coffea ProcessorABC", where=name, hint="derive the class from it")
    return found


def _load_from_file(name: str) -> Any:
    file, _, attribute = name.rpartition(":")
    path = Path(file)
    if not path.is_file():
        raise ProcessorError("no such file", where=file, hint="give file.py:Class")
    module = _import_file(path)
    if not hasattr(module, attribute):
        raise ProcessorError(f"defines no {attribute}", where=file, hint="give file.py:Class")
    return getattr(module, attribute)


def _import_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bhm_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ProcessorError("is no Python file", where=path, hint="give file.py:Class")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ProcessorError(
            f"cannot be imported ({error!r})", where=path, hint="run it with python first"
        ) from error
    cloudpickle.register_pickle_by_value(module)  # workers do not have the user's file
    return module


def asks_for(name: str, parameter: str) -> bool:
    """Say whether the ``__init__`` of a processor asks for something, such as ``calibration`` or ``times``."""
    return parameter in inspect.signature(load_processor(name)).parameters


def make_processor(name: str, given: Mapping[str, Any]) -> ProcessorABC:
    """Load a processor and build it with those of the `given` things that its ``__init__`` asks for by name.

    Parameters
    ----------
    name
        As for `load_processor`.
    given
        ``calibration``, ``cuts`` and ``runs``.

    Raises
    ------
    ProcessorError
        If it asks for something else.
    """
    cls = load_processor(name)
    parameters = inspect.signature(cls).parameters
    missing = [key for key, one in parameters.items() if one.default is one.empty and key not in given]
    if missing:
        raise ProcessorError(
            f"asks for {', '.join(missing)}", where=name, hint=f"its __init__ can be given {', '.join(given)}"
        )
    return cls(**{key: value for key, value in given.items() if key in parameters})
