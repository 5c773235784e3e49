from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import pytest

from bhm_columnar.conditions.cache import Cache, default_cache_folder
from bhm_columnar.errors import ConditionsError


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.load("runs", 362000, dict) is None
    kept = cache.save("runs", 362000, {"a": 1}, expires_s=None)
    assert cache.load("runs", 362000, dict) == ({"a": 1}, kept)
    assert Cache(tmp_path, offline=True).load("runs", 362000, dict) == ({"a": 1}, kept)
    assert json.loads((tmp_path / "runs" / "362000.json").read_text())["content"] == {"a": 1}


def test_what_goes_on_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path)
    cache.save("runs", 1, {}, expires_s=600)
    assert cache.load("runs", 1, dict) is not None
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert cache.load("runs", 1, dict) is None
    assert Cache(tmp_path, offline=True).load("runs", 1, dict) is not None


def test_refresh_ignores_what_is_kept(tmp_path: Path) -> None:
    Cache(tmp_path).save("runs", 1, {}, expires_s=None)
    assert Cache(tmp_path, refresh=True).load("runs", 1, dict) is None


def test_offline_needs_what_is_kept(tmp_path: Path) -> None:
    with pytest.raises(ConditionsError, match="nothing is kept of runs 1; fetch it once without --offline"):
        Cache(tmp_path, offline=True).load("runs", 1, dict)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"content": 1}',
        '{"retrieved": "a", "expires": "x", "content": {}}',
        '{"retrieved": "a", "expires": null, "content": 5}',
    ],
)
def test_a_damaged_file_is_fetched_again(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    Cache(tmp_path).save("runs", 1, {}, expires_s=None)
    (tmp_path / "runs" / "1.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        assert Cache(tmp_path).load("runs", 1, dict) is None
    assert "fetched again" in caplog.text


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_cache_folder() == Path("/somewhere/bhm_columnar/conditions")
