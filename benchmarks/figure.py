"""Draw how far each row got: what was reached, divided by what was aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .rows import GOALS, Goal, Row
from .timing import spread

__all__ = ["draw"]

_STYLE: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.size": 11,
    "xtick.direction": "in",
    "xtick.top": True,
    "ytick.direction": "in",
}
_MET, _MISSED, _STRETCH = "#3f90da", "#bd1f01", "#717581"  # of the palette that CMS figures use
_ROW_INCHES: Final = 0.36


def _fraction(goal: Goal, value: float, limit: float) -> float:
    """How often `value` holds its limit; above one it is better."""
    return limit / value if goal.at_most else value / limit


def draw(rows: Sequence[Row], target: Path, *, said: str = "") -> None:
    """Draw rows that something was aimed at: medians, with smallest and largest repetition as a bar.

    Parameters
    ----------
    said
        What stands above the right end of the panel, such as the machine.
    """
    shown = [
        row for row in rows if row.goal in GOALS and row.status == "ok" and min(row.judged, default=0) > 0
    ]
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(10, 1.5 + _ROW_INCHES * max(1, len(shown))), layout="constrained")
        ax = figure.add_subplot()
        for place, row in enumerate(shown):
            goal = GOALS[row.goal]
            middle, *ends = (_fraction(goal, value, goal.reach) for value in spread(row.judged))
            colour = _MET if middle >= 1 else _MISSED
            ax.plot(sorted(ends), [place, place], color=colour, lw=2, solid_capstyle="butt")
            ax.plot(middle, place, "o", color=colour, ms=7)
            if goal.stretch is not None:
                ax.plot(_fraction(goal, goal.stretch, goal.reach), place, "D", mfc="none", mec=_STRETCH, ms=6)
        ax.axvline(1, color="black", lw=1)
        ax.plot([], [], "o", color=_MET, label="median, aim reached")
        ax.plot([], [], "o", color=_MISSED, label="median, aim missed")
        ax.plot([], [], "D", mfc="none", mec=_STRETCH, label="stretch")
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_ylim(len(shown) - 0.5, -0.5)
        ax.set_yticks(range(len(shown)), [_name(row) for row in shown])
        ax.set_xlabel("Reached / aimed at")
        ax.grid(axis="x", which="both", color="0.9")
        ax.set_axisbelow(True)
        ax.set_title("bhm_columnar", loc="left", fontweight="bold")
        ax.set_title(said, loc="right", fontsize=9)
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=10)
        figure.savefig(target, dpi=120, metadata={"Software": None})


def _name(row: Row) -> str:
    return row.what if GOALS[row.goal].of == "value" else f"{row.what} / {row.against}"
