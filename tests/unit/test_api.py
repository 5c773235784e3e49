"""What is public is a decision."""

from __future__ import annotations

import importlib

import pytest

import bhm_columnar


def test_public_names() -> None:
    assert dir(bhm_columnar) == [
        "BHMError",
        "BHMSchema",
        "Calibration",
        "Cuts",
        "__version__",
        "align_channels",
        "analyse",
        "check_folder",
        "classify_regions",
        "clean_pulses",
        "compare_results",
        "convert_dump",
        "fill_histograms",
        "find_dumps",
        "find_events",
        "fit_peaks",
        "flatten_pulses",
        "iterate_dump",
        "load_calibration",
        "load_histograms",
        "make_processor",
        "open_events",
        "read_dump",
        "read_events",
        "region_table",
        "simulate_dumps",
        "write_report",
    ]


@pytest.mark.parametrize("name", [name for name in dir(bhm_columnar) if name != "__version__"])
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(bhm_columnar, name).__doc__


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = bhm_columnar.nothing


@pytest.mark.parametrize(
    "module",
    [
        "detector.channels",
        "io.dump",
        "io.convert",
        "selection.cuts",
        "histograms.output",
        "execution.job",
        "pipeline",
    ],
)
def test_all_lists_what_exists(module: str) -> None:
    found = importlib.import_module(f"bhm_columnar.{module}")
    assert all(hasattr(found, name) for name in found.__all__)
