"""Judge whole sides: whether they are there, could be read, and see like rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, SIDES, Side
from ..histograms.counts import Histogram, pick
from .judge import Judge, Subject

__all__ = ["check_asymmetry", "check_reading", "find_missing"]

Longs = npt.NDArray[np.int64]


def find_missing(judge: Judge, pulses: Longs) -> list[Side]:
    """Flag the sides without pulses; both missing is BAD.

    Parameters
    ----------
    pulses
        Pulses by channel, shape (40,).
    """
    missing = [side for side in SIDES if not _sum_side(pulses, side)]
    level = "BAD" if len(missing) == len(SIDES) else judge.thresholds.missing_side
    for side in missing:
        on = Subject("missing_side", side.name, None, 0, side.name)
        judge.state(on, level, 0.0, 1.0, f"{side.name} has no pulses")
    return missing


def check_reading(judge: Judge, side: Side, read: Mapping[str, Any] | None) -> None:
    """Flag a side of which too many events could not be read; one at a cut-off end of a dump is excused.

    Parameters
    ----------
    read
        Account of the reading; `None` if it is not known.
    """
    if read is None:
        on = Subject("bad_events", side.name, None, 0, side.name)
        judge.skip(on, "there is no account of the reading")
        return
    # data without a header is counted in blocks, which are no events of `headers`
    skipped = dict(read["skipped"])
    lost = sum(skipped.values())
    excused = int(bool(read["truncated"]) and lost > 0)
    total = int(read["events"]) + lost
    reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(skipped.items(), key=lambda one: -one[1]))
    on = Subject("bad_events", side.name, None, total, side.name, "events")
    judge.fraction(
        on,
        lost - excused,
        total,
        judge.thresholds.bad_events,
        f"has {{value:.2%}} events that cannot be read ({reasons or 'none'})",
    )


def check_asymmetry(judge: Judge, halo: Longs, live_time: Histogram | None) -> None:
    """Flag halo rates of the two sides that differ by a large factor.

    Parameters
    ----------
    halo
        Halo pulses by channel, shape (40,).
    live_time
        Seconds by ``side`` and ``time``; without it, or where it is empty, counts are compared.
    """
    counts = [_sum_side(halo, side) for side in SIDES]
    live = [1.0, 1.0]
    if live_time is not None:
        seconds = [float(pick(live_time, side=side.name).sum(flow=True)) for side in SIDES]
        live = seconds if min(seconds) > 0 else live
    rates = [n / seconds for n, seconds in zip(counts, live, strict=True)]
    high = int(np.argmax(rates))
    low = 1 - high
    on = Subject("asymmetry", SIDES[high].name, None, sum(counts), SIDES[high].name, "halo pulses")
    if sum(counts) < judge.thresholds.min_halo_pulses:
        judge.skip(on, f"{on.pulses:,} {on.unit}")
        return
    # what the other side leads to expect here
    expected = max(counts[low], 1) * live[high] / live[low]
    text = f"has {{value:.3g}} times the halo rate of {SIDES[low].name}"
    judge.high_count(on, counts[high], expected, judge.thresholds.asymmetry, text)


def _sum_side(counts: Longs, side: Side) -> int:
    return int(sum(counts[channel.index] for channel in CHANNELS if channel.side == side))
