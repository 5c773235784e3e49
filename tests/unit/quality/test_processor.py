"""The processor that counts fates, against the cleaning that analyses use."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import clean_pulses, flatten_pulses, read_dump
from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.detector.qie import LINK_WORDS
from bhm_columnar.execution.registry import make_processor
from bhm_columnar.histograms.axes import FATE_MEANINGS, FATES
from bhm_columnar.histograms.counts import Histogram
from bhm_columnar.selection.cleaning import CLEANING_COLUMNS
from processors.quality import Quality

# what cleaning takes away at each step
STEPS = {
    "one_or_two_tdc_codes": ("no_tdc", "many_tdc"),
    "tdc_is_a_time": ("dll_59", "dll_60", "dll_61", "tdc_62", "tdc_63", "tdc_invalid", "second_62"),
    "not_adc_188_at_tdc_25": ("link_k28_5",),
    "not_adc_124_at_tdc_0": ("link_k28_3",),
}


@pytest.fixture(scope="module")
def events(toy: Path) -> ak.Array:
    return read_dump(toy / "uHTR4.txt")[0]


def count(events: ak.Array, runs: list[int] | None = None) -> Histogram:
    return Quality(runs=runs).process(events)["quality"]


def by_fate(h: Histogram) -> dict[str, int]:
    return dict(zip(FATES, h.project("fate").values().astype(int).tolist(), strict=True))


def make_events(pulses: list[tuple[list[int], int]]) -> ak.Array:
    """One event of run 7 with pulses of PN01 with these TDC codes and peaks."""
    columns = {
        "channel": [0] * len(pulses),
        "nTdc": [len(codes) for codes, _ in pulses],
        "tdc": [codes[0] if codes else -1 for codes, _ in pulses],
        "tdc2": [codes[1] if len(codes) > 1 else -1 for codes, _ in pulses],
        "peak": [peak for _, peak in pulses],
    }
    arrays = {name: np.array(values, dtype=np.int16) for name, values in columns.items()}
    one = ak.Array([ak.zip(arrays)])
    return ak.zip({"run": np.array([7], dtype=np.uint32), "Pulse": one}, depth_limit=1)


def test_fates_are_what_cleaning_takes_away(events: ak.Array) -> None:
    _, cutflow = clean_pulses(flatten_pulses(events, CLEANING_COLUMNS))
    fates = by_fate(count(events))
    assert sum(fates.values()) == cutflow["connected"]
    before = cutflow["connected"]
    for step, names in STEPS.items():
        assert sum(fates[name] for name in names) == before - cutflow[step] > 0
        before = cutflow[step]
    assert fates["clean"] == before


@pytest.mark.parametrize(
    ("codes", "peak", "fate"),
    [
        ([], 150, "no_tdc"),
        ([6, 20, 40], 150, "many_tdc"),
        ([59, 6, 7], 150, "many_tdc"),
        ([59], 150, "dll_59"),
        ([60, 62], 150, "dll_60"),
        ([61], 150, "dll_61"),
        ([62], 150, "tdc_62"),
        ([63], 150, "tdc_63"),
        ([50], 150, "tdc_invalid"),
        ([58], 150, "tdc_invalid"),
        ([6, 62], 150, "second_62"),
        ([25, 62], 188, "second_62"),
        ([25], 188, "link_k28_5"),
        ([0, 30], 124, "link_k28_3"),
        ([0], 188, "clean"),
        ([6, 63], 150, "clean"),
        ([49], 150, "clean"),
    ],
)
def test_each_pulse_has_one_fate(codes: list[int], peak: int, fate: str) -> None:
    h = count(make_events([(codes, peak)]))
    assert by_fate(h) == {name: int(name == fate) for name in FATES}
    assert list(h.axes["run"]) == [7]
    assert h.project("channel").values()[0] == 1


def test_chunks_add_up_and_runs_can_be_chosen(events: ak.Array) -> None:
    whole = count(events)
    parts = [count(events[k::4]) for k in range(4)]
    assert (sum(parts[1:], parts[0]).sort("run") == whole.sort("run")) is True
    assert sorted(whole.axes["run"]) == [380000, 380001, 380002]
    chosen = count(events, runs=[380001])
    assert list(chosen.axes["run"]) == [380001]
    assert chosen.sum() == count(events[events.run == 380001]).sum() > 0


def test_channels_are_those_of_the_pulses(events: ak.Array) -> None:
    channels = ak.to_numpy(ak.flatten(events.Pulse.channel))
    expected = np.bincount(channels[channels >= 0], minlength=len(CHANNELS))
    assert count(events).project("channel").values().tolist() == expected.tolist()


def test_no_events_give_no_counts(events: ak.Array) -> None:
    empty = count(events[:0])
    assert empty.sum() == 0
    assert (empty + count(events)).sum() == count(events).sum()


def test_it_is_registered_and_every_fate_has_a_meaning() -> None:
    made = make_processor("quality", {"runs": [1], "cuts": None})
    assert type(made).__name__ == "Quality"
    assert made.runs == [1]
    for (code, adc), word in zip(LINK_WORDS, ("link_k28_5", "link_k28_3"), strict=True):
        assert f"ADC {adc} at TDC {code}" in FATE_MEANINGS[word]
