"""Write simulated dumps of both sides with known truth: uHTR4.txt, uHTR11.txt and truth.parquet.

The toy BHM has halo, collision products 25 TDC counts and 5 BX later, activation that is flat in time, link words
decoded as data, TDC states, pulses with no, two and three TDC codes, inputs without a unit, bunch trains with an abort
gap, and several runs. The same arguments give the same bytes.

With --fill, rates follow an LHC fill, and runs.json, lumi.csv and filling.json are what OMS, brilcalc and the LPC would
say of it:
  bhm simulate toy --fill --events 200000 --bx-offset 1234
  bhm analyse toy -o out --conditions toy/runs.json --lumi toy/lumi.csv --filling toy/filling.json

With --fault, something is broken, for trying `bhm check`; it can be given several times, and channels may be patterns:
  bhm simulate bad --fault dead:PN03 --fault hot:PF07:5        no pulses, and five times as many
  bhm simulate bad --fault tdc:MN02:1.0 --fault gain:MF0?:0.8  1 ns late, and 20 % less charge
  bhm simulate bad --fault link:+Z:5:0.3                       30 % of the pulses of fibre 5 are link words
"""

from __future__ import annotations

import argparse

from ._options import make_console, positive, show_progress

HELP = "write simulated dumps with known truth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told."""
    parser.add_argument("folder", metavar="DIR", help="where to write")
    parser.add_argument(
        "--events", type=positive, default=20_000, metavar="N", help="events per side (default 20000)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the random numbers (default 1)")
    parser.add_argument("--runs", type=positive, default=3, metavar="N", help="how many runs (default 3)")
    parser.add_argument("--first-run", type=positive, default=380_000, metavar="RUN", help="(default 380000)")
    parser.add_argument(
        "--rate", type=float, default=100.0, metavar="HZ", help="events per second and side (default 100)"
    )
    parser.add_argument(
        "--bx-offset", type=int, default=0, metavar="BX", help="latency added to every slot (default 0)"
    )
    parser.add_argument(
        "--style", choices=["plain", "debug"], default="plain", help="of the headers (default plain)"
    )
    parser.add_argument(
        "--fill", action="store_true", help="rates follow an LHC fill, and its conditions are written too"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND:WHERE[:NUMBER]",
        help="inject a fault: dead:PN03, hot:PF07:5, tdc:MN02:1.0 (ns), gain:MF04:0.8 or link:+Z:5:0.3",
    )
    parser.add_argument("--gzip", action="store_true", help="write .txt.gz")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from ..simulation.faults import parse_faults  # noqa: PLC0415
    from ..simulation.fill import Fill  # noqa: PLC0415
    from ..simulation.model import Model  # noqa: PLC0415
    from ..simulation.simulate import simulate_dumps  # noqa: PLC0415

    model = Model(
        runs=args.runs,
        first_run=args.first_run,
        rate_hz=args.rate,
        bx_offset=args.bx_offset,
        style=args.style,
        fill=Fill() if args.fill else None,
        faults=parse_faults(args.fault),
    )
    with show_progress("simulate", 2 * args.events) as advance:
        made = simulate_dumps(
            args.folder,
            events=args.events,
            seed=args.seed,
            model=model,
            compress=args.gzip,
            overwrite=args.overwrite,
            on_events=advance,
        )
    console = make_console()
    for side, path in made.dumps.items():
        console.print(f"{side}: {path}")
    for path in made.conditions:
        console.print(f"conditions: {path}")
    console.print(
        f"truth: {made.truth}\n{made.events:,} events, {made.pulses:,} pulses, {made.bytes / 1e6:.1f} MB of text"
    )
    return 0
