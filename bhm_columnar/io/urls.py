"""Files here or behind URLs: which file system they are on, whether they have changed, how they are opened."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import DatasetError, DumpError

__all__ = [
    "COMPRESSIONS",
    "FileStamp",
    "can_split",
    "file_name",
    "find_filesystem",
    "is_url",
    "open_raw",
    "read_errors",
    "stamp_file",
]

#: file-name endings of compressed dumps
COMPRESSIONS: Final = {".gz": "gzip", ".xz": "xz", ".zst": "zstd"}
#: extra that brings what a protocol needs
_EXTRAS: Final = {"root": "xrootd", "s3": "s3", "s3a": "s3", "http": "http", "https": "http"}
# how file systems call the time or the version of a file
_VERSIONS: Final = ("mtime", "modified", "created", "LastModified", "Last-Modified", "ETag")


def is_url(path: str | Path) -> bool:
    """Whether a path names its protocol, such as ``root://``."""
    return "://" in str(path)


def file_name(path: str | Path) -> str:
    """Name of a file without its folders, and without the query of a web address."""
    if not is_url(path):
        return Path(path).name
    text = str(path)
    if text.startswith(("http://", "https://")):
        text = text.partition("#")[0].partition("?")[0]
    return text.rpartition("/")[2]


def find_filesystem(path: str) -> tuple[Any, str]:
    """Find the fsspec file system of a path or URL, and what the file is called there.

    Raises
    ------
    DatasetError
        If the package for its protocol is missing, or the protocol is not known.
    """
    import fsspec  # noqa: PLC0415  (which takes long, and files here do without)

    protocol = path.partition("://")[0].rpartition("::")[2]
    try:
        fs, inner = fsspec.core.url_to_fs(path)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        raise DatasetError(
            f"{protocol}:// needs a package that is not installed ({error})",
            where=path,
            hint=f"pip install 'bhm-columnar[{extra}]'" if extra else "install it, or copy the file here",
        ) from error
    except ValueError as error:
        raise DatasetError(
            f"cannot be opened ({error})", where=path, hint="root://, s3://, https:// and paths are known"
        ) from error
    return fs, str(inner)


def read_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Classes of what can go wrong with a file, here or behind a URL, and some more.

    The packages of a protocol are loaded where a URL needs it, so they raise nothing as long as they are not there.
    """
    names = (("aiohttp", "ClientError"), ("botocore.exceptions", "BotoCoreError"))
    loaded = (getattr(sys.modules[module], name) for module, name in names if module in sys.modules)
    return (OSError, *more, *loaded)


@dataclass(frozen=True)
class FileStamp:
    """What tells that a file has changed: its size in bytes, where it is known, and its time or version."""

    size: int | None
    version: str


def stamp_file(path: str) -> FileStamp:
    """Look at a file without reading it.

    Raises
    ------
    DumpError
        If it is not there.
    """
    try:
        if not is_url(path):
            status = Path(path).stat()
            return FileStamp(status.st_size, f"{status.st_ino} {status.st_mtime_ns}")
        fs, inner = find_filesystem(path)
        fs.invalidate_cache()
        info = fs.info(inner)
    except read_errors() as error:
        raise DumpError(
            f"cannot be opened ({error})", where=path, hint="check its name and permissions"
        ) from error
    return FileStamp(info.get("size"), " ".join(str(info[key]) for key in _VERSIONS if info.get(key)))


def can_split(path: str) -> bool:
    """Whether a dump can be read from any byte on: plain text in a file, or behind a URL that allows it.

    Raises
    ------
    DumpError
        If it cannot be opened.
    """
    if file_name(path).endswith((".uhtr", *COMPRESSIONS)):
        return False
    if not is_url(path):
        return Path(path).is_file()
    fs, _ = find_filesystem(path)
    if "memory" in fs.protocol:
        return False  # its readers share one position in the file
    with open_raw(path) as raw:
        return _can_seek(raw)


def _can_seek(raw: Any) -> bool:
    """Whether a file behind a URL is read from any byte on; web servers may only say so."""
    if not raw.size:
        return False
    try:
        raw.seek(raw.size - 1)
        raw.read(1)
        raw.seek(0)
    except read_errors(ValueError):
        return False
    return True


@contextmanager
def open_raw(path: str) -> Iterator[Any]:
    """Open a file as it is stored, for reading.

    Raises
    ------
    DumpError
        If it cannot be opened.
    DatasetError
        If the package for its protocol is missing.
    """
    try:
        raw = _open_url(path) if is_url(path) else Path(path).expanduser().open("rb")
    except read_errors(ImportError, ValueError) as error:
        raise DumpError(
            f"cannot be opened ({error})", where=path, hint="check its name and permissions"
        ) from error
    with raw:
        yield raw


def _open_url(path: str) -> Any:
    fs, inner = find_filesystem(path)
    raw = fs.open(inner, "rb")
    if "https" in fs.protocol and not _can_seek(raw):
        raw.close()
        raw = fs.open(inner, "rb", block_size=0)  # one answer from its beginning to its end
    return raw
