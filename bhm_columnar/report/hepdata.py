"""Figures as HEPData submissions: YAML tables that hepdata.net takes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..errors import OutputError
from ..io.atomic import atomic_folder
from .figuredata import FigureData, Series

__all__ = ["write_hepdata"]

_ARCHIVE = "submission.tar.gz"


def write_hepdata(tables: Iterable[FigureData], folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write tables as a HEPData submission that hepdata-validator has accepted.

    Parameters
    ----------
    tables
        From `figure_data`. Bins whose value is no number are left out.
    folder
        Folder to make, with ``submission.yaml``, a YAML file per table, and all of it in ``submission.tar.gz``.

    Returns
    -------
    the archive, which is what hepdata.net takes

    Raises
    ------
    OutputError
        If hepdata-lib is not installed, or the folder exists or cannot be made.
    """
    library = _import_library()
    with atomic_folder(folder, overwrite=overwrite) as unfinished, chdir(unfinished):
        submission = library.Submission()
        submission.comment = f"CMS Beam Halo Monitor, tables made by bhm_columnar {__version__}"
        for table in tables:
            submission.add_table(_make_table(library, table))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # its validator leaves files open
            submission.create_files(os.curdir, validate=True)
    return Path(folder) / _ARCHIVE


def _import_library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ROOT, which it imports where there is one
            import hepdata_lib  # noqa: PLC0415
    except ImportError as error:
        raise OutputError(
            f"HEPData tables need a package that is not installed ({error})",
            hint="pip install 'bhm-columnar[hepdata]'",
        ) from error
    return hepdata_lib


def _make_table(library: Any, data: FigureData) -> Any:
    table = library.Table(data.title)
    table.description = data.description
    table.location = "bhm_columnar"
    table.keywords = {"observables": [data.series[0].name]}
    known = np.any([np.isfinite(one.value) for one in data.series], axis=0)
    bins = [one for one, keep in zip(data.bins, known, strict=True) if keep]
    axis = library.Variable(
        data.axis, is_independent=True, is_binned=bool(bins) and not isinstance(bins[0], str), units=data.unit
    )
    axis.values = bins
    table.add_variable(axis)
    for one in data.series:
        table.add_variable(_make_variable(library, one, known))
    return table


def _make_variable(library: Any, series: Series, known: Any) -> Any:
    variable = library.Variable(
        series.name,
        is_independent=False,
        is_binned=False,
        units=series.unit,
        zero_uncertainties_warning=False,
    )
    variable.values = [value if np.isfinite(value) else "-" for value in series.value[known].tolist()]
    for name, text in series.about.items():
        variable.add_qualifier(name, text)
    errors = library.Uncertainty("stat", is_symmetric=False)
    down, up = (
        np.nan_to_num(series.low - series.value)[known],
        np.nan_to_num(series.high - series.value)[known],
    )
    errors.values = list(zip(down.tolist(), up.tolist(), strict=True))
    variable.add_uncertainty(errors)
    return variable
