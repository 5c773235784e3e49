"""From a folder of dumps to events, calibration, histograms, figures and a summary."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..detector.channels import Side
from ..execution.conversion import begin_conversion
from ..execution.executors import ANYWHERE, DEFAULT_CHUNKSIZE, Request
from ..execution.stages import Stages
from ..io.atomic import atomic_folder
from ..io.convert import Format
from ..io.folders import EVENTS_FOLDER, find_dumps
from ..io.report import DEFAULT_TOLERANCE, Tolerance
from ..quality.thresholds import DEFAULT_THRESHOLDS, Thresholds
from ..selection.cuts import DEFAULT_CUTS, Cuts

if TYPE_CHECKING:
    from ..conditions.gather import Wanted

__all__ = ["analyse"]


def analyse(
    data: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    runs: Iterable[int] | None = None,
    side: Side | str | None = None,
    calibration: str | Path = "auto",
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
    method: str = "interval",
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
    with atomic_folder(out, overwrite=overwrite) as folder:
        dumps = find_dumps(data, side=side)
        kept = folder if resume is None else Path(resume)
        with (
            begin_conversion(
                dumps, kept / EVENTS_FOLDER, request, format=format, tolerance=tolerance
            ) as conversion,
            stages.run("convert", dumps.total_bytes) as advance,
        ):
            # what follows takes a second to import: while the dumps are converted
            from .analysis import Analysis  # noqa: PLC0415

            analysis = Analysis(
                folder,
                dumps,
                calibration=calibration,
                method=method,
                label=label,
                figures=figures,
                conditions=conditions,
                bin_seconds=bin_seconds,
                reference=reference,
                thresholds=thresholds,
            )
            paths = conversion.finish(advance)
        summary = analysis.run(
            paths,
            runs=runs,
            cuts=cuts,
            request=request,
            resume=None if resume is None else Path(resume),
            chunksize=chunksize,
            stages=stages,
        )
    if resume is not None:
        shutil.rmtree(resume)
    return summary
