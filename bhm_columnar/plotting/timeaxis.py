"""What figures along time share: the axis in UTC or in hours, and the beam status behind the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib import dates as _untyped_dates
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from ..histograms.exposure import Exposure

__all__ = ["STATUS_COLORS", "axis_times", "draw_status", "explain_status", "set_times"]

Floats = npt.NDArray[np.float64]
#: matplotlib annotates everything but this module
_dates: Any = _untyped_dates

#: colours of the beam status that people with colour-blindness can tell apart; any other status is grey
STATUS_COLORS: Final = {
    "STABLE BEAMS": "#92dadd",
    "ADJUST": "#e42536",
    "SQUEEZE": "#b9ac70",
    "FLAT TOP": "#5790fc",
}
_OTHER_COLOR: Final = "#717581"


def axis_times(exposure: Exposure) -> Floats:
    """Edges as the time axis counts: days for dates, else hours."""
    if exposure.origin is None:
        return exposure.edges / 3600
    moments = np.rint((exposure.origin + exposure.edges) * 1e6).astype("datetime64[us]")
    return np.asarray(_dates.date2num(moments), dtype=np.float64)


def set_times(ax: Axes, exposure: Exposure, times: Floats) -> None:
    """Set range, ticks and title of the time axis, with the dates, and with how far it may be shifted."""
    span = times[-1] - times[0]
    shortest = 10 / 86400 if exposure.is_absolute else 0.0  # ticks are whole seconds
    pad = max(0.015 * span, (shortest - span) / 2)
    ax.set_xlim(times[0] - pad, times[-1] + pad)
    if exposure.is_absolute:
        locator = _dates.AutoDateLocator(tz="UTC", minticks=3, maxticks=8)
        ax.xaxis.set_major_locator(locator)
        if span > 1.5:
            formatter = _dates.ConciseDateFormatter(locator, tz="UTC", show_offset=False)
            formatter.formats[2] = "%m-%d"
            formatter.zero_formats[2:4] = ["%m-%d", "%m-%d"]
            ax.xaxis.set_major_formatter(formatter)
        else:
            ax.xaxis.set_major_formatter(
                _dates.DateFormatter("%H:%M" if span > 0.01 else "%H:%M:%S", tz="UTC")
            )
        days = [f"{day:%Y-%m-%d}" for day in _dates.num2date(times[[0, -1]], tz="UTC")]
        ax.set_xlabel("Time (UTC), " + " to ".join(dict.fromkeys(days)))
    else:
        ax.set_xlabel("Time since the first orbit [h]")
    if exposure.uncertainty is not None:
        ax.annotate(
            f"time axis ± {_describe_seconds(exposure.uncertainty)}",
            xy=(0, 0),
            xycoords="axes fraction",
            xytext=(0, -38),
            textcoords="offset points",
            fontsize="xx-small",
            va="top",
            annotation_clip=False,
        )


def _describe_seconds(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def draw_status(ax: Axes, times: Floats, status: Sequence[str]) -> list[Artist]:
    """Draw one band for each stretch of equal status, behind everything; one artist per entry of the legend."""
    if not any(status):
        return []
    names = np.array([name if name in STATUS_COLORS or not name else "Other" for name in status])
    changes = np.flatnonzero(names[1:] != names[:-1]) + 1
    first, last = np.append(0, changes), np.append(changes, len(names))
    bands: list[Artist] = []
    for name in [*STATUS_COLORS, "Other"]:
        here = names[first] == name
        if here.any():
            begins, ends = times[first[here]], times[last[here]]
            bands.append(
                ax.broken_barh(
                    np.stack([begins, ends - begins], axis=1).tolist(),
                    (0, 1),
                    transform=ax.get_xaxis_transform(),
                    color=STATUS_COLORS.get(name, _OTHER_COLOR),
                    alpha=0.18,
                    linewidth=0,
                    zorder=0,
                    label=name.capitalize(),
                )
            )
    return bands


def explain_status(ax: Axes, bands: list[Artist]) -> None:
    """Put the legend of the bands that `draw_status` gave at the upper right."""
    legend = ax.legend(
        handles=bands,
        loc="upper right",
        title="LHC beam status",
        fontsize="x-small",
        title_fontsize="x-small",
        ncols=2 if len(bands) > 2 else 1,
    )
    for handle in legend.legend_handles:
        if handle is not None:
            handle.set_alpha(0.5)  # small patches as pale as the bands cannot be told apart
