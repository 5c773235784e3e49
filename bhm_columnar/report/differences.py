"""A comparison as tables: channels, sides, and whether the pulls look like chance."""

from __future__ import annotations

from typing import Final

import numpy as np

from .shifts import NOTICEABLE, QUANTITIES, Comparison, Shift
from .tables import Cell, Table, count, empty, number, word

__all__ = ["tabulate_channel_shifts", "tabulate_pulls", "tabulate_side_shifts", "title_of"]

_TITLES: Final = {
    "tdc_peak": "TDC peak",
    "adc_cut": "ADC cut",
    "tdc_mean": "mean TDC",
    "adc_mean": "mean ADC",
    "sr_share": "SR share",
}


def title_of(name: str) -> str:
    """Name a compared quantity in words."""
    return _TITLES.get(name) or name.replace(".", " ").replace("_", " ")


def _pull(shift: Shift | None) -> Cell:
    if shift is None or shift.pull is None:
        return empty()
    return number(shift.pull, "+.1f", kind="WARN" if abs(shift.pull) > NOTICEABLE else "num")


def _both(shift: Shift) -> Cell:
    """Both values of a code, and how far they are apart."""
    if shift.a is None or shift.b is None:
        return empty()
    moved = shift.a - shift.b
    text = f"{shift.b:g}" if moved == 0 else f"{shift.b:g} → {shift.a:g}"
    return Cell(text, moved, "", "num")


def _relative(shift: Shift) -> Cell:
    if shift.difference is None or not shift.b:
        return empty()
    return Cell(
        f"{100 * shift.difference / shift.b:+.1f} %".replace("-", "−"), shift.difference / shift.b, "", "num"
    )


def tabulate_channel_shifts(
    comparison: Comparison, rows: int | None = None, *, linked: bool = True, fits: bool = True
) -> Table:
    """Tabulate the channels, the most different first, with the pulls of all fitted numbers or without."""
    names = (name for one in comparison.channels for name in one.shifts if name not in QUANTITIES)
    fitted = list(dict.fromkeys(names)) if fits else []
    heads = ["channel", "TDC peak", "ADC cut"]
    for name in ("tdc_mean", "adc_mean"):
        heads += [f"Δ {title_of(name)} [codes]", f"pull {title_of(name)}"]
    heads += ["Δ SR share", "pull SR share", *(f"pull {title_of(name)}" for name in fitted)]
    body = []
    for one in comparison.largest(rows):
        shifts = one.shifts
        means = [
            cell
            for name in ("tdc_mean", "adc_mean")
            for cell in (number(shifts[name].difference, "+.2f"), _pull(shifts[name]))
        ]
        body.append(
            (
                word(one.channel, href=f"#channel-{one.channel}" if linked else ""),
                *(_both(shifts[name]) for name in ("tdc_peak", "adc_cut")),
                *means,
                _relative(shifts["sr_share"]),
                _pull(shifts["sr_share"]),
                *(_pull(shifts.get(name)) for name in fitted),
            )
        )
    return Table("Channels, the most different first", tuple(heads), tuple(body))


def tabulate_side_shifts(comparison: Comparison) -> Table:
    """Tabulate shares of clean pulses, and rates where the live time is known."""
    body = []
    for one in comparison.sides:
        for region, share in one.shares.items():
            rate = one.rates.get(region)
            body.append(
                (
                    word(f"{one.side} {region}"),
                    number(None if share.b is None else 100 * share.b, ".2f"),
                    number(None if share.a is None else 100 * share.a, ".2f"),
                    _pull(share),
                    number(rate.b if rate else None),
                    number(rate.a if rate else None),
                    _pull(rate),
                )
            )
    heads = (
        "side, region",
        "B [% of clean]",
        "A [% of clean]",
        "pull",
        "B [Hz]",
        "A [Hz]",
        "pull of the rate",
    )
    return Table("Sides", heads, tuple(body))


def tabulate_pulls(comparison: Comparison) -> Table:
    """Tabulate how wide the pulls of each quantity are; chance alone makes them 1 wide."""
    rows = []
    for name, pulls in comparison.pulls().items():
        width = float(np.sqrt(np.mean(pulls**2)))
        beyond = int(np.count_nonzero(np.abs(pulls) > NOTICEABLE))
        rows.append((word(title_of(name)), count(len(pulls)), number(width, ".2f"), count(beyond)))
    heads = ("quantity", "pulls", "width (rms)", f"beyond {NOTICEABLE:g}")
    return Table("Is it more than chance? Pulls are 1 wide by chance", heads, tuple(rows))
