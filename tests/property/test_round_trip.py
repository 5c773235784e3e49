"""Any simulated dump, converted and read back, is what the slow twin reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

import awkward as ak
from hypothesis import given, settings
from hypothesis import strategies as st

from bhm_columnar import convert_dump, read_events, simulate_dumps
from bhm_columnar.detector.channels import SIDES
from bhm_columnar.io.convert import ENDINGS, FORMATS
from bhm_columnar.simulation.model import Model
from tests.reference.reader import read_text

models = st.builds(
    Model,
    runs=st.integers(1, 4),
    style=st.sampled_from(["plain", "debug"]),
    bx_offset=st.integers(0, 3563),
    first_orbit=st.sampled_from([0, 2**32 - 100_000]),
    pause_s=st.sampled_from([0.0, 30.0]),
)


@given(
    models,
    st.integers(1, 60),
    st.integers(0, 2**32),
    st.sampled_from(FORMATS),
    st.sampled_from([2000, 1 << 20]),
)
@settings(max_examples=40)
def test_round_trip(model: Model, events: int, seed: int, kind: str, chunk_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = simulate_dumps(folder, events=events, seed=seed, model=model)
        for side in SIDES:
            slow = read_text(Path(made.dumps[side.name]).read_bytes())
            target = Path(folder) / f"events{ENDINGS[kind]}"
            convert_dump(made.dumps[side.name], target, format=kind, chunk_bytes=chunk_bytes, overwrite=True)
            back = read_events(target)
            for name in ("event", "bx", "run"):
                assert back[name].to_list() == [getattr(event, name) for event in slow.events]
            assert (back.orbit % 2**32).to_list() == [event.orbit for event in slow.events]
            for name in ("fibre", "cable", "samples", "tdcs"):
                assert back.Pulse[name].to_list() == [
                    [getattr(p, name) for p in event.pulses] for event in slow.events
                ]
            assert ak.all(back.uhtr == side.uhtr)
            codes = [[pulse.tdcs for pulse in event.pulses] for event in slow.events]
            assert back.Pulse.nTdc.to_list() == [[len(one) for one in pulses] for pulses in codes]
            assert back.Pulse.tdc.to_list() == [[one[0] if one else -1 for one in pulses] for pulses in codes]
            assert back.Pulse.tdc2.to_list() == [
                [one[1] if len(one) > 1 else -1 for one in pulses] for pulses in codes
            ]
            peaks = [[max(pulse.samples) for pulse in event.pulses] for event in slow.events]
            assert back.Pulse.peak.to_list() == peaks
