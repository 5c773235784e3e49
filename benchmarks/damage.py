"""What damage costs: `python -m benchmarks.damage`.

Takes a clean simulated dump, damages randomly chosen events in ten ways, reads it, and compares: the pulses of all other events
must be identical, and every damaged event must be accounted for. Then cuts a small dump at every byte.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import numpy as np
from rich.console import Console
from rich.table import Table

from bhm_columnar import read_dump, simulate_dumps
from bhm_columnar.io.report import ReadReport

Lines = list[str]


def _change(lines: Lines, place: int, old: str, new: str) -> Lines:
    return [*lines[:place], lines[place].replace(old, new, 1), *lines[place + 1 :]]


def _drop(lines: Lines, place: int) -> Lines:
    return [*lines[:place], *lines[place + 1 :]]


#: ways to damage the lines of an event: header, rule, then ADC and TDC lines
DAMAGES: dict[str, Callable[[Lines], Lines]] = {
    "a letter among the samples": lambda lines: _change(lines, 2, " ", " x"),
    "a NUL byte": lambda lines: _change(lines, 2, " ", "\0"),
    "an ADC code of 999": lambda lines: _change(lines, 2, " ", " 999 "),
    "a TDC code of 64": lambda lines: [*lines[:3], f"64 {lines[3]}", *lines[4:]],
    "an ADC line lost": lambda lines: _drop(lines, 2),
    "a TDC line lost": lambda lines: _drop(lines, 3),
    "the header lost": lambda lines: _drop(lines, 0),
    "the rule lost": lambda lines: _drop(lines, 1),
    "a newline lost": lambda lines: [*lines[:2], lines[2][:-1] + lines[3], *lines[4:]],
    "an overlong line": lambda lines: [*lines[:2], lines[2][:-1] + "5 " * 600 + "\n", *lines[3:]],
}


def split_events(text: str) -> list[Lines]:
    """Cut a plain dump into the lines of its events."""
    return [f"--- START{part}".splitlines(keepends=True) for part in text.split("--- START")[1:]]


def damage_events(events: list[Lines], n: int, rng: np.random.Generator) -> tuple[str, dict[int, str]]:
    """Damage `n` of the events that have pulses; returns the text, and the kind of damage by event number."""
    with_pulses = [number for number, lines in enumerate(events) if len(lines) > 3]
    chosen = sorted(rng.choice(with_pulses, size=n, replace=False).tolist())
    kinds = rng.choice(list(DAMAGES), size=n)
    done = dict(zip(chosen, kinds.tolist(), strict=True))
    parts = [DAMAGES[done[k]](lines) if k in done else lines for k, lines in enumerate(events)]
    return "".join("".join(lines) for lines in parts), {k + 1: kind for k, kind in done.items()}


def compare(
    clean: ak.Array, found: ak.Array, report: ReadReport, done: dict[int, str], empty: set[int]
) -> list[str]:
    """Say what is wrong; nothing if all is well. `empty` are the events without pulses."""
    wrong = []
    lost = set(ak.to_list(clean.event)) - set(ak.to_list(found.event))
    # where a header is lost behind an event without pulses, nobody can tell whose pulses follow
    shadowed = {k - 1 for k, kind in done.items() if kind == "the header lost"} & empty
    if not lost - set(done) <= shadowed:
        wrong.append(f"events lost without damage: {sorted(lost - set(done) - shadowed)[:5]}")
    kept = clean[~np.isin(ak.to_numpy(clean.event), sorted(lost))]
    if not ak.array_equal(kept, found):
        wrong.append("pulses of other events differ")
    if set(done) - lost:
        wrong.append(f"damaged events kept: {sorted(set(done) - lost)[:5]}")
    merged = sum(kind == "the header lost" and k - 1 in done for k, kind in done.items())
    reported = sum(report.skipped.values())
    if reported + merged != len(done):
        wrong.append(f"{reported} reported and {merged} merged of {len(done)}")
    if report.headers != report.events + reported - report.skipped.get("no_header", 0):
        wrong.append("headers are not accounted for")
    return wrong


def measure_damage(n_events: int, n_damaged: int, seeds: int, folder: Path) -> Table:
    """Damage one dump with several seeds; one row per seed."""
    simulate_dumps(folder, events=n_events, seed=1, overwrite=True)
    path = folder / "uHTR4.txt"
    events = split_events(path.read_text())
    clean, _ = read_dump(path)
    empty = set(ak.to_list(clean.event[ak.num(clean.Pulse.tdc) == 0]))
    table = Table("seed", "damaged", "reported", "merged", "other events", "verdict")
    for seed in range(seeds):
        text, done = damage_events(events, n_damaged, np.random.default_rng(seed))
        (folder / "damaged_uHTR4.txt").write_text(text)
        found, report = read_dump(folder / "damaged_uHTR4.txt")
        wrong = compare(clean, found, report, done, empty)
        merged = sum(kind == "the header lost" and k - 1 in done for k, kind in done.items())
        counts = Counter(report.skipped)
        verdict = "; ".join(wrong) or "identical"
        table.add_row(
            str(seed),
            str(len(done)),
            str(counts.total()),
            str(merged),
            f"{len(clean) - len(done):,}",
            verdict,
        )
    return table


def measure_truncation(n_events: int, folder: Path) -> str:
    """Cut a dump at every byte; what is read must be its first events, and the first pulses of the last of them.

    A cut between two lines leaves a shorter event behind, which nothing in the format tells from a whole one.
    """
    simulate_dumps(folder, events=n_events, seed=2, overwrite=True)
    text = (folder / "uHTR4.txt").read_bytes()
    clean, _ = read_dump(folder / "uHTR4.txt")
    path = folder / "cut_uHTR4.txt"
    first_header_end = text.index(b"\n")
    wrong = 0
    for length in range(first_header_end, len(text) + 1):
        path.write_bytes(text[:length])
        found, report = read_dump(path)
        whole = max(len(found) - 1, 0)
        is_prefix = ak.array_equal(found[:whole], clean[:whole])
        if whole < len(found):
            last = found.Pulse[whole]
            is_prefix &= ak.array_equal(last, clean.Pulse[whole][: len(last)])
        complete = text.count(b"--- START", 0, length) - 1
        wrong += not (is_prefix and complete <= len(found) <= complete + 1 and report.headers == complete + 1)
    return f"{len(text) + 1 - first_header_end:,} cuts of a dump of {n_events} events: {wrong} wrong"


def main() -> None:
    """Print what damage costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--damaged", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cut-events", type=int, default=200)
    args = parser.parse_args()
    console = Console(width=100)
    with tempfile.TemporaryDirectory() as folder:
        console.print(measure_damage(args.events, args.damaged, args.seeds, Path(folder)))
        console.print(measure_truncation(args.cut_events, Path(folder)))


if __name__ == "__main__":
    main()
