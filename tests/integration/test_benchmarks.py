"""The table of speeds can be made, on a few MB; no number in it is judged."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.children import run_child


def test_quick_table_has_rows_that_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--quick", "--only", "scan,convert,fill", "--without", "root,polars,pandas"]
    files = ["--keep", str(tmp_path / "in"), "--json", str(tmp_path / "rows.json")]
    assert main([*options, *files, "--figure", str(tmp_path / "rows.png")]) == 0
    rows = {row["key"]: row for row in json.loads((tmp_path / "rows.json").read_text())["rows"]}
    assert rows["scan.polars"]["status"] == rows["fill.halo.root"]["status"] == "skipped"
    for key in ("scan.plain", "scan.threads", "convert.ttree", "size.ttree", "fill.rates.numpy"):
        assert rows[key]["status"] == "ok"
        assert min(rows[key]["ratios"]) > 0
    assert "line by line in plain Python" in capsys.readouterr().out
    assert (tmp_path / "rows.png").exists()


def test_unknown_groups_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "scan,magic"])
    assert "magic is no group; choose of scan, convert" in capsys.readouterr().err


def test_a_child_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="ended with 3: because"):
        run_child([sys.executable, "-c", "print('because'); raise SystemExit(3)"])


def test_memory_of_a_child_and_its_children_is_seen() -> None:
    grow = "import time; kept = b'x' * 150_000_000; time.sleep(0.3)"
    both = f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {grow!r}]); {grow}; child.wait()"
    assert 290 < run_child([sys.executable, "-c", both], memory=True).peak_mb < 600
