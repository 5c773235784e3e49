"""What a killed job leaves behind: `python -m benchmarks.kills`.

Kills `bhm convert` and `bhm analyse` at random moments with SIGKILL. Under the final names there must be nothing, or the whole
result; a rerun with --overwrite must succeed and leave no remains.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bhm_columnar import find_events, simulate_dumps
from bhm_columnar.errors import BHMError
from bhm_columnar.report.summary import SUMMARY_FILE

BHM = [sys.executable, "-c", "from bhm_columnar.cli import main; raise SystemExit(main())"]


def run(verb: str, dumps: Path, out: Path, kill_after: float | None = None) -> float:
    """Run a verb to its end, or for so many seconds; returns how long it ran."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [*BHM, verb, str(dumps), "-o", str(out), "--overwrite"], stdout=subprocess.DEVNULL
    )
    try:
        if process.wait(timeout=kill_after) != 0:
            raise RuntimeError(f"{verb} failed")
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return time.perf_counter() - start


def state(verb: str, out: Path) -> str:
    """Say what stands under the final names: ``nothing``, ``whole`` or ``PARTIAL``."""
    finals = [path for path in out.glob("*") if not path.name.startswith(".")] if out.exists() else []
    if not finals:
        return "nothing"
    try:
        whole = len(find_events(out)) == (2 if verb == "analyse" else len(finals))
    except BHMError:
        return "PARTIAL"
    return "whole" if whole and (verb == "convert" or (out / SUMMARY_FILE).exists()) else "PARTIAL"


def measure(verb: str, dumps: Path, folder: Path, kills: int, rng: np.random.Generator) -> list[str]:
    """Kill a verb so often; returns a row of the table."""
    full = run(verb, dumps, folder / "full")
    seen = {"nothing": 0, "whole": 0, "PARTIAL": 0}
    reruns = 0
    for k in range(kills):
        out = folder / f"{verb}{k}" / "out"
        out.parent.mkdir()
        run(verb, dumps, out, kill_after=rng.uniform(0.2, full))
        seen[state(verb, out)] += 1
        run(verb, dumps, out)
        remains = list(out.parent.rglob(".*partial*"))
        reruns += state(verb, out) == "whole" and not remains
    return [verb, f"{full:.1f}", str(kills), *(str(n) for n in seen.values()), str(reruns)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--events", type=int, default=200_000)
    args = parser.parse_args()
    table = Table("verb", "s", "kills", "nothing there", "whole", "partial", "reruns that succeed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_dumps(folder / "dumps", events=args.events, seed=1)
        rng = np.random.default_rng(1)
        for verb in ("convert", "analyse"):
            (folder / verb).mkdir()
            table.add_row(*measure(verb, folder / "dumps", folder / verb, args.kills, rng))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
