"""What a dask scheduler costs, and what a whole archive would take: `python -m benchmarks.scheduler`.

A real scheduler in a thread of its own, with hundreds of workers in another one, is given chunks that take no time, by coffea's
DaskExecutor as `bhm fill --executor dask` does. What is left is the cost of the scheduler, and of the tree that merges.

`--rates` measures on simulated dumps how fast this machine converts and fills, and what a dask worker needs of memory.
`--plan` works out a whole archive from such rates: bytes, tasks, hours, storage.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import json
import logging
import math
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import dask
import lz4.frame
from coffea.processor import DaskExecutor
from coffea.processor.executor import WorkItem
from dask.local import SynchronousExecutor
from distributed import Client, LocalCluster, Scheduler, Worker
from distributed.utils import LoopRunner
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from rich.console import Console
from rich.table import Table

from bhm_columnar import fill_histograms, find_events, load_calibration, make_processor, simulate_dumps
from bhm_columnar.execution.executors import DEFAULT_CHUNKSIZE, Execution
from bhm_columnar.io.convert import convert_folder
from bhm_columnar.io.folders import find_dumps
from bhm_columnar.io.ranges import DEFAULT_RANGE
from bhm_columnar.plotting.style import cms_style, make_figure
from bhm_columnar.selection.cuts import DEFAULT_CUTS

#: what hundreds of workers in one process would otherwise do all the time: look at themselves
CALM = {
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.tick.limit": "60s",
    "distributed.worker.profile.enabled": False,
}
Row = dict[str, float]
#: processors that `--rates` fills, in one pass
PROCESSORS = ("adc_tdc", "halo", "stability")


class CountingClient(Client):
    """A client that remembers how many tasks each of its maps had."""

    def map(self, function: Any, items: Any, **options: Any) -> Any:
        """Submit tasks, and remember how many."""
        self.levels = [*getattr(self, "levels", []), len(items)]
        return super().map(function, items, **options)


def be_calm() -> None:
    """Set up a process for many workers, so that neither their objects nor their threads slow the scheduler down."""
    gc.set_threshold(100_000, 50, 50)
    sys.setswitchinterval(0.0005)
    dask.config.set(CALM)
    logging.getLogger("distributed").setLevel(logging.ERROR)


@contextmanager
def open_scheduler() -> Iterator[str]:
    """Start a scheduler in a thread of its own, whose CPU time is then the scheduler's; gives its address."""
    runner = LoopRunner(asynchronous=False)
    runner.start()
    try:
        scheduler = runner.run_sync(_start_scheduler)
        yield scheduler.address
        runner.run_sync(scheduler.close)
    finally:
        runner.stop()


async def _start_scheduler() -> Scheduler:
    return await Scheduler(host="127.0.0.1", port=0, dashboard=False)


@contextmanager
def open_workers(client: Client, address: str, workers: int) -> Iterator[None]:
    """Run workers beside the client; they talk to the scheduler over TCP, to each other without."""
    running = client.sync(_start_workers, address, workers)
    client.wait_for_workers(workers, timeout=120)
    yield
    client.sync(_stop_workers, running)


async def _start_workers(address: str, workers: int) -> list[Worker]:
    options: dict[str, Any] = {"nthreads": 1, "memory_limit": 0, "dashboard": False, "protocol": "inproc"}
    return await asyncio.gather(
        *(
            Worker(address, name=f"worker{k}", executor=SynchronousExecutor(), **options)
            for k in range(workers)
        )
    )


async def _stop_workers(workers: list[Worker]) -> None:
    await asyncio.gather(*(worker.close() for worker in workers))


def do_nothing(item: tuple[WorkItem, bytes]) -> dict[str, int]:
    """Stand in for a processor; counts the chunk."""
    return {"chunks": 1} if item else {}


def measure(workers: int, sizes: list[int]) -> list[Row]:
    """Give jobs of several sizes to a scheduler with so many workers; returns what each cost."""
    rows = []
    with (
        open_scheduler() as address,
        CountingClient(address, direct_to_workers=True) as client,
        open_workers(client, address, workers),
    ):
        submit(client, workers)  # connections are made by the first tasks
        for tasks in sizes:
            client.levels = []
            before, start = client.run_on_scheduler(time.thread_time), time.perf_counter()
            submit(client, tasks)
            wall = time.perf_counter() - start
            busy = client.run_on_scheduler(time.thread_time) - before
            chunks, *merges = client.levels
            rows.append(
                {
                    "workers": workers,
                    "chunks": chunks,
                    "merges": sum(merges),
                    "depth": len(merges),
                    "wall_s": wall,
                    "scheduler_s": busy,
                    "ms_per_task": 1000 * busy / (chunks + sum(merges)),
                }
            )
    return rows


def submit(client: Client, tasks: int) -> None:
    """Run chunks that take no time, as coffea's Runner would."""
    items = [WorkItem("+Z", "plusZ.root", "Events", k, k + 1, "uuid") for k in range(tasks)]
    executor = DaskExecutor(client=client, status=False, retries=0, heavy_input=bytes(1000))
    done, _ = executor(items, do_nothing, None)
    if done != {"chunks": tasks}:
        raise RuntimeError(f"{done} of {tasks} chunks came back")


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes; Linux only."""
    status = Path("/proc/self/status").read_text()  # getrusage would give the parent's if that was larger
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def run_scheduler(workers: int, tasks: int) -> tuple[Table, list[Row]]:
    """Measure sizes up to `tasks` with all workers, and one size with fewer workers."""
    sizes = [10**power for power in range(3, 1 + max(3, int(math.log10(tasks))))]
    rows = [row for n in sorted({10, 50} - {workers}) for row in measure(n, [10_000])]
    rows += measure(workers, sizes)
    table = Table("workers", "chunks", "merges", "depth", "wall s", "scheduler s", "ms per task")
    for row in rows:
        *numbers, wall, busy, each = row.values()
        table.add_row(*(f"{n:.0f}" for n in numbers), f"{wall:.1f}", f"{busy:.2f}", f"{each:.2f}")
    return table, rows


def draw(rows: list[Row], path: Path) -> None:
    """Draw the cost per task against the number of chunks and of workers."""
    with cms_style():
        figure, ax = make_figure()
        for marker, workers in enumerate(sorted({row["workers"] for row in rows})):
            chosen = [row for row in rows if row["workers"] == workers]
            ax.plot(
                [row["chunks"] for row in chosen],
                [row["ms_per_task"] for row in chosen],
                marker="sDo"[marker % 3],
                markersize=(18, 12, 9)[marker % 3],  # points that coincide are all seen
                label=f"{workers:.0f} workers",
            )
        ax.set(xlabel="Chunks", ylabel="Scheduler CPU time per task [ms]", xscale="log")
        ax.set_ylim(0, 1.4 * max(row["ms_per_task"] for row in rows))
        ax.legend(loc="upper left")
        ticks = sorted({row["chunks"] for row in rows})
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_major_formatter(FixedFormatter([rf"${row:,.0f}$".replace(",", r"\,") for row in ticks]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlim(0.6 * ticks[0], 1.7 * ticks[-1])
        figure.savefig(path, dpi=60)


def run_rates(events: int) -> Table:
    """Convert and fill simulated dumps; rates of one process, and its memory by chunk size."""
    table = Table("what", "value")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = simulate_dumps(folder / "dumps", events=events, seed=1)
        dumps = [Path(path) for path in made.dumps.values()]
        convert_folder(find_dumps(folder / "dumps"), folder / "warm")
        start = time.process_time()
        paths = convert_folder(find_dumps(folder / "dumps"), folder / "events")
        seconds = time.process_time() - start
        table.add_row("bytes of text per event", f"{made.bytes / made.events:.1f}")
        root = sum(path.stat().st_size for path in paths)
        table.add_row("ROOT files / text", f"{root / made.bytes:.3f}")
        sample = dumps[0].read_bytes()[:50_000_000]
        table.add_row("gzip -6 / text", f"{len(gzip.compress(sample, 6)) / len(sample):.3f}")
        table.add_row("convert", f"{made.bytes / seconds / 1e6:.0f} MB/s of CPU")
        for chunksize in (20_000, 200_000, 500_000, 1_000_000):
            rate, before, peak, output = fill_in_worker(folder / "events", chunksize)
            memory = f"{before / 1e6:.0f} MB before, {peak / 1e6:.0f} MB at peak"
            table.add_row(f"fill, chunks of {chunksize:,}", f"{rate / 1e6:.2f} M events/s of CPU, {memory}")
        table.add_row("histograms, compressed", f"{output / 1e6:.2f} MB")
    return table


def fill_in_worker(events: Path, chunksize: int) -> tuple[float, int, int, int]:
    """Fill with one new dask worker; returns events per second of CPU, bytes before and at the peak, bytes of output."""
    given = {"calibration": load_calibration("v2"), "cuts": DEFAULT_CUTS, "runs": None}
    processors = {name: make_processor(name, given) for name in PROCESSORS}
    files = find_events(events)
    options: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": ":0", "memory_limit": 0}
    with LocalCluster(n_workers=1, host="127.0.0.1", **options) as cluster, Client(cluster) as client:
        execution = Execution("dask", client=client)
        fill = partial(fill_histograms, files, processors, execution=execution, chunksize=chunksize)
        (before,) = client.run(peak_memory).values()
        fill()  # imports and compiles
        (start,) = client.run(time.process_time).values()
        filled = fill()
        (stop,) = client.run(time.process_time).values()
        (peak,) = client.run(peak_memory).values()
    output = lz4.frame.compress(pickle.dumps(filled.output), compression_level=1)  # as DaskExecutor does
    return filled.events / (stop - start), before, peak, len(output)


def run_plan(args: argparse.Namespace) -> Table:
    """Work out a whole archive from rates and assumptions; each row says from what."""
    dumps = args.dumps_per_day * args.days * args.years
    size = dumps * args.gb_per_dump * 1e9
    each = args.gb_per_dump * 1e9 / args.bytes_per_event
    events = dumps * each
    ranges = dumps * math.ceil(args.gb_per_dump * 1e9 / (args.range_mb * 1e6))
    chunks = dumps * max(1, round(each / args.chunk_events))  # as coffea divides
    levels = [chunks]
    while levels[-1] > 1:
        levels.append(math.ceil(levels[-1] / args.fan_in))
    fill_tasks = args.passes * sum(levels)
    tasks = ranges + fill_tasks
    convert, fill = size / (args.convert_mb_s * 1e6), args.passes * events / args.fill_events_s
    busy = tasks * args.ms_per_task / 1000
    table = Table("quantity", "value", "from")
    table.add_row("dumps", f"{dumps:,}", f"{args.dumps_per_day} a day, {args.days} days, {args.years} years")
    table.add_row("text", f"{size / 1e12:.2f} TB", f"{args.gb_per_dump:g} GB a dump")
    table.add_row("events", f"{events:.2e}", f"{args.bytes_per_event:g} bytes an event")
    table.add_row("ranges to convert", f"{ranges:,}", f"{args.range_mb:.1f} MB")
    table.add_row("chunks to fill", f"{chunks:,}", f"{args.chunk_events:,} events, within a file")
    tree = " + ".join(f"{n:,}" for n in levels[1:])
    table.add_row("merges of a pass", f"{sum(levels[1:]):,}", f"{tree}; depth {len(levels) - 1}")
    table.add_row("tasks", f"{tasks:,}", f"ranges + {args.passes} passes of chunks and merges")
    table.add_row("scheduler", f"{busy:.0f} s", f"{args.ms_per_task:g} ms a task")
    table.add_row("convert", f"{convert / 3600:.2f} core hours", f"{args.convert_mb_s:g} MB/s")
    table.add_row("fill", f"{fill / 3600:.2f} core hours", f"{args.fill_events_s:.3g} events/s")
    for cores in (10, 100, 1000):
        limit = max((convert + fill) / cores, busy)
        why = "cores" if limit > busy else "scheduler"
        needed = size / (convert / cores) / 1e9
        source = f"limit: {why}; reads {needed:.1f} GB/s of text"
        table.add_row(f"on {cores} cores", f"{limit / 3600:.3f} h", source)
    table.add_row("ROOT files", f"{size * args.root_ratio / 1e12:.2f} TB", f"{args.root_ratio:g} of the text")
    table.add_row("text, gzip", f"{size * args.gzip_ratio / 1e12:.2f} TB", f"{args.gzip_ratio:g} of the text")
    kept = size * (args.root_ratio + args.gzip_ratio) / 1e12
    table.add_row("to keep both, with two copies", f"{2 * kept:.2f} TB", "twice ROOT and gzip")
    return table


def read_arguments() -> argparse.Namespace:
    """Read what is to be done; the rates of the plan are those that `--rates` and the scheduler gave."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--rates", action="store_true")
    parser.add_argument("--events", type=int, default=2_000_000, help="per side, for --rates")
    parser.add_argument("--plan", action="store_true")
    for name, value in {
        "gb-per-dump": 1.0,
        "dumps-per-day": 2,
        "days": 200,
        "years": 4,
        "bytes-per-event": 209.6,
        "range-mb": DEFAULT_RANGE / 1e6,
        "chunk-events": DEFAULT_CHUNKSIZE,
        "fan-in": DaskExecutor.treereduction,
        "passes": 2,
        "ms-per-task": 1.38,
        "convert-mb-s": 222.0,
        "fill-events-s": 0.98e6,
        "root-ratio": 0.281,
        "gzip-ratio": 0.151,
    }.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"of the plan; {value:g}")
    return parser.parse_args()


def main() -> None:
    """Print one table."""
    args = read_arguments()
    be_calm()
    console = Console(width=110)
    if args.plan or args.rates:
        console.print(run_plan(args) if args.plan else run_rates(args.events))
        return
    table, rows = run_scheduler(args.workers, args.tasks)
    console.print(table)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")
    if args.figure:
        draw(rows, args.figure)


if __name__ == "__main__":
    main()
