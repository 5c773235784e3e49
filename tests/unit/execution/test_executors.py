from __future__ import annotations

import os
from typing import Any

import pytest

from bhm_columnar.errors import ProcessorError, SelectionError
from bhm_columnar.execution.executors import (
    FUTURES_FROM,
    Execution,
    Request,
    choose_execution,
    explain_failure,
)
from bhm_columnar.execution.together import ChunkError


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)


@pytest.mark.parametrize(
    ("kind", "workers", "events", "chosen", "why"),
    [
        (None, None, 1000, ("iterative", 1), "1,000 events are done before"),
        (None, None, FUTURES_FROM, ("futures", 2), "10,000,000 events and 2 free cores"),
        (None, 1, FUTURES_FROM, ("iterative", 1), "1 worker"),
        (None, 3, 10, ("futures", 3), "3 worker"),
        ("futures", None, 10, ("futures", 2), "asked for"),
        ("futures", 1, 10, ("futures", 1), "asked for"),
        ("iterative", 4, FUTURES_FROM, ("iterative", 1), "asked for"),
    ],
)
def test_the_choice_is_said(
    kind: Any, workers: int | None, events: int, chosen: tuple[str, int], why: str
) -> None:
    execution = choose_execution(kind, workers, events)
    assert (execution.kind, execution.workers) == chosen
    assert why in execution.why
    assert execution.describe() == {"executor": chosen[0], "workers": chosen[1], "why": execution.why}


def test_cores_that_do_something_else_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_execution(None, None, FUTURES_FROM, busy=1).why == "there is one free core"
    assert choose_execution(None, 2, FUTURES_FROM, busy=1).workers == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    assert choose_execution(None, None, FUTURES_FROM, busy=1).workers == 2


def test_one_core_needs_no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert choose_execution(None, None, FUTURES_FROM).kind == "iterative"


def test_what_does_not_fit() -> None:
    with pytest.raises(SelectionError, match="no executor is called 'slurm'; executors are iterative"):
        Execution("slurm")  # type: ignore[arg-type]
    with pytest.raises(SelectionError, match="0 workers"):
        Execution("futures", 0)
    with pytest.raises(SelectionError, match="dask and a client belong together"):
        Execution("dask")
    with pytest.raises(SelectionError, match="dask needs a cluster; give --scheduler"):
        Request("dask").choose(10)


class KilledWorker(Exception):  # noqa: N818  (its name in distributed)
    pass


class TerminatedWorkerError(Exception):
    pass


def chained(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ITEM = "WorkItem(dataset='+Z', filename='/x/plusZ.root', treename='Events', entrystart=5, entrystop=9, fileuuid=b'')"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            TerminatedWorkerError("x"),
            "a worker process died (killed, or out of memory); none of the 7 chunks is used; run it again, or with --resume",
        ),
        (
            RuntimeError(f"Work item {ITEM} caused a KilledWorker exception"),
            "/x/plusZ.root, events 5 to 9: a chunk was tried on several dask workers, and all of them died",
        ),
        (chained(ValueError("y"), KilledWorker("x")), "a chunk was tried on several dask workers"),
        (
            Exception(f"Failed to open file: {ITEM}. The error was: OSError('no\nsuch').".replace("\n", " ")),
            "/x/plusZ.root, events 5 to 9: cannot be read (OSError('no such')); none of the 7",
        ),
        (chained(Exception("x"), ProcessorError("of mine failed", where="w")), "w: of mine failed"),
        (
            Exception(f"Failed: {ChunkError('of mine' + chr(10) + 'failed', where='w')!r}."),
            "w: of mine failed",
        ),
    ],
)
def test_failures_are_one_line(error: Exception, said: str) -> None:
    message = str(explain_failure(error, chunks=7))
    assert message.startswith(said)
    assert "\n" not in message


def test_the_traceback_of_a_processor_travels_as_text() -> None:
    inner = ChunkError("failed", where="w", hint="h", traceback="the traceback\n")
    found = explain_failure(Exception(f"The error was: {inner!r}."))
    assert str(found) == "w: failed; h"
    assert found.__notes__ == ["the traceback\n"]
    assert "the traceback" not in repr(inner)
