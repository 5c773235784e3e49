from __future__ import annotations

from pathlib import Path

import pytest

from bhm_columnar.errors import SelectionError
from bhm_columnar.io.toml import read_toml


def test_values(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("x = [1, 2]\n")
    assert read_toml(tmp_path / "a.toml", hint="") == {"x": [1, 2]}


@pytest.mark.parametrize(
    ("content", "why"), [(b"x =", "is not TOML"), (b'x = "\xff"', "is not TOML"), (None, "cannot be read")]
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, why: str) -> None:
    path = tmp_path / "a.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SelectionError, match=rf"a\.toml: {why}"):
        read_toml(path, hint="write something")
