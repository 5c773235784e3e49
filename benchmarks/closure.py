"""How much of the true halo ends in SR, and how pure SR is: `python -m benchmarks.closure`.

Simulates dumps with known truth, reads, calibrates and classifies them as `bhm analyse` does, and compares pulse by pulse.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from bhm_columnar import (
    align_channels,
    classify_regions,
    clean_pulses,
    flatten_pulses,
    read_dump,
    region_table,
)
from bhm_columnar.detector.channels import SIDES, Side
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.selection.regions import is_in
from bhm_columnar.simulation.model import ORIGINS
from bhm_columnar.simulation.simulate import Simulated, simulate_dumps


def read_pulses(made: Simulated, side: Side) -> ak.Array:
    """Pulses of a side with the column ``origin`` from the truth; both files have the same order."""
    events, _ = read_dump(made.dumps[side.name])
    pulses = flatten_pulses(events)
    truth = pq.read_table(made.truth, filters=[("side", "=", side.name)])
    for name in ("fibre", "cable"):
        if not np.array_equal(ak.to_numpy(pulses[name]), truth[name].to_numpy()):
            raise ValueError(f"dump and truth of {side.name} differ in {name}")
    names = truth["origin"].cast("string").to_numpy(zero_copy_only=False)
    return ak.with_field(pulses, np.searchsorted(sorted(ORIGINS), names.astype(str)), "origin")


def measure(events: int, seed: int) -> Table:
    """Simulate, analyse and compare; one row per side."""
    halo = sorted(ORIGINS).index("halo")
    table = Table(
        "side", "true halo", "clean", "in SR", "efficiency", "of clean halo", "SR pulses", "SR purity"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    with tempfile.TemporaryDirectory() as folder:
        made = simulate_dumps(Path(folder) / "toy", events=events, seed=seed)
        counts = make_counts(channel_axis(), tdc_axis(), adc_axis())
        pulses = {side: read_pulses(made, side) for side in SIDES}
    clean = {side: clean_pulses(pulses[side])[0] for side in SIDES}
    for side in SIDES:
        counts.fill(channel=clean[side].channel, tdc=clean[side].tdc, adc=clean[side].peak)
    regions = region_table(align_channels(counts))
    for side in SIDES:
        in_sr = is_in(classify_regions(clean[side], regions), "SR")
        is_halo = ak.to_numpy(clean[side].origin) == halo
        n_true = int(np.count_nonzero(ak.to_numpy(pulses[side].origin) == halo))
        both = int(np.count_nonzero(in_sr & is_halo))
        table.add_row(
            side.name,
            f"{n_true:,}",
            f"{np.count_nonzero(is_halo):,}",
            f"{both:,}",
            f"{both / n_true:.2%}",
            f"{both / np.count_nonzero(is_halo):.2%}",
            f"{np.count_nonzero(in_sr):,}",
            f"{both / np.count_nonzero(in_sr):.2%}",
        )
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="per side (default 200000)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    Console(width=110).print(measure(args.events, args.seed))


if __name__ == "__main__":
    main()
