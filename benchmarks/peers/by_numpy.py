"""Fill the histograms of the processors by hand, with uproot and numpy: masks, one gather, and `bincount`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import awkward as ak
import numpy as np
import numpy.typing as npt
import uproot

from bhm_columnar.detector.lhc import ORBIT_S
from bhm_columnar.histograms.axes import REGIONS
from bhm_columnar.io.root import TREE

from .contents import BRANCHES, CODES, Contents, Task, charge_edges

__all__ = ["fill_by_numpy", "flat_columns"]

Columns = dict[str, npt.NDArray[Any]]
_STEP: Final = 200_000
_CLEANING: Final = ("channel", "nTdc", "tdc", "tdc2", "peak")
_WINDOW: Final = 5


def flat_columns(task: Task, name: str) -> Iterator[Columns]:
    """Columns of pulses, chunk by chunk; those of events are repeated."""
    branches = [*(f"Pulse_{column}" for column in _CLEANING), *BRANCHES[name]]
    with uproot.open(f"{task.path}:{TREE}") as tree:
        for chunk in tree.iterate(branches, step_size=_STEP):
            counts = ak.num(chunk["Pulse_tdc"]).to_numpy()
            yield {
                branch.removeprefix("Pulse_"): ak.flatten(chunk[branch]).to_numpy()
                if branch.startswith("Pulse_")
                else np.repeat(chunk[branch].to_numpy(), counts)
                for branch in branches
            }


def fill_by_numpy(task: Task, name: str) -> Contents:
    """Fill the histograms of one processor."""
    whole: Contents = {}
    for columns in flat_columns(task, name):
        for key, counts in _FILL[name](task, _clean(columns)):
            whole[key] = whole[key] + counts if key in whole else counts
    return whole


def _clean(columns: Columns) -> Columns:
    channel, n_tdc, tdc, tdc2, peak = (columns[name] for name in _CLEANING)
    keep = (channel >= 0) & ((n_tdc == 1) | (n_tdc == 2)) & (tdc < CODES["tdc"]) & (tdc2 != 62)
    keep &= ((tdc != 25) | (peak != 188)) & ((tdc != 0) | (peak != 124))
    return {name: column[keep] for name, column in columns.items()}


def _count(shape: tuple[int, ...], *places: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Count how often each bin is hit; places count from 0."""
    flat = places[0].astype(np.int64)
    for size, place in zip(shape[1:], places[1:], strict=True):
        flat = flat * size + place
    return np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)


def _adc_tdc(task: Task, pulses: Columns) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    shape = (CODES["channel"], CODES["tdc"], CODES["adc"])
    yield "adc_tdc", _count(shape, pulses["channel"], pulses["tdc"], pulses["peak"])
    yield "runs", _count((len(task.runs),), np.searchsorted(task.runs, pulses["run"]))


def _halo(task: Task, pulses: Columns) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    edges = charge_edges()
    bits = task.table[pulses["channel"], pulses["tdc"], pulses["peak"]]
    places = {
        "occupancy": (CODES["bx"], pulses["bx"]),
        "tdc": (CODES["tdc"], pulses["tdc"]),
        "adc": (CODES["adc"], pulses["peak"]),
        "charge": (len(edges) + 1, np.searchsorted(edges, pulses["charge"], side="right")),
        "channels": (CODES["channel"], pulses["channel"]),
    }
    inside = [(bits & (1 << place)) != 0 for place in range(len(REGIONS))]
    for key, (size, place) in places.items():
        yield key, np.stack([np.bincount(place[chosen], minlength=size) for chosen in inside])


def _rates(task: Task, pulses: Columns) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    edges = task.times.exposure.edges
    reference, start = task.clock
    seconds = start + (pulses["orbit"] - reference) * ORBIT_S
    time = np.searchsorted(edges, seconds, side="right")
    bits = task.table[pulses["channel"], pulses["tdc"], pulses["peak"]]
    shape = (CODES["channel"], len(edges) + 1)
    inside = [(bits & (1 << place)) != 0 for place in range(len(REGIONS))]
    yield "rates", np.stack([_count(shape, pulses["channel"][chosen], time[chosen]) for chosen in inside])


def _stability(task: Task, pulses: Columns) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    channel, tdc = pulses["channel"], pulses["tdc"]
    near = np.abs(tdc - task.calibration.tdc_peaks[channel]) <= _WINDOW
    near &= pulses["peak"] >= task.calibration.adc_cuts[channel]
    run = np.searchsorted(task.runs, pulses["run"][near])
    yield "stability", _count((len(task.runs), CODES["channel"], CODES["tdc"]), run, channel[near], tdc[near])


_FILL: Final[dict[str, Callable[[Task, Columns], Iterator[tuple[str, npt.NDArray[Any]]]]]] = {
    "adc_tdc": _adc_tdc,
    "halo": _halo,
    "rates": _rates,
    "stability": _stability,
}
