"""Fill the histograms of the processors with pandas, with masks as the earlier program made them: channel by channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bhm_columnar.detector.lhc import ORBIT_S

from .by_numpy import flat_columns
from .contents import CODES, Contents, Task, charge_edges

__all__ = ["fill_by_pandas"]

_WINDOW: Final = 5


def fill_by_pandas(task: Task, name: str) -> Contents:
    """Fill the histograms of one processor."""
    import pandas as pd  # noqa: PLC0415  (need not be installed)

    hits = pd.concat([pd.DataFrame(columns) for columns in flat_columns(task, name)], ignore_index=True)
    hits = hits[(hits["nTdc"] == 1) | (hits["nTdc"] == 2)]
    hits = hits[hits["channel"] >= 0]
    hits = hits[(hits["tdc2"] != 62) & (hits["tdc"] < CODES["tdc"])]
    hits = hits.drop(hits[(hits["tdc"] == 25) & (hits["peak"] == 188)].index)
    hits = hits.drop(hits[(hits["tdc"] == 0) & (hits["peak"] == 124)].index)
    return _FILL[name](task, hits)


def _by_channel(task: Task, hits: Any, chosen: Callable[[Any, int, int], Any]) -> Any:
    """Rows of each channel that pass a mask of its TDC peak and ADC cut, one channel after another."""
    import pandas as pd  # noqa: PLC0415

    peaks, cuts = task.calibration.tdc_peak, task.calibration.adc_cut
    parts = []
    for channel in range(CODES["channel"]):
        rows = hits[hits["channel"] == channel]
        parts.append(rows[chosen(rows, peaks[channel], cuts[channel])])
    return pd.concat(parts)


def _regions(task: Task, hits: Any) -> list[Any]:
    """Rows of SR, BR, CP and AR."""
    signal = _by_channel(
        task, hits, lambda rows, peak, cut: rows["tdc"].between(peak - 1, peak + 1) & (rows["peak"] >= cut)
    )
    background = _by_channel(
        task,
        hits,
        lambda rows, peak, cut: (rows["tdc"] < peak - 1) | (rows["tdc"] > peak + 1) | (rows["peak"] < cut),
    )
    collisions = hits[_in_box(hits)]
    return [signal, background, collisions, background[~_in_box(background)]]


def _in_box(hits: Any) -> Any:
    return (hits["tdc"] > 28) & (hits["tdc"] < 34) & (hits["peak"] > 80) & (hits["peak"] < 140)


def _codes(size: int) -> npt.NDArray[Any]:
    return np.arange(size + 1) - 0.5


def _with_flow(edges: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Edges with a bin below and one above; np.histogram counts the last edge into the last bin, which nothing reaches."""
    return np.concatenate([[-np.inf], edges, [np.inf]])


def _adc_tdc(task: Task, hits: Any) -> Contents:
    bins = [_codes(CODES[name]) for name in ("channel", "tdc", "adc")]
    counts, _ = np.histogramdd(hits[["channel", "tdc", "peak"]].to_numpy(), bins=bins)
    by_run = hits["run"].value_counts()
    return {"adc_tdc": counts, "runs": np.array([by_run.get(run, 0) for run in task.runs])}


def _halo(task: Task, hits: Any) -> Contents:
    edges = {
        "occupancy": ("bx", _codes(CODES["bx"])),
        "tdc": ("tdc", _codes(CODES["tdc"])),
        "adc": ("peak", _codes(CODES["adc"])),
        "charge": ("charge", _with_flow(charge_edges())),
        "channels": ("channel", _codes(CODES["channel"])),
    }
    regions = _regions(task, hits)
    return {
        key: np.stack([np.histogram(rows[column], bins=bins)[0] for rows in regions])
        for key, (column, bins) in edges.items()
    }


def _rates(task: Task, hits: Any) -> Contents:
    reference, start = task.clock
    hits = hits.assign(time=start + (hits["orbit"] - reference) * ORBIT_S)
    bins = [_codes(CODES["channel"]), _with_flow(task.times.exposure.edges)]
    counts = [np.histogram2d(rows["channel"], rows["time"], bins=bins)[0] for rows in _regions(task, hits)]
    return {"rates": np.stack(counts)}


def _stability(task: Task, hits: Any) -> Contents:
    near = _by_channel(
        task,
        hits,
        lambda rows, peak, cut: rows["tdc"].between(peak - _WINDOW, peak + _WINDOW) & (rows["peak"] >= cut),
    )
    bins = [_codes(CODES["channel"]), _codes(CODES["tdc"])]
    counts = []
    for run in task.runs:
        rows = near[near["run"] == run]
        counts.append(np.histogram2d(rows["channel"], rows["tdc"], bins=bins)[0])
    return {"stability": np.stack(counts)}


_FILL: Final[dict[str, Callable[[Task, Any], Contents]]] = {
    "adc_tdc": _adc_tdc,
    "halo": _halo,
    "rates": _rates,
    "stability": _stability,
}
