"""Whether injected faults are flagged, and nothing else: `python -m benchmarks.quality [--events N] [--seeds N]`.

Simulates dumps with one fault at a time and without any, reads them, fills what `bhm check` judges by, and compares the flags
with the truth. Every sample is judged twice: by itself, and against a sample without faults of another seed. By itself,
a shift of 1 ns or a gain drop of 20 % cannot be told from the scatter of sound units, so it counts as missed there.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bhm_columnar import align_channels, read_dump
from bhm_columnar.detector.channels import CHANNELS
from bhm_columnar.quality.check import check_quality
from bhm_columnar.quality.model import Quality as Judgement
from bhm_columnar.quality.peaks import Reference
from bhm_columnar.simulation.faults import parse_faults
from bhm_columnar.simulation.model import Model
from bhm_columnar.simulation.simulate import simulate_dumps
from processors.adc_tdc import AdcTdc
from processors.quality import Quality

#: faults by name; the unit is another one for every seed
FAULTS = {
    "none": None,
    "dead": "dead:{unit}",
    "hot x 5": "hot:{unit}:5",
    "late 1 ns": "tdc:{unit}:1.0",
    "gain 0.8": "gain:{unit}:0.8",
    "link 30 %": "link:{side}:{fibre}:0.3",
}
#: flag that each must raise
FLAGS = {"dead": "dead", "hot x 5": "hot", "late 1 ns": "tdc", "gain 0.8": "gain", "link 30 %": "link_words"}

Where = tuple[str, str, str | None]


@dataclass
class Score:
    """Flags of one fault over the seeds."""

    samples: int = 0
    found: int = 0
    undecided: int = 0
    missed: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    not_judged: int = 0

    def add(self, quality: Judgement, wanted: set[Where]) -> None:
        raised = {(one.flag, one.side, one.channel) for one in quality.flags}
        open_ = {(one.flag, one.side, one.channel) for one in quality.not_judged}
        self.samples += 1
        self.wrong.update(flag for flag, _, _ in raised - wanted)
        self.not_judged += len(open_)
        if wanted <= raised:
            self.found += 1
        elif wanted - raised <= open_:
            self.undecided += 1
        else:
            self.missed += 1


def choose(name: str, seed: int) -> tuple[str | None, set[Where]]:
    """The fault of a seed, and the (flag, side, channel) that it must raise: a link those of its fibre and of its units."""
    form = FAULTS[name]
    if form is None:
        return None, set()
    # 11 and 40 have no common divisor, so that 40 seeds visit every unit
    unit = CHANNELS[(11 * seed + 3 * list(FAULTS).index(name)) % len(CHANNELS)]
    side = unit.side.name
    names: list[str | None] = [unit.name]
    if "link" in form:
        names = [None, *(one.name for one in CHANNELS if (one.side, one.fibre) == (unit.side, unit.fibre))]
    fault = form.format(unit=unit.name, side=side, fibre=unit.fibre)
    return fault, {(FLAGS[name], side, where) for where in names}


def fill(folder: Path, *, events: int, seed: int, fault: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Histograms and accounts of the reading of simulated dumps."""
    model = Model(faults=parse_faults([] if fault is None else [fault]))
    made = simulate_dumps(folder, events=events, seed=seed, model=model, overwrite=True)
    histograms: dict[str, Any] = {}
    read = {}
    for side, path in made.dumps.items():
        pulses, report = read_dump(path)
        read[side] = report.as_dict()
        for name, processor in (("adc_tdc", AdcTdc()), ("quality", Quality())):
            value = processor.process(pulses)[name]
            histograms[name] = histograms[name] + value if name in histograms else value
    return histograms, read


def measure(events: int, seeds: Iterable[int]) -> dict[str, dict[str, Score]]:
    """Score every fault without and with a reference."""
    scores = {how: {name: Score() for name in FAULTS} for how in ("by itself", "with a reference")}
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            sound, _ = fill(Path(folder), events=events, seed=seed + 10_000, fault=None)
            reference = Reference.from_histogram(sound["adc_tdc"], "sound")
            for name in FAULTS:
                fault, wanted = choose(name, seed)
                histograms, read = fill(Path(folder), events=events, seed=seed, fault=fault)
                made = align_channels(histograms["adc_tdc"])
                for how, against in (("by itself", None), ("with a reference", reference)):
                    quality = check_quality(histograms, read, calibration=made, reference=against)
                    scores[how][name].add(quality, wanted)
    return scores


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="per side (default 20000)")
    parser.add_argument("--seeds", type=int, default=20, help="how many (default 20)")
    args = parser.parse_args()
    scores = measure(args.events, range(1, args.seeds + 1))
    table = Table(
        "judged",
        "fault",
        "samples",
        "flagged",
        "said undecided",
        "missed",
        "wrong flags",
        "not judged a sample",
    )
    for column in table.columns[2:]:
        column.justify = "right"
    for how, by_fault in scores.items():
        for name, one in by_fault.items():
            numbers = (
                ["-"] * 3 if name == "none" else [f"{n}" for n in (one.found, one.undecided, one.missed)]
            )
            wrong = ", ".join(f"{n} {flag}" for flag, n in one.wrong.items()) or "0"
            table.add_row(how, name, f"{one.samples}", *numbers, wrong, f"{one.not_judged / one.samples:.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
