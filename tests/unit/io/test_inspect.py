from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np

from bhm_columnar import find_dumps, read_dump
from bhm_columnar.io.inspect import inspect_dumps


def test_counts_agree_with_the_columns(toy: Path) -> None:
    plus, minus = inspect_dumps(find_dumps(toy))
    assert (plus.side.name, minus.side.name) == ("+Z", "-Z")
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
