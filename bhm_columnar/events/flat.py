"""From events with lists of pulses to one table of pulses, which is what selections and histograms want."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import awkward as ak
import numpy as np
import numpy.typing as npt

from ..detector.channels import SIDES, Side
from .columns import EVENT_COLUMNS, PULSE_COLUMNS

__all__ = ["PULSE_TABLE", "flatten_pulses", "split_sides", "take_pulses"]

#: what most analyses need: every pulse column, and run, orbit and BX of its event
PULSE_TABLE = ("run", "orbit", "bx", *(column.name for column in PULSE_COLUMNS))


def flatten_pulses(
    events: ak.Array, columns: Iterable[str] = PULSE_TABLE, *, runs: Iterable[int] | None = None
) -> ak.Array:
    """Make one table of all pulses, with the columns of their events repeated.

    Parameters
    ----------
    events
        From `io.read_dump`, `io.read_events`, or as coffea hands them to a processor.
    columns
        Names of pulse and event columns; only these are read.
    runs
        Keep only pulses of these runs; all if `None`.

    Returns
    -------
    array of m records, one per pulse, in the order of the events
    """
    names = list(columns)
    if runs is not None and "run" not in names:
        names.append("run")
    of_events = {column.name for column in EVENT_COLUMNS}
    counts = ak.to_numpy(ak.num(events["Pulse"]))
    flat = ak.flatten(events["Pulse"][[name for name in names if name not in of_events]])
    table = {
        name: np.repeat(ak.to_numpy(events[name]), counts) if name in of_events else ak.to_numpy(flat[name])
        for name in names
    }
    pulses = ak.zip(table, depth_limit=1)
    return pulses if runs is None else take_pulses(pulses, np.isin(table["run"], list(runs)))


def take_pulses(pulses: ak.Array, keep: npt.NDArray[np.bool_]) -> ak.Array:
    """Keep some pulses of a table, as ``pulses[keep]`` does, but at once.

    awkward would keep the whole table and an index, and gather a column again whenever it is looked at.

    Parameters
    ----------
    pulses
        Table of m pulses.
    keep
        Which of them, shape (m,).
    """
    chosen = np.flatnonzero(keep)
    if len(chosen) == len(pulses):
        return pulses
    return ak.zip({name: pulses[name][chosen] for name in pulses.fields}, depth_limit=1)


def split_sides(events: ak.Array) -> Iterator[tuple[Side, ak.Array]]:
    """Give the events of each end of CMS that there are any of; a chunk of a file has one."""
    boards = ak.to_numpy(events["uhtr"])
    present = set(np.unique(boards).tolist())
    for side in SIDES:
        if side.uhtr in present:
            yield side, events if len(present) == 1 else events[boards == side.uhtr]
