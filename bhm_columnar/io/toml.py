"""Read the TOML files that people write: cuts, limits, clusters."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ..errors import SelectionError

__all__ = ["read_toml"]


def read_toml(path: str | Path, *, hint: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    hint
        What to write into such a file, for the error if it is none.

    Raises
    ------
    SelectionError
        If the file cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SelectionError(
            f"cannot be read ({error.strerror})", where=path, hint="give a TOML file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SelectionError(f"is not TOML ({error})", where=path, hint=hint) from error
