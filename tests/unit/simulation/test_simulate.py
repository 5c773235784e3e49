from __future__ import annotations

import gzip
import json
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import pytest

from bhm_columnar import find_dumps, flatten_pulses, read_dump, simulate_dumps
from bhm_columnar.detector.lhc import ABORT_GAP, ORBIT_COUNTER
from bhm_columnar.errors import OutputError, SelectionError
from bhm_columnar.simulation.model import DEFAULT_BEAMS, Model
from tests.reference.reader import read_text


@pytest.fixture(scope="module")
def pulses(tmp_path_factory: pytest.TempPathFactory) -> ak.Array:
    """Pulses of 40000 events of +Z with what is known of them."""
    folder = tmp_path_factory.mktemp("simulated")
    made = simulate_dumps(folder, events=40_000, seed=11)
    events, _ = read_dump(made.dumps["+Z"])
    table = flatten_pulses(events)
    truth = pq.read_table(made.truth, filters=[("side", "=", "+Z")])
    assert (
        truth["event"].to_pylist() == np.repeat(ak.to_numpy(events.event), ak.num(events.Pulse.tdc)).tolist()
    )
    return ak.zip({**{name: table[name] for name in table.fields}, "origin": ak.from_arrow(truth["origin"])})


def of(pulses: ak.Array, origin: str) -> ak.Array:
    return pulses[(pulses.origin == origin) & (pulses.nTdc > 0) & (pulses.tdc < 50) & (pulses.channel >= 0)]


def test_collision_products_are_25_codes_and_5_bx_late(pulses: ak.Array) -> None:
    halo, collision = of(pulses, "halo"), of(pulses, "collision")
    assert np.mean(collision.tdc) - np.mean(halo.tdc) == pytest.approx(25, abs=0.1)
    assert set(ak.to_list(halo.bx)) <= set(DEFAULT_BEAMS.beam1.tolist())
    assert set(ak.to_list(collision.bx)) <= set((DEFAULT_BEAMS.colliding + 5).tolist())


def test_activation_is_flat_in_time_and_falls_in_charge(pulses: ak.Array) -> None:
    activation = of(pulses, "activation")
    counts = np.bincount(ak.to_numpy(activation.tdc), minlength=50)
    assert np.sum((counts - counts.mean()) ** 2 / counts.mean()) < 49 + 5 * np.sqrt(2 * 49)
    spectrum = np.histogram(ak.to_numpy(activation.charge), bins=[1500, 3000, 4500, 6000, 7500])[0]
    assert (np.diff(spectrum) < 0).all()
    in_gap = (activation.bx >= ABORT_GAP[0]) & (activation.bx <= ABORT_GAP[1])
    assert np.mean(in_gap) == pytest.approx(121 / 3564, rel=0.2)


def test_everything_that_a_readout_does_is_there(pulses: ak.Array) -> None:
    n = np.bincount(ak.to_numpy(pulses.nTdc), minlength=4)
    assert (n[:4] > 100).all()
    assert {62, 63} <= set(ak.to_list(pulses.tdc))
    assert np.sum(pulses.channel < 0) > 100
    words = pulses[pulses.origin == "link_word"]
    assert set(zip(ak.to_list(words.tdc), ak.to_list(words.peak), strict=True)) == {(25, 188), (0, 124)}
    assert sorted(set(ak.to_list(pulses.run))) == [380000, 380001, 380002]


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        simulate_dumps(tmp_path / name, events=300, seed=seed, compress=True)
    a, b, c = ((tmp_path / name / "uHTR11.txt.gz").read_bytes() for name in "abc")
    assert a == b
    assert a != c


@pytest.mark.parametrize("style", ["plain", "debug"])
def test_slow_twin_reads_both_styles(tmp_path: Path, style: str) -> None:
    made = simulate_dumps(tmp_path, events=200, seed=5, model=Model(style=style), compress=True)
    for path in made.dumps.values():
        slow = read_text(gzip.decompress(Path(path).read_bytes()))
        assert (len(slow.events), slow.skipped, slow.unusual) == (200, {}, {})


def test_both_styles_hold_the_same(tmp_path: Path) -> None:
    plain = simulate_dumps(tmp_path / "plain", events=200, seed=5)
    debug = simulate_dumps(tmp_path / "debug", events=200, seed=5, model=Model(style="debug"))
    assert ak.array_equal(read_dump(plain.dumps["-Z"])[0], read_dump(debug.dumps["-Z"])[0])


@pytest.mark.parametrize("before", [1_000, 200_000])
def test_the_orbit_counter_has_32_bits(tmp_path: Path, before: int) -> None:
    """It starts again within the first run, and in the pause between the runs of so few events."""
    late = simulate_dumps(
        tmp_path / "late", events=500, seed=5, model=Model(first_orbit=ORBIT_COUNTER - before)
    )
    early = simulate_dumps(tmp_path / "early", events=500, seed=5, model=Model(first_orbit=0))
    counted, report = read_dump(late.dumps["+Z"])
    plain, _ = read_dump(early.dumps["+Z"])
    assert report.skipped == {}
    assert ak.max(counted.orbit) < ORBIT_COUNTER
    assert ak.array_equal(counted.orbit, (plain.orbit + ORBIT_COUNTER - before) % ORBIT_COUNTER)


def test_the_model_stands_in_the_truth(tmp_path: Path) -> None:
    made = simulate_dumps(tmp_path, events=10, seed=5, model=Model(bx_offset=1234))
    metadata = pq.read_schema(made.truth).metadata
    assert json.loads(metadata[b"model"])["bx_offset"] == 1234
    assert metadata[b"seed"] == b"5"
    assert [one.side.name for one in find_dumps(tmp_path).sides] == ["+Z", "-Z"]


def test_what_does_not_fit(tmp_path: Path) -> None:
    simulate_dumps(tmp_path, events=10, seed=5)
    with pytest.raises(OutputError, match="exists already"):
        simulate_dumps(tmp_path, events=10, seed=5)
    with pytest.raises(SelectionError, match="-1 events"):
        simulate_dumps(tmp_path, events=-1, seed=5)
    with pytest.raises(SelectionError, match="bx_offset is 3564"):
        Model(bx_offset=3564)
    with pytest.raises(SelectionError, match="0 runs"):
        Model(runs=0)
