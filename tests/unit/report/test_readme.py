from __future__ import annotations

from pathlib import Path

from bhm_columnar.report.readme import write_readme


def test_only_what_is_there_is_listed(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("summary.json", "events/plusZ.root"):
        (tmp_path / name).touch()
    text = write_readme(tmp_path, {"runs": [1, 2], "calibration": {"name": "v2"}}).read_text()
    listed = text.partition("histograms.root\n---")[0]
    assert "summary.json" in listed
    assert "events/*.root" in listed
    assert "report.html" not in listed
    assert "Runs: 1, 2\n" in listed


def test_many_runs_are_cut(tmp_path: Path) -> None:
    text = write_readme(tmp_path, {"runs": list(range(12)), "calibration": {"name": "v2"}}).read_text()
    assert "and 2 more" in text
