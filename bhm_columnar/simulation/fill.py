"""A toy LHC fill: beam status, luminosity and the rates of all sources by lumisection, and the files that tell of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ..detector.lhc import LUMISECTION_ORBITS, LUMISECTION_S, N_BX, ORBIT_S
from ..io.atomic import atomic_file, write_json

__all__ = ["FILLING_FILE", "LUMI_FILE", "RUNS_FILE", "Fill", "FillPlan", "write_fill"]

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
#: what stands beside the dumps of a simulated fill: run times as OMS gives them, luminosity as brilcalc writes it, and the
#: filling scheme as the LPC publishes it
RUNS_FILE: Final = "runs.json"
LUMI_FILE: Final = "lumi.csv"
FILLING_FILE: Final = "filling.json"


@dataclass(frozen=True)
class Fill:
    """How a fill goes.

    Parameters
    ----------
    number
        Of the fill.
    start
        Seconds since 1970 UTC of the first orbit.
    stages
        Beam status, and the part of the lumisections that it lasts.
    luminosity
        At the begin of stable beams, in Hz/ub (1e30 / cm^2 / s).
    lifetime_s
        In which luminosity falls to 1/e.
    adjust_halo
        Halo is so many times larger while beams are adjusted.
    activation_s
        In which activation decays to 1/e.
    """

    number: int = 9068
    start: float = 1_692_792_000.0
    stages: tuple[tuple[str, float], ...] = (
        ("FLAT TOP", 0.08),
        ("SQUEEZE", 0.06),
        ("ADJUST", 0.06),
        ("STABLE BEAMS", 0.80),
    )
    luminosity: float = 20_000.0
    lifetime_s: float = 6_000.0
    adjust_halo: float = 2.5
    activation_s: float = 600.0


@dataclass(frozen=True)
class FillPlan:
    """The k lumisections of a fill: what is recorded of them, and how many events of each source are expected.

    Parameters
    ----------
    run, lumisection, first_orbit, status
        Of each, shape (k,).
    luminosity
        Instantaneous, in Hz/ub, shape (k,).
    shares
        Part of all events that each source gives in each lumisection, shape (number of sources, k); adds up to 1.
    """

    run: Longs
    lumisection: Longs
    first_orbit: Longs
    status: npt.NDArray[np.str_]
    luminosity: Floats
    shares: Floats

    @classmethod
    def make(
        cls,
        fill: Fill,
        shares: Sequence[float],
        *,
        seconds: float,
        first_run: int,
        runs: int,
        first_orbit: int,
        pause_s: float,
    ) -> FillPlan:
        """Plan a fill of about so many seconds, divided into runs with pauses between them.

        Parameters
        ----------
        shares
            Part of all events of halo, collision products, activation and link words.
        """
        n = max(runs, int(np.ceil(seconds / LUMISECTION_S)))
        place = np.arange(n) * runs // n
        within = np.arange(n) - np.searchsorted(place, place)
        pause = round(pause_s / ORBIT_S)
        orbit = first_orbit + np.arange(n) * LUMISECTION_ORBITS + place * pause
        ends = np.cumsum([part for _, part in fill.stages])
        stage = np.minimum(np.searchsorted(ends, (np.arange(n) + 0.5) / n), len(fill.stages) - 1)
        status = np.array([name for name, _ in fill.stages])[stage]
        stable = status == "STABLE BEAMS"
        since = np.cumsum(stable) * LUMISECTION_S
        luminosity = np.where(stable, fill.luminosity * np.exp(-since / fill.lifetime_s), 0.0)
        halo = np.where(status == "ADJUST", fill.adjust_halo, 1.0)
        # what an exponential memory of the luminosity gives
        memory = np.exp(-LUMISECTION_S * np.arange(n) / fill.activation_s)
        activation = np.convolve(luminosity, memory)[:n] + 1e-3 * fill.luminosity
        shapes = np.stack([halo, luminosity, activation, np.ones(n)])
        totals = shapes.sum(axis=1, keepdims=True)
        weights = np.asarray(shares, dtype=np.float64)[:, None] * shapes / np.where(totals > 0, totals, 1.0)
        return cls(first_run + place, within + 1, orbit, status, luminosity, weights / weights.sum())

    def draw(self, n_events: int, rng: np.random.Generator) -> tuple[Longs, Longs, Longs]:
        """Draw run, orbit and source of events, in the order of time; shape (n,) each."""
        chosen = rng.choice(self.shares.size, size=n_events, p=self.shares.ravel())
        origin, section = np.divmod(chosen, self.shares.shape[1])
        orbit = self.first_orbit[section] + rng.integers(0, LUMISECTION_ORBITS, size=n_events)
        order = np.argsort(orbit, kind="stable")
        return self.run[section][order], orbit[order], origin[order]


def write_fill(fill: Fill, plan: FillPlan, beams: tuple[Longs, Longs], folder: Path) -> list[Path]:
    """Write what OMS, brilcalc and the LPC would say of the fill, times to the second as they do."""
    seconds = np.floor(fill.start + (plan.first_orbit - plan.first_orbit[0]) * ORBIT_S).astype(np.int64)
    runs, starts = np.unique(plan.run, return_index=True)
    last = np.append(starts[1:], len(plan.run)) - 1
    data = [
        {
            "id": str(run),
            "type": "runs",
            "attributes": {
                "run_number": int(run),
                "fill_number": fill.number,
                "start_time": _iso(seconds[first]),
                "end_time": _iso(seconds[end] + LUMISECTION_S),
            },
        }
        for run, first, end in zip(runs, starts, last, strict=True)
    ]
    write_json({"data": data, "meta": {"totalResourceCount": len(data)}}, folder / RUNS_FILE)
    delivered = plan.luminosity * LUMISECTION_S
    rows = [
        f"{run}:{fill.number},{ls}:{ls},{time},{status},6800,{lumi:.9f},{0.96 * lumi:.9f},{lumi / 1e4:.1f},HFET\r\n"
        for run, ls, time, status, lumi in zip(
            plan.run, plan.lumisection, seconds, plan.status, delivered, strict=True
        )
    ]
    total = f"{delivered.sum():.9f},{0.96 * delivered.sum():.9f}"
    with atomic_file(folder / LUMI_FILE) as partial:
        partial.write_bytes(
            (
                "#Data tag : 24v1 , Norm tag: toy\n"
                "#run:fill,ls,time,beamstatus,E(GeV),delivered(/ub),recorded(/ub),avgpu,source\n"
                + "".join(rows)
                + "#Summary:\n#nfill,nrun,nls,ncms,totdelivered(/ub),totrecorded(/ub)\n"
                + f"#1,{len(runs)},{len(rows)},{len(rows)},{total}\n"
            ).encode()
        )
    pattern = {
        f"beam{beam}": np.isin(np.arange(N_BX), slots).astype(int).tolist()
        for beam, slots in enumerate(beams, start=1)
    }
    with atomic_file(folder / FILLING_FILE) as partial:
        partial.write_text(json.dumps({"schemeName": "toy", **pattern}), encoding="utf-8")
    return [folder / RUNS_FILE, folder / LUMI_FILE, folder / FILLING_FILE]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
