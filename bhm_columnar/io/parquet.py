"""Events in Parquet files, with the same columns as the ROOT files, for pandas, polars and pyarrow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import awkward as ak
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import EventsFileError
from ..events.columns import CODES, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS, SAMPLES
from .provenance import PROVENANCE_KEY, Provenance

__all__ = ["ParquetWriter", "read_parquet_branches", "read_parquet_provenance"]


def _schema() -> pa.Schema:
    fields = [
        pa.field(column.branch, pa.type_for_alias(column.dtype), nullable=False) for column in EVENT_COLUMNS
    ]
    fields.append(pa.field(N_PULSE, pa.int32(), nullable=False))
    for column in (*PULSE_COLUMNS, SAMPLES, CODES):
        item = pa.field("item", pa.type_for_alias(column.dtype), nullable=False)
        fields.append(pa.field(column.branch, pa.list_(item), nullable=False))
    return pa.schema(fields)


class ParquetWriter:
    """Write events as flat and list columns, one row group per piece, with page checksums."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(
            path, _schema(), compression="zstd", compression_level=1, write_page_checksum=True
        )

    def extend(self, branches: Mapping[str, Any]) -> None:
        """Append events given as the branches of `events_to_branches`."""
        columns = [
            ak.to_arrow(ak.Array(branches[field.name]), list_to32=True, extensionarray=False).cast(field.type)
            for field in self._writer.schema
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._writer.schema))

    def finish(self, provenance: Provenance) -> None:
        """Store the provenance; nothing may follow."""
        self._writer.add_key_value_metadata({PROVENANCE_KEY: provenance.to_json()})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()


def read_parquet_provenance(path: str | Path) -> Provenance:
    """Open a file, read its provenance, and check that it holds the events it should.

    Raises
    ------
    EventsFileError
        If it is no file of ours or not complete.
    """
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise EventsFileError(
            f"cannot be read as a Parquet file ({error})", where=path, hint="convert the dumps again"
        ) from error
    text = (metadata.metadata or {}).get(PROVENANCE_KEY.encode())
    if text is None:
        raise EventsFileError(
            "holds no BHM events with provenance", where=path, hint="convert the dumps with `bhm convert`"
        )
    provenance = Provenance.from_json(text.decode(), path)
    provenance.check_entries(metadata.num_rows, path)
    return provenance


def read_parquet_branches(path: str | Path) -> dict[str, Any]:
    """Read every branch of `events.columns` into memory, verifying page checksums.

    Raises
    ------
    EventsFileError
        If the file is damaged.
    """
    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise EventsFileError(
            f"cannot be read as a Parquet file ({error})", where=path, hint="convert the dumps again"
        ) from error
    return {name: ak.from_arrow(table[name]) for name in table.column_names}
