"""From files of events to calibration, histograms, figures and a report: all that is done once the dumps are converted."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ..calibration.fits import fit_peaks
from ..calibration.graphs import graph_fits
from ..calibration.model import Calibration
from ..calibration.store import CALIBRATION_FILE, save_calibration
from ..conditions.context import Context, find_context
from ..conditions.gather import Wanted, check_sources
from ..conditions.store import CONDITIONS_FILE, save_conditions
from ..execution.datasets import reference_of
from ..execution.executors import Execution, Request, count_cores
from ..execution.job import Job, load_given, open_job, runs_with_pulses
from ..histograms.counts import Histogram
from ..histograms.graphs import graph_rates
from ..histograms.output import save_histograms
from ..io.atomic import write_json
from ..io.folders import EVENTS_FOLDER, DumpFiles
from ..plotting.figures import begin_figures, draw_figures, list_figures
from ..plotting.results import FIGURES_FOLDER, Results
from ..plotting.style import DEFAULT_LABEL
from ..plotting.workers import Drawing
from ..quality.check import check_quality
from ..quality.folder import load_reference
from ..quality.peaks import Reference
from ..quality.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ..report.page import write_report
from ..report.readme import write_readme
from ..report.summary import SUMMARY_FILE, make_summary, summarise_rates
from ..selection.pattern import BunchPattern, find_pattern, save_exposure

__all__ = ["Analysis"]

#: processors of the second pass, most of which need a calibration
_CALIBRATED: Final = ("halo", "rates", "stability", "quality", "shapes")


@dataclass(frozen=True)
class _Counted:
    """What the processors counted, the calibration that they used, and where they ran."""

    calibration: Calibration
    histograms: Mapping[str, Histogram]
    cutflow: Mapping[str, Mapping[str, int]]
    execution: Execution


@dataclass(frozen=True)
class Analysis:
    """What is made of files of events, in a folder; parameters are those of `analyse`.

    Raises
    ------
    BHMError
        If a calibration, a reference or a file of conditions that is given cannot be used.
    """

    folder: Path
    dumps: DumpFiles
    calibration: str | Path
    method: str
    label: str | None = None
    figures: bool = True
    conditions: Wanted | None = None
    bin_seconds: float | None = None
    reference: str | Path | None = None
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    given: Calibration | None = field(init=False)
    expected: Reference | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", load_given(self.calibration))
        expected = None if self.reference is None else load_reference(self.reference, self.thresholds)
        object.__setattr__(self, "expected", expected)
        if self.conditions is not None:
            check_sources(self.conditions)

    def run(
        self, paths: Sequence[Path], *, runs: Iterable[int] | None, resume: Path | None, **options: Any
    ) -> dict[str, Any]:
        """Do it; returns what ``summary.json`` holds.

        Parameters
        ----------
        paths
            Files of events, by side.
        runs, resume, options
            Of `open_job`.

        Raises
        ------
        BHMError
            With the reason, wherever the job cannot go on.
        """
        job = open_job(paths, runs=runs, resume=resume, **options)
        with job.stages.run("conditions"):
            context = find_context(
                job.coverage, job.chosen_runs, self.conditions, bin_seconds=self.bin_seconds
            )
        job = replace(job, extra={"times": context.times})
        with Drawing() as drawing:
            counted = self._count(job, drawing)
            pattern = self._find_pattern(counted, context)
            known = self._results(job, counted.calibration, counted.histograms)
            results = replace(known, exposure=context.times.exposure, pattern=pattern)
            with job.stages.run("save"):
                self._save(results, context)
            if self.figures:
                self._draw(job, results, drawing)
        summary = self._sum_up(job, counted, context, pattern)
        if resume is not None:
            (self.folder / EVENTS_FOLDER).mkdir()
            for path in paths:
                shutil.copy2(path, self.folder / EVENTS_FOLDER / path.name)
        return summary

    def _count(self, job: Job, drawing: Drawing) -> _Counted:
        """Fill the standard histograms, in two passes where the calibration is measured from the events themselves."""
        if self.given is None:
            calibration, measured = job.align(self.method)
            calibration = self._fit(job, calibration, measured)
            if self.figures and _count_workers(job.request) > 1:
                known = self._results(job, calibration, measured)
                begin_figures(known, self.folder / FIGURES_FOLDER, drawing)
                job = replace(job, busy=1)
            output = job.fill("fill", _CALIBRATED, calibration).output
        else:
            output = job.fill("fill", ["adc_tdc", *_CALIBRATED], self.given).output
            measured = output["adc_tdc"]
            calibration = self._fit(job, self.given, measured)
        histograms = {name: measured[name] for name in ("adc_tdc", "runs")}
        for name in _CALIBRATED:
            histograms |= output[name]
        histograms["live_time"] = job.extra["times"].exposure.live_histogram()
        return _Counted(calibration, histograms, measured["cutflow"], job.execution)

    def _fit(self, job: Job, calibration: Calibration, measured: Mapping[str, Any]) -> Calibration:
        """Fit the halo peaks of these data, if that is not how the calibration was measured."""
        if calibration.fits is not None and self.given is None:
            return calibration
        with job.stages.run("fit"):
            fits = fit_peaks(measured["adc_tdc"], calibration=calibration, tdc_window=job.cuts.tdc_window)
        return replace(calibration, fits=fits)

    def _results(self, job: Job, calibration: Calibration, histograms: Mapping[str, Any]) -> Results:
        """What figures are drawn from, as far as the processors counted it."""
        label = f"Simulation {DEFAULT_LABEL}" if self.dumps.is_simulated else DEFAULT_LABEL
        return Results(
            histograms,
            calibration=calibration,
            cuts=job.cuts,
            runs=tuple(runs_with_pulses(histograms["runs"])),
            sides=tuple(one.side for one in self.dumps.sides),
            label=label if self.label is None else self.label,
            inputs=job.inputs(),
        )

    def _find_pattern(self, counted: _Counted, context: Context) -> BunchPattern:
        occupancy, sides = counted.histograms["occupancy"], tuple(one.side for one in self.dumps.sides)
        filling = context.filling
        if filling is None:
            return find_pattern(occupancy, sides)
        protons = {beam: filling.intensity(beam) for beam in (1, 2)}
        return find_pattern(
            occupancy,
            sides,
            scheme=filling.name,
            classes=filling.classes(),
            filled={beam: filling.of(beam) for beam in (1, 2)},
            protons={beam: known for beam, known in protons.items() if known is not None},
        )

    def _save(self, results: Results, context: Context) -> None:
        """Write everything but figures, summary and report."""
        exposure = context.times.exposure
        save_calibration(results.calibration, self.folder / CALIBRATION_FILE)
        graphs = dict(graph_rates(results.histograms["rates"], exposure))
        if results.calibration.fits is not None:
            graphs |= graph_fits(results.calibration.fits)
        about = {**results.describe(), "inputs": results.inputs}
        save_histograms(results.histograms, self.folder, about, graphs=graphs)
        save_exposure(exposure, results.pattern, self.folder)
        save_conditions(context.conditions, self.folder / CONDITIONS_FILE)

    def _draw(self, job: Job, results: Results, drawing: Drawing) -> None:
        with job.stages.run("draw", len(list_figures(results))) as advance:
            draw_figures(
                results,
                self.folder / FIGURES_FOLDER,
                on_figure=lambda _: advance(1),
                workers=_count_workers(job.request),
                drawing=drawing,
            )

    def _sum_up(self, job: Job, counted: _Counted, context: Context, pattern: BunchPattern) -> dict[str, Any]:
        """Write ``summary.json``, the report, and what explains the folder."""
        summary = make_summary(
            job.files,
            counted.histograms,
            counted.cutflow,
            reference=reference_of(job.files),
            calibration=counted.calibration,
            cuts=job.cuts,
            ignored=self.dumps.ignored,
            seconds=job.stages.seconds,
        )
        summary["execution"] = {**counted.execution.describe(), "stages": job.stages.details}
        summary["conditions"] = context.describe()
        summary["rates"] = summarise_rates(counted.histograms["rates"], context.times.exposure)
        summary["bunches"] = pattern.describe()
        summary["quality"] = check_quality(
            counted.histograms,
            {name: one["read"] for name, one in summary["sides"].items()},
            calibration=counted.calibration,
            reference=self.expected,
            thresholds=self.thresholds,
        ).as_dict()
        write_json(summary, self.folder / SUMMARY_FILE)
        with job.stages.run("report"):
            write_report(self.folder, reference=self.reference)
            write_readme(self.folder, summary)
        summary["seconds"]["report"] = round(job.stages.seconds["report"], 3)
        write_json(summary, self.folder / SUMMARY_FILE)
        return summary


def _count_workers(request: Request) -> int:
    """How many processes draw."""
    return request.workers or (1 if request.kind == "iterative" else count_cores())
