"""The whole job: from a folder of dumps to events, calibration, histograms, figures and a summary."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ._version import __version__
from .calibration.align import METHODS
from .calibration.fits import fit_peaks
from .calibration.graphs import graph_fits
from .calibration.model import Calibration
from .calibration.store import CALIBRATION_FILE, save_calibration
from .conditions.context import Context, find_context
from .conditions.gather import Wanted, check_sources
from .conditions.model import Filling
from .conditions.store import CONDITIONS_FILE, save_conditions
from .detector.channels import Side
from .execution.datasets import EVENTS_FOLDER, reference_of
from .execution.executors import ANYWHERE, Request, count_cores
from .execution.fill import DEFAULT_CHUNKSIZE
from .execution.job import AUTO, Job, load_given, open_job, runs_with_pulses
from .execution.maps import open_map
from .execution.stages import Stages
from .histograms.counts import Histogram
from .histograms.graphs import graph_rates
from .histograms.output import save_histograms
from .io.atomic import atomic_folder, write_json
from .io.convert import ENDINGS, Format, convert_dump, read_provenance
from .io.folders import DumpFiles, SideFiles, find_dumps
from .io.provenance import checksum
from .io.report import DEFAULT_TOLERANCE, Tolerance
from .plotting.figures import draw_figures, list_figures
from .plotting.results import FIGURES_FOLDER, Results
from .plotting.style import DEFAULT_LABEL
from .quality.check import check_quality
from .quality.folder import load_reference
from .quality.thresholds import DEFAULT_THRESHOLDS, Thresholds
from .report.page import write_report
from .report.readme import write_readme
from .report.summary import SUMMARY_FILE, make_summary, summarise_rates
from .selection.cuts import DEFAULT_CUTS, Cuts
from .selection.pattern import BunchPattern, find_pattern, save_exposure

__all__ = ["analyse"]

#: processors of the second pass, most of which need a calibration
_CALIBRATED: Final = ("halo", "rates", "stability", "quality", "shapes")


def analyse(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    runs: Iterable[int] | None = None,
    side: Side | str | None = None,
    calibration: str | Path = AUTO,
    cuts: Cuts = DEFAULT_CUTS,
    request: Request = ANYWHERE,
    resume: str | Path | None = None,
    chunksize: int = DEFAULT_CHUNKSIZE,
    format: Format = "ttree",
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    label: str | None = None,
    figures: bool = True,
    conditions: Wanted | None = None,
    bin_seconds: float | None = None,
    method: str = METHODS[0],
    reference: str | Path | None = None,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    overwrite: bool = False,
    stages: Stages | None = None,
) -> dict[str, Any]:
    """Do the whole job; the folder `out` is complete, or is not there.

    Parameters
    ----------
    data
        Folder of dumps, or files.
    out
        Folder to make, with ``events/``, ``calibration.json``, ``histograms.root``, ``histograms.uhi.zip``,
        ``conditions.json``, ``exposure.json``, ``figures/``, ``summary.json``, ``report.html`` and ``README.txt``.
    runs
        Analyse only these runs.
    side
        The side of files whose names do not tell it.
    calibration
        ``auto``, a shipped table, or a file.
    request
        Where to fill histograms; chosen by the number of events if that is left open.
    resume
        Folder to keep finished chunks in, so that a job that was killed goes on where it was; removed at the end.
    tolerance
        How much of a dump may be left out before it is an error.
    label
        Text behind CMS in the figures, ``""`` for none; by default ``Preliminary``, and ``Simulation Preliminary`` for simulated dumps.
    figures
        Whether figures are drawn; `bhm plot` draws them later.
    conditions
        Run times, luminosity and filling scheme, and where to get them; none by default.
    bin_seconds
        Length of the time bins of rates; lumisections by default.
    method
        How the calibration is measured, one of `calibration.align.METHODS`.
    reference
        Another folder of results, to compare with: in data quality and in ``report.html``.
    thresholds
        Limits of data quality.

    Returns
    -------
    what ``summary.json`` holds

    Raises
    ------
    BHMError
        With the reason, wherever the job cannot go on.
    """
    stages = stages or Stages()
    given = load_given(calibration)
    expected = None if reference is None else load_reference(reference, thresholds)
    if conditions is not None:
        check_sources(conditions)
    with atomic_folder(out, overwrite=overwrite) as folder:
        dumps = find_dumps(data, side=side)
        kept = folder if resume is None else Path(resume)
        with (
            open_map(request) as ranges,
            stages.run("convert", dumps.total_bytes) as advance,
        ):
            options: dict[str, Any] = {"format": format, "tolerance": tolerance}
            paths = _convert(dumps, kept / EVENTS_FOLDER, on_bytes=advance, map_ranges=ranges.map, **options)
        job = open_job(
            paths,
            runs=runs,
            cuts=cuts,
            request=request,
            resume=None if resume is None else Path(resume),
            chunksize=chunksize,
            stages=stages,
        )
        with stages.run("conditions"):
            context = find_context(job.coverage, job.chosen_runs, conditions, bin_seconds=bin_seconds)
        filled = _fill(job, given, context, method)
        pattern = _find_pattern(filled.histograms["occupancy"], dumps, context.filling)
        results = Results(
            filled.histograms,
            calibration=filled.calibration,
            cuts=cuts,
            runs=tuple(runs_with_pulses(filled.histograms["runs"])),
            sides=tuple(one.side for one in dumps.sides),
            label=_choose_label(label, dumps),
            exposure=context.times.exposure,
            pattern=pattern,
            inputs=job.inputs(),
        )
        with stages.run("save"):
            save_calibration(filled.calibration, folder / CALIBRATION_FILE)
            about = {**results.describe(), "inputs": job.inputs()}
            graphs = dict(graph_rates(filled.histograms["rates"], context.times.exposure))
            if filled.calibration.fits is not None:
                graphs |= graph_fits(filled.calibration.fits)
            save_histograms(filled.histograms, folder, about, graphs=graphs)
            save_exposure(context.times.exposure, pattern, folder)
            save_conditions(context.conditions, folder / CONDITIONS_FILE)
        if figures:
            with stages.run("draw", len(list_figures(results))) as advance:
                workers = request.workers or (1 if request.kind == "iterative" else count_cores())
                draw_figures(
                    results, folder / FIGURES_FOLDER, on_figure=lambda _: advance(1), workers=workers
                )
        summary = _summarise(job, dumps, filled, context, pattern)
        summary["quality"] = check_quality(
            filled.histograms,
            {name: one["read"] for name, one in summary["sides"].items()},
            calibration=filled.calibration,
            reference=expected,
            thresholds=thresholds,
        ).as_dict()
        write_json(summary, folder / SUMMARY_FILE)
        with stages.run("report"):
            write_report(folder, reference=reference)
            write_readme(folder, summary)
        summary["seconds"]["report"] = round(stages.seconds["report"], 3)
        write_json(summary, folder / SUMMARY_FILE)
        if resume is not None:
            (folder / EVENTS_FOLDER).mkdir()
            for path in paths:
                shutil.copy2(path, folder / EVENTS_FOLDER / path.name)
    if resume is not None:
        shutil.rmtree(resume)
    return summary


@dataclass(frozen=True)
class _Filled:
    """What the processors counted, and the calibration that they used."""

    calibration: Calibration
    histograms: dict[str, Histogram]
    cutflow: dict[str, dict[str, int]]


def _fill(job: Job, given: Calibration | None, context: Context, method: str) -> _Filled:
    """Fill the standard histograms, in two passes where the calibration is measured from the events themselves."""
    job = replace(job, extra={"times": context.times})
    if given is None:
        calibration, measured = job.align(method)
        output = job.fill("fill", _CALIBRATED, calibration).output
    else:
        calibration = given
        output = job.fill("fill", ["adc_tdc", *_CALIBRATED], given).output
        measured = output["adc_tdc"]
    histograms = {name: measured[name] for name in ("adc_tdc", "runs")}
    for name in _CALIBRATED:
        histograms |= output[name]
    histograms["live_time"] = context.times.exposure.live_histogram()
    if calibration.fits is None or given is not None:
        with job.stages.run("fit"):
            fits = fit_peaks(measured["adc_tdc"], calibration=calibration, tdc_window=job.cuts.tdc_window)
        calibration = replace(calibration, fits=fits)
    return _Filled(calibration, histograms, measured["cutflow"])


def _choose_label(label: str | None, dumps: DumpFiles) -> str:
    if label is not None:
        return label
    return f"Simulation {DEFAULT_LABEL}" if dumps.is_simulated else DEFAULT_LABEL


def _summarise(
    job: Job, dumps: DumpFiles, filled: _Filled, context: Context, pattern: BunchPattern
) -> dict[str, Any]:
    """Collect what ``summary.json`` holds."""
    summary = make_summary(
        job.files,
        filled.histograms,
        filled.cutflow,
        reference=reference_of(job.files),
        calibration=filled.calibration,
        cuts=job.cuts,
        ignored=dumps.ignored,
        seconds=job.stages.seconds,
    )
    summary["execution"] = {**job.execution.describe(), "stages": job.stages.details}
    summary["conditions"] = context.describe()
    summary["rates"] = summarise_rates(filled.histograms["rates"], context.times.exposure)
    summary["bunches"] = pattern.describe()
    return summary


def _convert(dumps: DumpFiles, folder: Path, *, format: Format, **options: Any) -> list[Path]:
    """Convert dumps, but for those that a job that was killed had converted already."""
    paths = []
    for one in dumps.sides:
        target = folder / f"{one.side.directory}{ENDINGS[format]}"
        if not _is_converted(target, one):
            convert_dump(one, target, format=format, overwrite=True, **options)
        paths.append(target)
    return paths


def _is_converted(target: Path, dumps: SideFiles) -> bool:
    """Whether a file of events is complete, and made by this version from these dumps as they are now."""
    if not target.exists():
        return False
    made = read_provenance(target)
    return made.version == __version__ and [(one.path, one.sha256) for one in made.inputs] == [
        (path, checksum(path)) for path in dumps.files
    ]


def _find_pattern(occupancy: Histogram, dumps: DumpFiles, filling: Filling | None) -> BunchPattern:
    sides = tuple(one.side for one in dumps.sides)
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
