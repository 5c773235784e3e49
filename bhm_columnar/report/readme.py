"""README.txt of a folder of results: what is where, and how to open it."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from .._version import __version__
from ..io.atomic import atomic_file

__all__ = ["README_FILE", "write_readme"]

#: name of the file in what `analyse` writes
README_FILE: Final = "README.txt"
_FILES: Final = {
    "report.html": "everything on one page; open it in a browser",
    "summary.json": "the numbers: what was read, cutflow, regions, rates, quality",
    "calibration.json": "TDC peak and ADC cut of each channel, and the fits they can be compared with",
    "histograms.root": "all histograms of one to three axes, for ROOT; see below",
    "histograms.uhi.zip": "all histograms, for Python: bhm_columnar.load_histograms",
    "conditions.json": "run times, luminosity and filling scheme, as far as they are known",
    "exposure.json": "the time bins: live time, luminosity, beam status; and the bunch pattern",
    "events/*.root": "every pulse: TTree or RNTuple 'Events', one file per side",
    "events/*.parquet": "every pulse, one file per side",
    "figures/*.pdf": "figures for documents, vector graphics",
    "figures/*.png": "the same figures for the screen",
}
_ROOT: Final = """\
histograms.root
---------------
Folders are plusZ and minusZ, in them the regions SR (beam halo), BR (all other), CP (collision products), AR (activation),
and the channels.
  plusZ/SR/occupancy         pulses by BX; likewise tdc, adc, charge (fC), channels
  plusZ/SR/rates             pulses by channel and time
  plusZ/SR/rate_graph        rate in Hz along time; _low and _high are the ends of its one-sigma Poisson intervals
  plusZ/tdc_adc              map of TDC and peak ADC of all channels; plusZ/PN01/tdc_adc of one
  plusZ/PN01/tdc, /adc       spectra of a channel
  plusZ/tdc_fit_graph        fitted TDC of the halo peak of channels 1 to 20; adc_fit_graph in ADC
  plusZ/PN01/shape_profile   mean pulse shape of beam halo: ADC code by sample (TProfile)
  plusZ/tdc_profile          mean TDC of the halo peak by channel (TProfile)
  plusZ/live_time            seconds watched in each time bin
  provenance                 what it was all made from (JSON)

A graph with its errors, in ROOT:
  auto f = TFile::Open("histograms.root");
  auto g = f->Get<TGraph>("plusZ/SR/rate_graph"), l = f->Get<TGraph>("plusZ/SR/rate_graph_low"),
       h = f->Get<TGraph>("plusZ/SR/rate_graph_high");
  TGraphAsymmErrors e(g->GetN());
  for (int i = 0; i < g->GetN(); ++i) {
    e.SetPoint(i, g->GetX()[i], g->GetY()[i]);
    e.SetPointError(i, 0, 0, g->GetY()[i] - l->GetY()[i], h->GetY()[i] - g->GetY()[i]);
  }
  e.Draw("AP");

Events, in ROOT:
  ROOT::RDataFrame("Events", "events/plusZ.root").Histo1D("Pulse_tdc")->Draw();
"""


def write_readme(folder: str | Path, summary: Mapping[str, Any]) -> Path:
    """Say in a text file what a folder of results holds.

    Parameters
    ----------
    folder
        What `analyse` wrote, complete but for this file.
    summary
        What ``summary.json`` holds.
    """
    target = Path(folder) / README_FILE
    runs = summary["runs"]
    lines = [
        f"Results of bhm_columnar {__version__}, CMS Beam Halo Monitor",
        f"Runs: {_list_runs(runs)}",
        f"Calibration: {summary['calibration']['name']}",
        "",
        "what is where",
        "-------------",
    ]
    present = sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file())
    for pattern, meaning in _FILES.items():
        if any(fnmatch(name, pattern) for name in present):
            lines.append(f"{pattern:<22}{meaning}")
    with atomic_file(target) as partial:
        partial.write_text("\n".join([*lines, "", _ROOT]), encoding="utf-8")
    return target


def _list_runs(runs: list[int]) -> str:
    shown = ", ".join(str(run) for run in runs[:10])
    return f"{shown or 'none with pulses'}{f' and {len(runs) - 10} more' if len(runs) > 10 else ''}"
