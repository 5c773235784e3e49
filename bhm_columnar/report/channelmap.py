"""The 40 units where they stand around the beam, as an SVG in which each is a link to its histograms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from markupsafe import Markup

from ..detector.channels import CHANNELS, Channel, Side
from .svg import write_count

__all__ = ["draw_map", "shade"]

_SIZE: Final = 540
_RING: Final = 192
_OUTER: Final = 234
_UNIT: Final = 18
#: nothing stands below: no unit is mapped between about 211 and 329 degrees
_HEIGHT: Final = 480
#: from few to many: pale to dark blue, which also people with colour-blindness can order
_SHADES: Final = ((233, 241, 252), (146, 190, 240), (60, 122, 207), (16, 48, 122))
#: of the relative luminance of a fill, above which black text has more contrast than white
_BRIGHT: Final = 0.179


def shade(part: float) -> tuple[str, str]:
    """Colour of a unit with this part of the largest count, and the colour of text on it, both as ``#rrggbb``."""
    place = min(max(part, 0.0), 1.0) * (len(_SHADES) - 1)
    below = min(int(place), len(_SHADES) - 2)
    low, high = np.array(_SHADES[below]), np.array(_SHADES[below + 1])
    red, green, blue = (round(value) for value in low + (place - below) * (high - low))
    return f"#{red:02x}{green:02x}{blue:02x}", "#000000" if _luminance(
        red, green, blue
    ) > _BRIGHT else "#ffffff"


def _luminance(*colour: int) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def draw_map(side: Side, counts: Mapping[str, int], *, largest: int, levels: Mapping[str, str]) -> Markup:
    """Draw the units of a side in their azimuth, as mapped, coloured by their SR counts.

    Parameters
    ----------
    counts
        SR pulses by channel name.
    largest
        Count that gets the darkest colour; the same for both sides, so that they can be compared.
    levels
        ``WARN`` or ``BAD`` by the name of channels that data quality flags; they get a ring.
    """
    units = [unit for unit in CHANNELS if unit.side == side]
    total = sum(counts[unit.name] for unit in units)
    parts = [
        Markup('<svg class="map" viewBox="0 0 {} {}" role="group" aria-label="{}">').format(
            _SIZE, _HEIGHT, f"Units of the {side.title}, coloured by their SR pulses"
        ),
        Markup('<circle class="ring" cx="{0}" cy="{0}" r="{1}"/>').format(_SIZE // 2, _RING),
        _line(-22, side.title, "title"),
        _line(-2, f"sees incoming beam {side.beam}"),
        _line(18, f"{total:,} SR pulses"),
        _line(44, "φ = 0° on the right, 90° on top"),
        *(_draw_unit(unit, counts[unit.name], largest, levels.get(unit.name, "")) for unit in units),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


def _line(below: float, text: str, kind: str = "") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="middle">{}</text>').format(
        kind, _SIZE // 2, _SIZE // 2 + below, text
    )


def _draw_unit(unit: Channel, n: int, largest: int, level: str) -> Markup:
    angle = np.radians(unit.phi)
    x, y = (
        _SIZE / 2 + radius * direction
        for radius, direction in ((_RING, np.cos(angle)), (-_RING, np.sin(angle)))
    )
    far_x, far_y = _SIZE / 2 + _OUTER * np.cos(angle), _SIZE / 2 - _OUTER * np.sin(angle)
    fill, ink = shade(n / largest if largest else 0.0)
    said = f"{unit.name}: {n:,} SR pulses{f', data quality {level}' if level else ''}; show its histograms"
    return Markup(
        '<a class="unit {level}" href="#channel-{name}" data-channel="{name}" aria-label="{said}"><title>{said}</title>'
        '<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{fill}"/>'
        '<text x="{x:.1f}" y="{ty:.1f}" text-anchor="middle" style="fill:{ink}">{name}</text>'
        '<text class="count" x="{fx:.1f}" y="{fy:.1f}" text-anchor="middle">{count}{mark}</text></a>'
    ).format(
        level=level,
        name=unit.name,
        said=said,
        x=x,
        y=y,
        ty=y + 3.5,
        r=_UNIT,
        fill=fill,
        ink=ink,
        fx=far_x,
        fy=far_y + 4,
        count=write_count(n),
        mark=" !" if level else "",
    )
