"""From CMS Beam Halo Monitor text dumps to ROOT files, histograms and CMS-style figures, columnarly.

The pipeline, by the names of its functions::

    simulate_dumps -> find_dumps -> read_dump / convert_dump -> open_events -> fill_histograms
        -> align_channels -> classify_regions -> plot_*

`analyse` does all of it. Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._version import __version__
from .errors import BHMError

_HOME = {
    "BHMSchema": "events.schema",
    "Calibration": "calibration.model",
    "Cuts": "selection.cuts",
    "align_channels": "calibration.align",
    "analyse": "pipeline",
    "check_folder": "quality.folder",
    "classify_regions": "selection.regions",
    "clean_pulses": "selection.cleaning",
    "compare_results": "report.compare",
    "convert_dump": "io.convert",
    "fill_histograms": "execution.fill",
    "find_dumps": "io.folders",
    "find_events": "execution.datasets",
    "fit_peaks": "calibration.fits",
    "flatten_pulses": "events.flat",
    "iterate_dump": "io.dump",
    "load_calibration": "calibration.store",
    "load_histograms": "histograms.output",
    "make_processor": "execution.registry",
    "open_events": "execution.datasets",
    "read_dump": "io.dump",
    "read_events": "io.convert",
    "region_table": "selection.regions",
    "simulate_dumps": "simulation.simulate",
    "write_report": "report.page",
}

__all__ = ["BHMError", "__version__", *_HOME]  # noqa: PLE0604  (names that __getattr__ finds)


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
