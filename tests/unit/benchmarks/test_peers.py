"""Peers do the same work as the library, and it is noticed when they do not."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from benchmarks.groups.fill import fill_by_processor, make_task
from benchmarks.groups.scan import count_newlines, read_in_threads
from benchmarks.inputs import Bench
from benchmarks.peers.by_numpy import fill_by_numpy
from benchmarks.peers.by_pandas import fill_by_pandas
from benchmarks.peers.contents import BRANCHES, Task, disagreements, from_hist
from benchmarks.peers.forth import read_with_forth
from benchmarks.peers.lines import arrow_integers, polars_integers
from benchmarks.peers.plain import read_plainly
from bhm_columnar import read_dump


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    return make_task(Bench(tmp_path_factory.mktemp("bench"), scan_mb=0.5))


def test_plain_python_reads_the_pulses_with_one_or_two_codes(toy: Path) -> None:
    pulses = ak.flatten(read_dump(toy / "uHTR4.txt")[0].Pulse)
    hits = pulses[(pulses.nTdc == 1) | (pulses.nTdc == 2)]
    found = read_plainly(toy / "uHTR4.txt")
    for name in ("tdc", "tdc2", "samples", "peak"):
        assert np.array_equal(found[name], ak.to_numpy(hits[name])), name
    assert np.array_equal(found["channel"], ak.to_numpy(10 * hits.fibre + hits.cable))


def test_plain_python_refuses_a_nul(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_bytes(b"--- START\0")
    with pytest.raises(ValueError, match="a NUL in the dump"):
        read_plainly(tmp_path / "dump.txt")


def test_forth_reads_everything(toy: Path) -> None:
    events, _ = read_dump(toy / "uHTR4.txt")
    found = read_with_forth(toy / "uHTR4.txt")
    assert np.array_equal(found["headers"][:, 2], ak.to_numpy(events.orbit))
    assert np.array_equal(found["samples"], ak.to_numpy(ak.flatten(events.Pulse.samples)))
    assert np.array_equal(found["codes"], ak.to_numpy(ak.flatten(events.Pulse.tdcs, axis=None)))


def test_tables_of_text_give_all_integers(toy: Path) -> None:
    found = read_with_forth(toy / "uHTR4.txt")
    total = sum(int(found[name].sum()) for name in ("inputs", "samples", "codes"))
    assert arrow_integers(toy / "uHTR4.txt").sum() == total
    pytest.importorskip("polars")
    assert polars_integers(toy / "uHTR4.txt").sum() == total


def test_two_threads_read_what_one_reads(toy: Path) -> None:
    assert ak.array_equal(read_in_threads(toy / "uHTR4.txt", 2), read_dump(toy / "uHTR4.txt")[0])


def test_newlines_are_lines(toy: Path) -> None:
    assert count_newlines(toy / "uHTR4.txt") == read_dump(toy / "uHTR4.txt")[1].lines


@pytest.mark.parametrize("name", BRANCHES)
def test_histograms_by_hand_are_those_of_the_processor(task: Task, name: str) -> None:
    ours = from_hist(task, name, fill_by_processor(task, name))
    assert all(counts.sum() > 0 for counts in ours.values())
    assert disagreements(ours, fill_by_numpy(task, name)) == []
    pytest.importorskip("pandas")
    assert disagreements(ours, fill_by_pandas(task, name)) == []


def test_one_pulse_more_is_a_disagreement(task: Task) -> None:
    ours = from_hist(task, "halo", fill_by_processor(task, "halo"))
    theirs = {name: counts.copy() for name, counts in ours.items()}
    theirs["tdc"][0, 6] += 1
    del theirs["charge"]
    assert disagreements(ours, theirs) == ["charge", "tdc"]
