"""The notebook runs as it stands, on a dask cluster, and counts what one core counts."""

from __future__ import annotations

import json
from ast import literal_eval
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bhm_columnar as bhm
from bhm_columnar.conditions.context import find_context
from bhm_columnar.execution.datasets import coverage_of
from bhm_columnar.io.convert import convert_folder

pytest.importorskip("distributed")
pytest.importorskip("ipykernel")
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

REPOSITORY = Path(__file__).parents[2]
NOTEBOOK = REPOSITORY / "docs" / "interactive.ipynb"
SECONDS = 180
#: run before the notebook: warnings are errors there too
BEFORE = "import warnings\nwarnings.simplefilter('error')"
#: run before the last cell, which ends the cluster
AFTER = """
import json
json.dumps({
    "occupancy": occupancy.values(flow=True).tolist(),
    "rates": rates.values(flow=True).tolist(),
    "chunks": filled.chunks,
    "events": filled.events,
    "workers": len(client.scheduler_info()["workers"]),
})
"""


def _read_notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Cells of the notebook by their names, run; with what it counted under ``counted``."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "data").symlink_to(REPOSITORY / "data")
    notebook = _read_notebook()
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BEFORE, id="before"))
    notebook.cells.insert(-1, nbformat.v4.new_code_cell(AFTER, id="counted"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name))
        client = nbclient.NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    return {cell["id"]: cell for cell in notebook.cells}


def _iterative(folder: Path) -> tuple[Any, Any]:
    """Occupancy and rates of the same data on one core, in one chunk a side."""
    demo = REPOSITORY / "data" / "demo"
    files = bhm.find_events(convert_folder(bhm.find_dumps(demo), folder))
    runs = sorted(set().union(*(file.provenance.runs for file in files)))
    measured = bhm.fill_histograms(files, {"adc_tdc": bhm.make_processor("adc_tdc", {})})
    given = {
        "calibration": bhm.align_channels(measured.output["adc_tdc"]["adc_tdc"]),
        "cuts": bhm.Cuts(),
        "times": find_context(coverage_of(files), runs).times,
    }
    processors = {name: bhm.make_processor(name, given) for name in ("halo", "rates")}
    output = bhm.fill_histograms(files, processors).output
    return output["halo"]["occupancy"], output["rates"]["rates"]


def test_notebook_is_stored_without_outputs() -> None:
    stored = _read_notebook()
    nbformat.validate(stored)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell["id"] for cell in code if cell.outputs or cell.execution_count is not None] == []
    assert stored.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", ["occupancy", "rates"])
def test_notebook_draws(cells: dict[str, Any], name: str) -> None:
    figures = [
        output["data"]["image/png"]
        for output in cells[name].outputs
        if output.output_type == "display_data" and "image/png" in output["data"]
    ]
    assert len(figures) == 1
    assert len(figures[0]) > 10_000


def test_notebook_says_nothing_on_stderr(cells: dict[str, Any]) -> None:
    said = [
        output["text"]
        for cell in cells.values()
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output["name"] == "stderr"
    ]
    assert said == []


def test_notebook_counts_what_one_core_counts(cells: dict[str, Any], tmp_path: Path) -> None:
    (result,) = cells["counted"].outputs
    counted = json.loads(literal_eval(result["data"]["text/plain"]))
    occupancy, rates = _iterative(tmp_path)
    assert np.array_equal(counted["occupancy"], occupancy.values(flow=True))
    assert np.array_equal(counted["rates"], rates.values(flow=True))
    assert occupancy.sum() > 0
    assert counted["events"] == 40_000
    assert counted["chunks"] == 20
    assert counted["workers"] == 2
