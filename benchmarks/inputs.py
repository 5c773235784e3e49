"""What is measured: simulated dumps of several sizes, made when they are first asked for and kept for the next group."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.io.convert import convert_dump

from .children import BHM, run_child
from .machine import why_missing
from .timing import Clock

__all__ = ["EVENTS_PER_MB", "Bench", "Pair"]

#: events in a MB of simulated text
EVENTS_PER_MB: Final = 4780
_SEED: Final = 1


@dataclass(frozen=True)
class Pair:
    """Dumps of both sides, of so many MB together as asked for."""

    mb: float
    folder: Path

    @property
    def dumps(self) -> list[Path]:
        """The dumps, +Z first."""
        return [self.folder / f"uHTR{side.uhtr}.txt" for side in SIDES]

    @property
    def bytes(self) -> int:
        """Size of both."""
        return sum(dump.stat().st_size for dump in self.dumps)


@dataclass(frozen=True)
class Bench:
    """Where, how often and how large.

    Parameters
    ----------
    folder
        Holds the input and everything that is written.
    repeat
        Repetitions of each case; those that take long are repeated less.
    scan_mb
        Size of one dump for the groups that stay in one process.
    pair_mb
        Size of both dumps together in the whole job, at 1x.
    steps
        Sizes of the whole job, in units of `pair_mb`.
    memory_mb
        Sizes at which memory is measured.
    max_mb
        No input is larger.
    clock
        Which clock ratios are taken with; ``cpu`` on a machine that is busy with other work.
    without
        Packages that are not compared with.
    """

    folder: Path
    repeat: int = 5
    scan_mb: float = 62.5
    pair_mb: float = 125
    steps: tuple[int, ...] = (1, 2, 4, 8)
    memory_mb: tuple[float, ...] = (125, 1000, 4000)
    max_mb: float = 4000
    clock: Clock = "wall"
    without: tuple[str, ...] = ()

    def pair(self, mb: float) -> Pair:
        """Dumps of both sides with so many MB together."""
        made = Pair(mb, self.folder / f"dumps_{mb:g}")
        if not (made.folder / "truth.parquet").exists():  # which is written last
            events = max(1, round(mb * EVENTS_PER_MB / 2))
            # in a process of its own, which gives the memory back
            run_child(
                [
                    *BHM,
                    "simulate",
                    str(made.folder),
                    "--events",
                    str(events),
                    "--seed",
                    str(_SEED),
                    "--overwrite",
                ]
            )
        return made

    def dump(self, mb: float) -> Path:
        """One dump of so many MB."""
        return self.pair(2 * mb).dumps[0]

    def events(self, mb: float) -> Path:
        """One dump of so many MB as a TTree."""
        dump = self.dump(mb)
        target = self.folder / f"events_{mb:g}.root"
        if not target.exists():
            convert_dump(dump, target)
        return target

    def results(self) -> Path:
        """The whole job done once on the smallest pair."""
        out = self.folder / "results"
        if not (out / "summary.json").exists():
            run_child([*BHM, "analyse", str(self.pair(self.pair_mb).folder), "-o", str(out), "--no-figures"])
        return out

    def why_skipped(self, package: str) -> str:
        """Say why a peer is not compared with; empty if it is."""
        return "left out" if package in self.without else why_missing(package)

    def scratch(self, name: str) -> Path:
        """A place to write to."""
        self.folder.joinpath("scratch").mkdir(exist_ok=True)
        return self.folder / "scratch" / name
