"""Bytes of a dump: plain or compressed, local or wherever fsspec reaches, with size and checksum on the way."""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import DumpError
from .urls import COMPRESSIONS, file_name, open_raw, read_errors

__all__ = ["ByteSource", "OnBytes", "open_source"]

#: called with the number of bytes of the file (as stored) that were read since the last call
OnBytes = Callable[[int], None]

_PIECE: Final = 1 << 20
# bytes that are worth a thread's attention
_BATCH: Final = 1 << 22


class _Checksum:
    """A sha256, taken in a thread while the text is scanned."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")
        self._pending: Future[None] | None = None
        # the scanner writes into the text that it reads, so this is a copy; one is filled while the other is hashed
        self._batch, self._other = (np.empty(_BATCH, dtype=np.uint8).data for _ in range(2))
        self._held = 0

    def update(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while len(view) > 0:
            taken = view[: _BATCH - self._held]
            self._batch[self._held : self._held + len(taken)] = taken
            self._held += len(taken)
            view = view[len(taken) :]
            if self._held == _BATCH:
                self._wait()
                self._pending = self._pool.submit(self._hash.update, self._batch)
                self._batch, self._other = self._other, self._batch
                self._held = 0

    def hexdigest(self) -> str:
        self._wait()
        self._hash.update(self._batch[: self._held])
        self._held = 0
        return self._hash.hexdigest()

    def close(self) -> None:
        self._pool.shutdown()

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None


class _CountingReader:
    """Pass bytes of a file through, counting them; as much of a file as decompressors ask for.

    With a limit, it ends after so many bytes.
    """

    closed = False

    def __init__(
        self,
        raw: Any,
        on_bytes: OnBytes | None = None,
        limit: int | None = None,
        checksum: _Checksum | None = None,
    ) -> None:
        self._raw = raw
        self._on_bytes = on_bytes
        self._limit = limit
        self._checksum = checksum
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, to the end where it is negative."""
        data: bytes = self._raw.read(size)
        self._account(data)
        return data

    def readinto(self, view: memoryview) -> int:
        """Read up to ``len(view)`` bytes into `view`."""
        if self._limit is not None:
            view = view[: self._limit - self.size]
        n = self._raw.readinto(view) or 0
        self._account(view[:n])
        return int(n)

    def seek(self, position: int) -> None:
        """Go on reading from a byte of a plain file."""
        self._raw.seek(position)

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def close(self) -> None:
        """Leave the file to who opened it."""

    def _account(self, data: bytes | memoryview) -> None:
        if self._checksum is not None:
            self._checksum.update(data)
        self.size += len(data)
        if self._on_bytes is not None:
            self._on_bytes(len(data))


class ByteSource:
    """The content of one dump, decompressed as it is read."""

    def __init__(self, path: str, reader: _CountingReader, checksum: _Checksum) -> None:
        self.path = path
        self._reader = reader
        self._checksum = checksum
        name = file_name(path)
        ending = next((COMPRESSIONS[end] for end in COMPRESSIONS if name.endswith(end)), None)
        self.is_compressed = ending is not None
        self._stream: Any = reader
        if ending == "xz":
            self._stream = lzma.LZMAFile(reader)  # type: ignore[arg-type]  # noqa: SIM115
        elif ending is not None:
            import pyarrow as pa  # noqa: PLC0415  (which takes long, and plain files do without)

            # pyarrow's streams are the ones that notice a file that was cut short, and read several frames
            self._stream = pa.CompressedInputStream(pa.PythonFile(reader, mode="r"), ending)

    def fill(self, buffer: npt.NDArray[np.uint8], *, start: int | None = None) -> int:
        """Read until the buffer is full or the dump ends; return the number of bytes.

        Parameters
        ----------
        start
            Byte of a plain file to begin at, if not where the last call has ended.

        Raises
        ------
        DumpError
            If the file cannot be read or its compression is damaged.
        """
        view = buffer.data
        filled = 0
        try:
            if start is not None:
                self._reader.seek(start)
            while filled < len(view):
                n = self._read_piece(view[filled:])
                if n == 0:
                    break
                filled += n
        except read_errors(EOFError, lzma.LZMAError) as error:
            raise DumpError(
                f"cannot be read to its end ({error})",
                where=self.path,
                hint="copy the file again, or leave it out",
            ) from error
        return filled

    def _read_piece(self, view: memoryview) -> int:
        if not self.is_compressed:
            return self._reader.readinto(view)
        data = self._stream.read(min(len(view), _PIECE))
        view[: len(data)] = data
        return len(data)

    @property
    def size(self) -> int:
        """Bytes of the file, as stored, that were read so far."""
        return self._reader.size

    @property
    def sha256(self) -> str:
        """Checksum of what was read of the file, as stored, if it was asked for: after the end, what ``sha256sum`` prints."""
        return self._checksum.hexdigest()


@contextmanager
def open_source(
    path: str,
    on_bytes: OnBytes | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    hashed: bool = True,
) -> Iterator[ByteSource]:
    """Open a dump for reading; ``.gz``, ``.xz`` and ``.zst`` are decompressed.

    Parameters
    ----------
    start, stop
        The bytes of a plain file to read, if not all; they are not hashed.
    hashed
        Whether to take the checksum.

    Raises
    ------
    DumpError
        If the file cannot be opened.
    DatasetError
        If the package for its protocol is missing.
    """
    with open_raw(path) as raw, closing(_Checksum()) as checksum:
        limit = None if stop is None else stop - start
        if limit is not None:
            raw.seek(start)
        taken = checksum if hashed and limit is None else None
        yield ByteSource(path, _CountingReader(raw, on_bytes, limit, taken), checksum)
