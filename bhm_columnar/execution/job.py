"""A dataset, what is wanted of it, and how to run it: what every verb that fills histograms begins with."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hist import Hist

from ..calibration.align import align_channels
from ..calibration.model import Calibration
from ..calibration.store import CALIBRATION_FILE, load_calibration, save_calibration
from ..events.runs import RunSpan
from ..histograms.counts import Histogram
from ..histograms.output import save_histograms
from ..io.atomic import atomic_folder, write_json
from ..selection.cuts import DEFAULT_CUTS, Cuts
from ..selection.pattern import save_exposure
from .datasets import EventsFile, check_runs, coverage_of, find_events
from .executors import ANYWHERE, DEFAULT_CHUNKSIZE, Execution, Request
from .fill import Filled, fill_histograms
from .registry import asks_for, make_processor
from .stages import Stages

__all__ = ["AUTO", "OUTPUT_FILE", "Job", "fill_processor", "load_given", "open_job", "runs_with_pulses"]

#: the calibration that is measured from the data themselves
AUTO: Final = "auto"
#: what a processor returns that is no histogram
OUTPUT_FILE: Final = "output.json"


@dataclass(frozen=True)
class Job:
    """Files of events, the runs and cuts that are wanted, and how to run.

    Parameters
    ----------
    files
        From `find_events`.
    runs
        Only these runs; all if `None`.
    request
        Where to run; chosen by the number of events if that is left open.
    resume
        Folder to keep finished chunks in; see `fill_histograms`.
    extra
        What processors can be given besides calibration, cuts and runs, such as ``times``.
    busy
        Cores that do something else meanwhile, such as to draw.
    """

    files: Sequence[EventsFile]
    runs: Sequence[int] | None = None
    cuts: Cuts = DEFAULT_CUTS
    request: Request = ANYWHERE
    resume: str | Path | None = None
    chunksize: int = DEFAULT_CHUNKSIZE
    stages: Stages = field(default_factory=Stages)
    extra: Mapping[str, Any] = field(default_factory=dict)
    busy: int = 0

    def fill(self, stage: str, names: Iterable[str], calibration: Calibration | None = None) -> Filled:
        """Run processors by name in one pass over the events.

        Raises
        ------
        ProcessorError
            If one cannot be found, built or run.
        """
        given: dict[str, Any] = {"cuts": self.cuts, "runs": self.runs, **self.extra}
        if calibration is not None:
            given["calibration"] = calibration
        processors = {name: make_processor(name, given) for name in names}
        options: dict[str, Any] = {
            "execution": self.execution,
            "chunksize": self.chunksize,
            "resume": self.resume,
        }
        if self.stages.fill_progress or self.stages.show is None:
            with self.stages.run(stage):
                progress = stage if self.stages.fill_progress else None
                filled = fill_histograms(self.files, processors, progress=progress, **options)
        else:
            with self.stages.run(stage, self.events) as advance:
                filled = fill_histograms(self.files, processors, on_part=advance, **options)
        self.stages.details[stage] = filled.describe()
        return filled

    def align(self, method: str = "interval") -> tuple[Calibration, dict[str, Any]]:
        """Measure the calibration from the events; returns it, and what the processor ``adc_tdc`` counted for it.

        Parameters
        ----------
        method
            Of `align_channels`: ``interval`` or ``fit``.
        """
        measured: dict[str, Any] = self.fill("align", ["adc_tdc"]).output["adc_tdc"]
        runs = tuple(runs_with_pulses(measured["runs"]))
        made = align_channels(measured["adc_tdc"], runs=runs, method=method, tdc_window=self.cuts.tdc_window)
        return made, measured

    @property
    def events(self) -> int:
        """Number of events in all files."""
        return sum(file.provenance.entries for file in self.files)

    @property
    def execution(self) -> Execution:
        """Where the job runs."""
        return self.request.choose(self.events, busy=self.busy)

    @property
    def coverage(self) -> dict[str, list[dict[int, RunSpan]]]:
        """Orbits that each dump of each side covers, by run, of all runs."""
        return coverage_of(self.files)

    @property
    def chosen_runs(self) -> list[int]:
        """Runs that are wanted; all that have events if none are asked for."""
        return list(self.runs or sorted(set().union(*(file.provenance.runs for file in self.files))))

    def forget(self) -> None:
        """Remove the chunks that were kept: the job is done."""
        if self.resume is not None:
            shutil.rmtree(self.resume, ignore_errors=True)

    def inputs(self) -> list[dict[str, Any]]:
        """Path, size and checksum of every dump that the events were made from."""
        return [asdict(one) for file in self.files for one in file.provenance.inputs]


def open_job(
    data: str | Path | Iterable[str | Path], *, runs: Iterable[int] | None = None, **options: Any
) -> Job:
    """Find and check the events of a job.

    Parameters
    ----------
    data
        What `bhm convert` or `bhm analyse` wrote.
    runs
        Runs that are wanted.
    options
        The rest of `Job`.

    Raises
    ------
    DatasetError, EventsFileError
        If there are no events, or a file is not complete.
    SelectionError
        If a run is not in the data.
    """
    files = find_events(data)
    wanted = None if runs is None else sorted(set(runs))
    check_runs(files, wanted)
    return Job(files, runs=wanted, **options)


def runs_with_pulses(runs: Histogram) -> list[int]:
    """Runs that have clean pulses on any side, from counts with axes ``side`` and ``run``; sorted."""
    counts = runs.project("run")
    return sorted(int(run) for run, n in zip(counts.axes["run"], counts.values(), strict=True) if n > 0)


def load_given(calibration: str | Path) -> Calibration | None:
    """Load a calibration, or `None` for the one that is to be measured."""
    return None if calibration == AUTO else load_calibration(calibration)


def fill_processor(
    job: Job, processor: str, out: str | Path, *, calibration: str | Path = AUTO, overwrite: bool = False
) -> Filled:
    """Run one processor, and write what it returns into a folder.

    The folder gets ``histograms.root``, ``histograms.uhi.zip``, ``output.json`` for what is no histogram,
    ``calibration.json`` if the processor asks for a calibration, and ``exposure.json`` with the time bins and a histogram
    of their live time if it asks for ``times``.

    Parameters
    ----------
    processor
        A registered name, or ``file.py:Class``.
    calibration
        For processors that ask for it: ``auto``, a shipped table, or a file.

    Returns
    -------
    the processor's own output, and what it took

    Raises
    ------
    BHMError
        With the reason, wherever the job cannot go on.
    """
    made = None
    asks = asks_for(processor, "calibration")
    given = load_given(calibration) if asks else None
    with atomic_folder(out, overwrite=overwrite) as folder:
        if asks:
            made = given or job.align()[0]
            save_calibration(made, folder / CALIBRATION_FILE)
        filled = job.fill("fill", [processor], made)
        output = filled.output[processor]
        histograms = {name: value for name, value in output.items() if isinstance(value, Hist)}
        if "times" in job.extra and asks_for(processor, "times"):
            exposure = job.extra["times"].exposure
            histograms["live_time"] = exposure.live_histogram()
            save_exposure(exposure, None, folder)
        about = {
            "processor": processor,
            "cuts": job.cuts.as_dict(),
            "inputs": job.inputs(),
            "execution": {**job.execution.describe(), "stages": job.stages.details},
        }
        save_histograms(histograms, folder, about)
        write_json(
            {name: value for name, value in output.items() if not isinstance(value, Hist)},
            folder / OUTPUT_FILE,
        )
    job.forget()
    return replace(filled, output=output)
