"""Write simulated dumps of both sides, and the truth beside them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .._version import __version__
from ..detector.channels import SIDES
from ..detector.lhc import ORBIT_COUNTER
from ..errors import SelectionError
from ..io.atomic import atomic_file
from ..io.folders import TRUTH_FILE
from ._kernels import format_events
from .fill import write_fill
from .generate import Generated, generate_side
from .model import ORIGINS, Model

__all__ = ["Simulated", "simulate_dumps"]

_RULE: Final = "-" * 75 + "\n"
_DASHES: Final = "-" * 27
#: the texts around event, BX, orbit and run; the words are free, their places are not
_WORDS: Final = {
    "plain": ("--- START EVT: ", ", BX: ", ", ORB: ", ", RUN: ", f"\n{_RULE}"),
    "debug": (
        f"{_RULE}{_DASHES} START EVENT: ",
        ", BX: ",
        ", ORBIT: ",
        ", RUN: ",
        f", dbg 0x1f 7 {_DASHES}\n{_RULE}",
    ),
}
_WIDTH: Final = {"plain": 0, "debug": 4}
_BLOCK: Final = 50_000


@dataclass(frozen=True)
class Simulated:
    """What was written: dumps by side, the truth file, how much there is in them, and the conditions of a fill."""

    dumps: dict[str, str]
    truth: str
    events: int
    pulses: int
    bytes: int
    conditions: tuple[str, ...] = ()


def simulate_dumps(
    folder: str | Path,
    *,
    events: int,
    seed: int,
    model: Model | None = None,
    compress: bool = False,
    overwrite: bool = False,
    on_events: Callable[[int], None] | None = None,
) -> Simulated:
    """Write ``uHTR4.txt``, ``uHTR11.txt`` and the truth about every pulse.

    The same arguments give the same bytes. The truth has one row per pulse, in the order of the dumps, +Z first: side,
    event, fibre and cable to find it by, its origin, and the TDC and charge (fC, of the largest sample) before the
    digitiser; the model stands in the metadata of the file. Where the model has a fill, its run times, luminosity and
    filling scheme are written beside them, as OMS, brilcalc and the LPC give them.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.
    events
        Events per side.
    seed
        Of the random numbers.
    compress
        Write ``.txt.gz``.
    on_events
        Called with the number of events written since the last call.

    Raises
    ------
    OutputError
        If files exist and may not be overwritten, or the folder cannot be written.
    SelectionError
        If the number of events is negative.
    """
    if events < 0:
        raise SelectionError(f"{events} events", hint="give a number of events per side")
    model = model or Model()
    folder = Path(folder)
    dumps, tables = {}, []
    n_bytes = n_pulses = 0
    for side, rng in zip(SIDES, np.random.default_rng(seed).spawn(len(SIDES)), strict=True):
        generated = generate_side(model, side, events, rng)
        target = folder / f"uHTR{side.uhtr}.txt{'.gz' if compress else ''}"
        with atomic_file(target, overwrite=overwrite) as partial, _open(partial, compress=compress) as file:
            for block, done in _format(generated, model.style):
                file.write(block)
                n_bytes += len(block)
                if on_events is not None:
                    on_events(done)
        dumps[side.name] = str(target)
        tables.append(_truth(generated, side.name))
        n_pulses += len(generated.fibre)
    plan = model.plan_fill(events)
    conditions = []
    if model.fill is not None and plan is not None:
        conditions = write_fill(model.fill, plan, (model.beams.beam1, model.beams.beam2), folder)
    truth = folder / TRUTH_FILE
    with atomic_file(truth, overwrite=overwrite) as partial:
        table = pa.concat_tables(tables, promote_options="default")
        pq.write_table(
            table.replace_schema_metadata(_metadata(model, events, seed)), partial, compression="zstd"
        )
    return Simulated(dumps, str(truth), events * len(SIDES), n_pulses, n_bytes, tuple(map(str, conditions)))


@contextmanager
def _open(path: Path, *, compress: bool) -> Iterator[BinaryIO | gzip.GzipFile]:
    with path.open("wb") as file:
        if compress:  # without name and time in the header: the same events give the same file
            with gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed:
                yield compressed
        else:
            yield file


def _format(generated: Generated, style: str) -> Iterator[tuple[memoryview, int]]:
    """Text of the events, block by block, and the number of events in each."""
    words = [np.frombuffer(word.encode(), dtype=np.uint8) for word in _WORDS[style]]
    word_offsets = np.concatenate([[0], np.cumsum([len(word) for word in words])])
    counter = generated.orbit % ORBIT_COUNTER  # as the board counts
    numbers = np.stack([generated.event, generated.bx, counter, generated.run], axis=1)
    inputs = np.stack([generated.fibre, generated.cable], axis=1)
    for first in range(0, len(numbers), _BLOCK):
        last = min(first + _BLOCK, len(numbers))
        low, high = generated.pulse_offsets[first], generated.pulse_offsets[last]
        n_codes = generated.code_offsets[high] - generated.code_offsets[low]
        header_bytes = word_offsets[-1] + 4 * 20
        out = np.empty((last - first) * header_bytes + (high - low) * 120 + n_codes * 4, dtype=np.uint8)
        size = format_events(
            out,
            np.concatenate(words),
            word_offsets,
            _WIDTH[style],
            first,
            last,
            numbers,
            generated.pulse_offsets,
            inputs,
            generated.samples,
            generated.code_offsets,
            generated.codes,
        )
        yield out[:size].data, last - first


def _truth(generated: Generated, side: str) -> pa.Table:
    origin = pa.DictionaryArray.from_arrays(generated.origin.astype(np.int32), list(ORIGINS))
    return pa.table(
        {
            "side": pa.DictionaryArray.from_arrays(np.zeros(len(generated.fibre), dtype=np.int32), [side]),
            "event": np.repeat(generated.event, np.diff(generated.pulse_offsets)),
            "fibre": generated.fibre.astype(np.int16),
            "cable": generated.cable.astype(np.int16),
            "origin": origin,
            "true_tdc": generated.true_tdc.astype(np.float32),
            "true_charge": generated.true_charge.astype(np.float32),
        }
    )


def _metadata(model: Model, events: int, seed: int) -> dict[str, str]:
    settings = asdict(model)
    del settings["faults"]  # the truth of a sound detector does not mention them
    if model.faults:
        settings["faults"] = model.faults.as_dict()
    settings["beams"] = {name: slots.tolist() for name, slots in settings["beams"].items()}
    return {
        "bhm_columnar": __version__,
        "events_per_side": str(events),
        "seed": str(seed),
        "model": json.dumps(settings),
    }
