"""Fill the histograms of the processors with ROOT's RDataFrame, in one thread."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bhm_columnar.detector.lhc import ORBIT_S

from .contents import Contents, Task, charge_edges

__all__ = ["fill_by_root", "prepare_root"]

_SOURCE: Final = Path(__file__).with_name("frames.hxx")
_HALO: Final = ("occupancy", "tdc", "adc", "charge", "channels")


@cache
def _frames() -> Any:
    """Load ROOT, and compile the frames."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel says that it is an alpha version
        import ROOT  # noqa: PLC0415  (need not be installed, and takes seconds)
    ROOT.gROOT.SetBatch(True)
    ROOT.TH1.AddDirectory(False)
    ROOT.gSystem.Load("libROOTDataFrame")  # the compiler does not find it by itself
    if not ROOT.gInterpreter.Declare(_SOURCE.read_text()):
        raise RuntimeError(f"ROOT cannot compile {_SOURCE.name}")
    return ROOT


def prepare_root(task: Task) -> None:
    """Give the frames what the processors are given."""
    frames = _frames().bhm_frames
    for name, values in {
        "regions": task.table.ravel(),
        "peaks": task.calibration.tdc_peak,
        "cuts": task.calibration.adc_cut,
        "charge_edges": charge_edges(),
        "time_edges": task.times.exposure.edges,
    }.items():
        vector = getattr(frames, name)
        vector.clear()
        for value in np.asarray(values).tolist():
            vector.push_back(value)
    frames.reference, frames.start = task.clock
    frames.orbit_s = ORBIT_S
    frames.first_run, frames.last_run = task.runs[0], task.runs[-1]


def fill_by_root(task: Task, name: str) -> Contents:
    """Fill the histograms of one processor; `prepare_root` comes first."""
    frames = _frames().bhm_frames
    path = str(task.path)
    if name == "halo":
        filled = zip(_HALO, frames.halo(path), strict=True)
        # ROOT keeps flow everywhere, and the first axis runs fastest
        return {key: _values(h)[1:-1, slice(None) if key == "charge" else slice(1, -1)] for key, h in filled}
    if name == "adc_tdc":
        runs = _frames().std.vector["TH1D"]()
        (counts,) = frames.adc_tdc(path, runs)
        by_run = _values(runs[0])[1:-1]
        return {
            "adc_tdc": _values(counts)[1:-1, 1:-1, 1:-1].transpose(2, 1, 0),
            "runs": by_run[np.array(task.runs) - task.runs[0]],
        }
    if name == "rates":
        (counts,) = frames.rates(path)
        return {"rates": _values(counts)[1:-1, 1:-1, :]}
    (counts,) = frames.stability(path)
    by_run = _values(counts)[1:-1, 1:-1, 1:-1].transpose(2, 1, 0)
    return {"stability": by_run[np.array(task.runs) - task.runs[0]]}


def _values(h: Any) -> npt.NDArray[np.float64]:
    """Contents with flow, the last axis first."""
    axes = (h.GetZaxis(), h.GetYaxis(), h.GetXaxis())[3 - h.GetDimension() :]
    shape = [axis.GetNbins() + 2 for axis in axes]
    return np.array(np.frombuffer(h.GetArray(), dtype=np.float64, count=h.GetSize())).reshape(shape)
