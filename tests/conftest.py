"""What all tests share: small simulated dumps, converted once, and one whole analysis."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from hypothesis import settings

from bhm_columnar import analyse, simulate_dumps
from bhm_columnar.io.convert import convert_folder
from bhm_columnar.io.folders import find_dumps

mpl.use("agg")
# kernels compile in the first example; CI runs the same examples every time, people new ones
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


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


@pytest.fixture
def summary(analysed: Path) -> dict[str, Any]:
    """Summary of the analysed toy dumps."""
    return json.loads((analysed / "summary.json").read_text())
