"""What all tests share: small simulated dumps, converted once, and one whole analysis."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import HealthCheck, settings

from bhm_columnar import analyse, simulate_dumps
from bhm_columnar.conditions.gather import Wanted
from bhm_columnar.io.convert import convert_folder
from bhm_columnar.io.folders import find_dumps
from bhm_columnar.simulation.fill import FILLING_FILE, LUMI_FILE, RUNS_FILE, Fill
from bhm_columnar.simulation.model import Model

mpl.use("agg")
# kernels compile in the first example; CI runs the same examples every time, people new ones
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "default")

#: what tells of a simulated fill
CONDITIONS = {"conditions": RUNS_FILE, "lumi": LUMI_FILE, "filling": FILLING_FILE}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's cache of conditions, nor asks OMS."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("BHM_OMS_P5_URL", "BHM_OMS_URL", "BHM_OMS_TOKEN_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with simulated dumps of both sides, 3000 events each, and their truth."""
    folder = tmp_path_factory.mktemp("toy")
    simulate_dumps(folder, events=3000, seed=7, overwrite=True)
    return folder


@pytest.fixture(scope="session")
def toy_events(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the toy dumps as TTrees."""
    folder = tmp_path_factory.mktemp("events")
    convert_folder(find_dumps(toy), folder)
    return folder


@pytest.fixture(scope="session")
def analysed(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `analyse` makes of the toy dumps."""
    out = tmp_path_factory.mktemp("analysed") / "out"
    analyse(toy, out)
    return out


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what `analyse` makes of a simulated fill with its conditions; figures are not drawn."""
    folder = tmp_path_factory.mktemp("filled")
    model = Model(fill=Fill(), rate_hz=15.0, bx_offset=100)
    simulate_dumps(folder / "toy", events=6000, seed=3, model=model)
    files = {name: folder / "toy" / file for name, file in CONDITIONS.items()}
    analyse(folder / "toy", folder / "out", figures=False, conditions=Wanted(**files))
    return folder / "out"


@pytest.fixture
def summary(analysed: Path) -> dict[str, Any]:
    """Summary of the analysed toy dumps."""
    return json.loads((analysed / "summary.json").read_text())
