"""What was fetched once, kept as plain files that can be read, copied and removed by hand."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from platformdirs import user_cache_path

from ..errors import ConditionsError
from ..io.atomic import write_json

__all__ = ["DAY_S", "ONGOING_S", "Cache", "default_cache_folder"]

T = TypeVar("T")
_LOG = logging.getLogger(__name__)
DAY_S: Final = 86_400.0
#: how long the conditions of a run that goes on are good for
ONGOING_S: Final = 600.0


def default_cache_folder() -> Path:
    """Where conditions are kept: the user's cache directory, such as ``~/.cache/bhm_columnar/conditions``."""
    return user_cache_path("bhm_columnar") / "conditions"


class Cache:
    """One JSON file per kind and number, such as ``runs/362000.json``.

    Parameters
    ----------
    folder
        Where; the user's cache directory by default.
    offline
        Whether nothing else may be asked: entries are then good however old they are, and one that is missing is an
        error.
    refresh
        Whether entries are ignored, and written anew.
    """

    def __init__(
        self, folder: str | Path | None = None, *, offline: bool = False, refresh: bool = False
    ) -> None:
        self.folder = default_cache_folder() if folder is None else Path(folder)
        self.offline = offline
        self.refresh = refresh and not offline

    def load(self, kind: str, number: int, decode: Callable[[Any], T]) -> tuple[T, str] | None:
        """Look something up.

        Parameters
        ----------
        decode
            Makes the thing of what `save` was given; what it cannot be made of is damaged, and fetched again.

        Returns
        -------
        the thing and when it was retrieved (ISO 8601), or `None` if it is to be fetched

        Raises
        ------
        ConditionsError
            If it is not there and nothing may be fetched.
        """
        path = self.folder / kind / f"{number}.json"
        if not self.refresh:
            entry = _read(path)
            if entry is not None and (
                self.offline or entry["expires"] is None or entry["expires"] > time.time()
            ):
                try:
                    return decode(entry["content"]), entry["retrieved"]
                except (ConditionsError, LookupError, TypeError, ValueError, AttributeError) as error:
                    _LOG.warning("%s cannot be used and is fetched again: %r", path, error)
        if self.offline:
            raise ConditionsError(
                f"nothing is kept of {kind} {number}",
                where=self.folder,
                hint="fetch it once without --offline",
            )
        return None

    def save(self, kind: str, number: int, content: Any, *, expires_s: float | None) -> str:
        """Keep something for so many seconds, or for good; returns when that was (ISO 8601)."""
        retrieved = datetime.now(tz=UTC).isoformat(timespec="seconds")
        path = self.folder / kind / f"{number}.json"
        expires = None if expires_s is None else time.time() + expires_s
        write_json({"retrieved": retrieved, "expires": expires, "content": content}, path)
        return retrieved


def _read(path: Path) -> dict[str, Any] | None:
    """Content of a file of ours; `None` if there is none, or if it is damaged, which is worth a line in the log."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _LOG.warning("%s cannot be read and is fetched again: %s", path, error)
        return None
    if (
        isinstance(entry, dict)
        and isinstance(entry.get("retrieved"), str)
        and isinstance(entry.get("expires", ""), int | float | None)
        and "content" in entry
    ):
        return entry
    _LOG.warning("%s is no file of ours and is fetched again", path)
    return None
