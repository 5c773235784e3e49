from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from bhm_columnar import find_dumps, read_dump
from bhm_columnar.io.inspect import inspect_dumps


def test_counts_agree_with_the_columns(toy: Path) -> None:
    plus, minus = inspect_dumps(find_dumps(toy))
    assert (plus.together.side.name, minus.together.side.name) == ("+Z", "-Z")
    events, report = read_dump(toy / "uHTR11.txt")
    pulses = ak.flatten(events.Pulse)
    content = minus.as_dict()
    assert content["events"] == report.events == 3000
    assert content["pulses"] == len(pulses)
    assert content["channels"]["MN03"] == np.sum(pulses.channel == 22)
    assert content["not_connected"] == np.sum(pulses.channel == -1)
    assert content["special_tdc_codes"]["63"]["count"] == ak.sum(pulses.tdcs == 63)
    assert content["pulses_by_number_of_tdc_codes"]["0"] == np.sum(pulses.nTdc == 0)
    assert content["pulses_by_number_of_tdc_codes"]["3+"] == np.sum(pulses.nTdc >= 3)
    words = content["link_words"]["adc_188_at_tdc_25"]
    assert sum(words.values()) == np.sum((pulses.tdc == 25) & (pulses.peak == 188))
    assert sum(run["events"] for run in content["runs"].values()) == 3000
    assert (content["dead"], content["hot"]) == ([], [])
    assert list(content["files"]) == [str(toy / "uHTR11.txt")]


@pytest.fixture
def parts(toy: Path, tmp_path: Path) -> Path:
    """The toy dump of +Z in two files, the second before the first, with one channel cut out and one pulse repeated."""
    events = (toy / "uHTR4.txt").read_text().split("--- START")[1:]
    body = "".join(line + "\n" for line in events[-1].split("\n")[:2])
    pulse = "4 1 " + "5 " * 19 + "150 \n6 \n"
    loud = f"--- START{body}{pulse * 9000}"
    kept = [event for event in events if "\n3 2 " not in event]
    (tmp_path / "uHTR4_2.txt").write_text("".join(f"--- START{event}" for event in kept[:1000]) + loud)
    (tmp_path / "uHTR4_1.txt").write_text("".join(f"--- START{event}" for event in kept[1000:]))
    return tmp_path


def test_files_and_sides_are_told_apart(parts: Path) -> None:
    (plus,) = inspect_dumps(find_dumps(parts))
    first, second = plus.files.values()
    assert first.order.counts["unordered"] == second.order.counts["unordered"] == 0
    assert plus.together.order.counts["unordered"] == 1
    assert plus.together.report.events == first.report.events + second.report.events
    assert (plus.together.pulses_of_channel == first.pulses_of_channel + second.pulses_of_channel).all()
    assert plus.together.dead == ["PN03"]
    assert plus.together.hot == ["PN06"]
