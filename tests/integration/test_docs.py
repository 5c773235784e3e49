"""What the documentation shows, runs."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md", "docs/event-columns.md"])
def test_python_in_documents_runs(
    name: str, analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(REPOSITORY / "data")
    (tmp_path / "results").symlink_to(analysed)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (REPOSITORY / name).read_text(), flags=re.DOTALL)
    blocks = [block for block in blocks if "ROOT" not in block]
    assert blocks
    space: dict[str, object] = {}
    for block in blocks:
        exec(block, space)  # noqa: S102
    plt.close("all")


def test_links_between_documents_lead_somewhere() -> None:
    for document in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_documents_name_tests_that_exist() -> None:
    names = {path.name for path in (REPOSITORY / "tests").rglob("test_*.py")}
    text = (REPOSITORY / "docs" / "differences.md").read_text()
    for name, function in re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", text):
        assert name in names
        if function:
            found = next((REPOSITORY / "tests").rglob(name))
            assert f"def {function}(" in found.read_text()
