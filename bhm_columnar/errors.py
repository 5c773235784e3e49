"""What can go wrong, as a family of exceptions.

Every message says what is wrong, where, and what to do::

    BHMError
    ├── InputError             something that was given cannot be used
    │   ├── DumpError          a dump file cannot be read
    │   ├── DatasetError       a folder or file list: missing, empty, or its side cannot be told
    │   ├── EventsFileError    a converted file is not ours, or not complete
    │   ├── CalibrationError   a calibration file or table
    │   ├── ConditionsError    conditions that cannot be fetched or read
    │   ├── SelectionError     runs, channels, cuts or figures that do not exist
    │   └── ProcessorError     a processor that cannot be found, built or run
    └── OutputError            something cannot be written
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "BHMError",
    "CalibrationError",
    "ConditionsError",
    "DatasetError",
    "DumpError",
    "EventsFileError",
    "InputError",
    "OutputError",
    "ProcessorError",
    "SelectionError",
]


class BHMError(Exception):
    """Anything that bhm_columnar refuses to do, said in one line.

    Parameters
    ----------
    what
        What is wrong.
    where
        The file, folder or option that it is wrong in.
    hint
        What to do about it.
    """

    def __init__(self, what: str, *, where: str | Path | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = None if where is None else str(where)
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}{f'; {self.hint}' if self.hint else ''}"


class InputError(BHMError):
    """Something that was given cannot be used."""


class DumpError(InputError):
    """A dump file cannot be read."""


class DatasetError(InputError):
    """A folder or list of files is missing, empty, or its side cannot be told."""


class EventsFileError(InputError):
    """A converted file was not written by bhm_columnar, or is not complete."""


class CalibrationError(InputError):
    """A calibration file or table cannot be used."""


class ConditionsError(InputError):
    """Run times, luminosity or a filling scheme cannot be fetched or read."""


class SelectionError(InputError):
    """Runs, channels, cuts or figures were asked for that do not exist."""


class ProcessorError(InputError):
    """A processor cannot be found, built or run."""


class OutputError(BHMError):
    """Something cannot be written."""
