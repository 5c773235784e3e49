from __future__ import annotations

import json
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
import pytest

from bhm_columnar import read_dump, simulate_dumps
from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.errors import SelectionError
from bhm_columnar.simulation.faults import NO_FAULTS, Faults, parse_faults
from bhm_columnar.simulation.generate import Generated, generate_side
from bhm_columnar.simulation.model import ORIGINS, Model

PLUS = SIDES[0]
HALO, LINK_WORD = ORIGINS.index("halo"), ORIGINS.index("link_word")


def generate(faults: Faults = NO_FAULTS, events: int = 20_000) -> Generated:
    return generate_side(Model(faults=faults), PLUS, events, np.random.default_rng(3))


def pulses_of(made: Generated, name: str, origin: int | None = None) -> np.ndarray:
    index = next(channel.index for channel in CHANNELS if channel.name == name)
    return (made.channel == index) & ((made.origin == origin) if origin is not None else True)


@pytest.fixture(scope="module")
def sound() -> Generated:
    return generate()


def test_a_dead_unit_gives_nothing_and_a_hot_one_more(sound: Generated) -> None:
    made = generate(Faults(dead=("PN03", "PF10"), hot={"PN08": 4.0}))
    assert not pulses_of(made, "PN03").any()
    assert not pulses_of(made, "PF10").any()
    ratio = pulses_of(made, "PN08").sum() / pulses_of(made, "PN07").sum()
    before = pulses_of(sound, "PN08").sum() / pulses_of(sound, "PN07").sum()
    assert ratio / before == pytest.approx(4.0, rel=0.15)


def test_peaks_of_a_late_unit_are_late(sound: Generated) -> None:
    made = generate(Faults(tdc_shift_ns={"PN05": 1.5}))
    for name, codes in (("PN05", 3.0), ("PN06", 0.0)):
        for origin in ("halo", "collision"):
            is_it = pulses_of(made, name, ORIGINS.index(origin))
            assert np.mean(made.true_tdc[is_it] - sound.true_tdc[is_it]) == pytest.approx(codes, abs=1e-9)
    activation = pulses_of(made, "PN05", ORIGINS.index("activation"))
    assert np.array_equal(made.true_tdc[activation], sound.true_tdc[activation])


def test_charges_of_a_weak_unit_are_smaller(sound: Generated) -> None:
    made = generate(Faults(gain={"PF01": 0.8}))
    for name, factor in (("PF01", 0.8), ("PF02", 1.0)):
        is_it = pulses_of(made, name, HALO)
        ratio = made.true_charge[is_it] / sound.true_charge[is_it]
        assert ratio == pytest.approx(np.full(is_it.sum(), factor))


def test_pulses_of_a_link_out_of_step_are_link_words(sound: Generated) -> None:
    made = generate(Faults(links={"+Z:6": 0.4}))
    on_fibre = made.fibre == 6
    was_pulse = sound.origin != LINK_WORD
    lost = np.mean(made.origin[on_fibre & was_pulse] == LINK_WORD)
    assert lost == pytest.approx(0.4, abs=0.03)
    assert np.array_equal(made.origin[~on_fibre], sound.origin[~on_fibre])
    assert np.array_equal(made.samples[~on_fibre & was_pulse], sound.samples[~on_fibre & was_pulse])
    only_other_side = generate(Faults(links={"-Z:6": 0.4}))
    assert np.array_equal(only_other_side.samples, sound.samples)


def test_link_words_of_a_fault_are_in_the_dump(tmp_path: Path) -> None:
    model = Model(faults=Faults(links={"-Z:4": 1.0}))
    made = simulate_dumps(tmp_path, events=2000, seed=5, model=model)
    pulses = ak.flatten(read_dump(made.dumps["-Z"])[0].Pulse)
    words = pulses[pulses.fibre == 4]
    assert set(zip(ak.to_list(words.tdc), ak.to_list(words.peak), strict=True)) == {(25, 188), (0, 124)}


def test_only_injected_faults_stand_in_the_truth(tmp_path: Path) -> None:
    def model_of(name: str, faults: Faults) -> dict:
        made = simulate_dumps(tmp_path / name, events=10, seed=5, model=Model(faults=faults))
        return json.loads(pq.read_schema(made.truth).metadata[b"model"])

    assert "faults" not in model_of("sound", NO_FAULTS)
    broken = model_of("broken", Faults(dead=("PN01",), gain={"MF02": 0.5}))
    assert broken["faults"] == {"dead": ["PN01"], "gain": {"MF02": 0.5}}


def test_faults_are_read_as_they_are_written() -> None:
    written = [
        "dead:PN0[12]",
        "hot:PF07:5",
        "tdc:MN02:-1.5",
        "gain:MF04:0.8",
        "link:+Z:5:0.3",
        "link:uHTR11:8:1",
    ]
    assert parse_faults(written) == Faults(
        dead=("PN01", "PN02"),
        hot={"PF07": 5.0},
        tdc_shift_ns={"MN02": -1.5},
        gain={"MF04": 0.8},
        links={"+Z:5": 0.3, "-Z:8": 1.0},
    )
    assert parse_faults([]) == NO_FAULTS
    assert not NO_FAULTS
    assert parse_faults(["dead:PN01"])


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("broken:PN01", "'broken:PN01' is no fault; write dead:PN03"),
        ("dead:PX01", "no channel matches 'PX01'"),
        ("dead:", "no channel matches"),
        ("hot:PN01", "no channel matches ''"),
        ("hot:PN01:x", "'hot:PN01:x' has no number at its end"),
        ("hot:PN01:0.5", "hot factor 0.5 of PN01 makes no sense; give a number above 1"),
        ("hot:PN01:nan", "hot factor nan of PN01 makes no sense"),
        ("tdc:PN01:26", "TDC shift 26 of PN01 makes no sense"),
        ("gain:PN01:0", "gain 0 of PN01 makes no sense; give a number above 0"),
        ("link:+Z:5:1.5", "link-word probability 1.5 of \\+Z:5 makes no sense"),
        ("link:+Z:9:0.5", "'9' is no fibre of \\+Z; fibres are 3..8"),
        ("link:+Q:5:0.5", "no side is called '\\+Q'"),
        ("dead:P*", "all channels of \\+Z are dead; leave its dump out"),
    ],
)
def test_nonsense_is_refused(written: str, what: str) -> None:
    with pytest.raises(SelectionError, match=what):
        parse_faults([written])


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (["dead:PN01", "dead:PN01"], "dead of PN01 stands twice"),
        (["gain:PN01:0.5", "gain:PN0?:0.8"], "gain of PN01 stands twice"),
        (["dead:PN01", "hot:PN01:3"], "PN01 is dead and hot"),
    ],
)
def test_contradictions_are_refused(written: list[str], what: str) -> None:
    with pytest.raises(SelectionError, match=what):
        parse_faults(written)


def test_an_unknown_unit_is_refused_by_the_model_too() -> None:
    with pytest.raises(SelectionError, match="no channel is called 'PN11'"):
        Faults(dead=("PN11",))
