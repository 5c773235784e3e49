from __future__ import annotations

from pathlib import Path

import pytest

from bhm_columnar import load_calibration, make_processor
from bhm_columnar.errors import ProcessorError
from bhm_columnar.execution.registry import describe_processors, load_processor
from bhm_columnar.selection.cuts import DEFAULT_CUTS

GIVEN = {"calibration": load_calibration("v2"), "cuts": DEFAULT_CUTS, "runs": None}
USER = """
from coffea.processor import ProcessorABC
class Mine(ProcessorABC):
    "Count events."
    def __init__(self, runs, extra=3):
        self.runs, self.extra = runs, extra
    def process(self, events):
        return {"n": len(events)}
class Greedy(Mine):
    def __init__(self, luminosity):
        pass
class NoProcessor:
    pass
"""


@pytest.fixture
def user(tmp_path: Path) -> str:
    path = tmp_path / "user.py"
    path.write_text(USER)
    return str(path)


def test_shipped_processors_are_found_and_described() -> None:
    described = describe_processors()
    assert {"adc_tdc", "halo", "stability"} <= set(described)
    assert all(described.values())


@pytest.mark.parametrize("name", ["adc_tdc", "halo", "stability"])
def test_shipped_processors_can_be_built(name: str) -> None:
    assert make_processor(name, GIVEN).cuts == DEFAULT_CUTS


def test_a_class_in_a_file(user: str) -> None:
    mine = make_processor(f"{user}:Mine", {**GIVEN, "runs": [5]})
    assert (mine.runs, mine.extra) == ([5], 3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nope", "no processor is called 'nope'; there are adc_tdc, halo, quality, rates, shapes, stability"),
        ("nowhere.py:Mine", "no such file"),
        ("{user}:Yours", "defines no Yours"),
        ("{user}:NoProcessor", "is no coffea ProcessorABC"),
        ("{user}:Greedy", "asks for luminosity"),
    ],
)
def test_what_does_not_fit(user: str, name: str, message: str) -> None:
    with pytest.raises(ProcessorError, match=message):
        make_processor(name.format(user=user), GIVEN)


def test_a_file_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1 / 0")
    with pytest.raises(ProcessorError, match="cannot be imported"):
        load_processor(f"{tmp_path / 'bad.py'}:Mine")
