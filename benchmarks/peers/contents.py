"""What a processor and its peers are asked for, and the form in which their histograms are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from hist import loc

from bhm_columnar.calibration.model import Calibration
from bhm_columnar.conditions.timebins import TimeBins
from bhm_columnar.execution.datasets import EventsFile
from bhm_columnar.histograms.axes import REGIONS, charge_axis
from bhm_columnar.selection.regions import region_table

__all__ = ["BRANCHES", "CODES", "Contents", "Task", "charge_edges", "disagreements", "from_hist"]

#: contents of histograms by name; axes of categories are in the order of regions and runs
Contents = dict[str, npt.NDArray[Any]]
#: bins of the axes of codes, one a code
CODES: Final = {"channel": 40, "tdc": 50, "adc": 256, "bx": 3564}
#: branches that each processor needs besides those that cleaning looks at
BRANCHES: Final = {
    "adc_tdc": ("run",),
    "halo": ("bx", "Pulse_charge"),
    "rates": ("run", "orbit"),
    "stability": ("run",),
}


def charge_edges() -> npt.NDArray[np.float64]:
    """Edges of the axis of charge in fC; pulses outside of them are kept as flow."""
    edges: npt.NDArray[np.float64] = charge_axis().edges
    return edges


@dataclass(frozen=True)
class Task:
    """A file of events of one side, and what processors are given."""

    path: Path
    file: EventsFile
    calibration: Calibration
    times: TimeBins

    @property
    def side(self) -> str:
        """Name of the side."""
        return self.file.provenance.side.name

    @property
    def runs(self) -> list[int]:
        """Runs in the file, sorted."""
        return sorted(self.file.provenance.runs)

    @cached_property
    def table(self) -> npt.NDArray[np.uint8]:
        """Regions of each channel, TDC and ADC code, a bit each."""
        return region_table(self.calibration)

    @cached_property
    def clock(self) -> tuple[int, float]:
        """Orbit at which the time of the only stretch of runs begins, and its time on the axis in seconds."""
        (epoch,) = self.times.timeline.epochs
        origin = self.times.exposure.origin or 0.0
        return epoch.reference - epoch.shifts.get(self.side, 0), (epoch.seconds or 0.0) - origin


def from_hist(task: Task, name: str, output: dict[str, Any]) -> Contents:
    """Take the contents of what a processor filled."""
    return dict(_take(task, name, output))


def _take(task: Task, name: str, output: dict[str, Any]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    if name == "adc_tdc":
        yield "adc_tdc", output["adc_tdc"].values()
        runs = output["runs"][{"side": task.side}]
        yield "runs", np.array([runs[{"run": loc(run)}] for run in task.runs])
    elif name == "stability":
        by_run = output["stability"]
        yield "stability", np.stack([by_run[{"run": loc(run)}].values() for run in task.runs])
    else:
        histograms = {"rates": output["rates"]} if name == "rates" else output
        for key, h in histograms.items():
            parts = [h[{"side": task.side, "region": region}].values(flow=True) for region in REGIONS]
            yield key, np.stack(parts)


def disagreements(ours: Contents, theirs: Contents) -> list[str]:
    """Name the histograms that are not the same in every bin."""
    names = sorted({*ours, *theirs})
    return [name for name in names if not _same(ours.get(name), theirs.get(name))]


def _same(one: npt.NDArray[Any] | None, other: npt.NDArray[Any] | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
