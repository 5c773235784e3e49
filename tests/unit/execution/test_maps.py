from __future__ import annotations

import os

import pytest

from bhm_columnar.errors import SelectionError
from bhm_columnar.execution.executors import Request
from bhm_columnar.execution.maps import open_map


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


@pytest.mark.parametrize(
    ("request_", "chosen"),
    [
        (Request(), ("iterative", 1)),
        (Request("iterative"), ("iterative", 1)),
        (Request(workers=1), ("iterative", 1)),
        (Request(workers=3), ("threads", 3)),
        (Request("futures"), ("threads", 2)),
    ],
)
def test_the_choice_is_said(request_: Request, chosen: tuple[str, int]) -> None:
    with open_map(request_) as ranges:
        assert (ranges.executor, ranges.workers) == chosen
        assert ranges.why
        assert (ranges.map is None) is (chosen[1] == 1)
        if ranges.map is not None:
            assert list(ranges.map(abs, [-3, -1, -2])) == [3, 1, 2]


def test_dask_needs_a_cluster() -> None:
    with pytest.raises(SelectionError, match="dask needs a cluster"), open_map(Request("dask")):
        pass
