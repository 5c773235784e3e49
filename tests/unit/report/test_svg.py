from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.report.channelmap import draw_map, shade
from bhm_columnar.report.svg import Curve, Mark, draw_steps, ticks, write_count

EDGES = np.arange(5) - 0.5


def _parse(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314  (what we drew ourselves)


def _draw(values: list[float], **options: object) -> ET.Element:
    curves = [Curve(np.array(values), "pulses")]
    drawn = draw_steps(curves, EDGES, title="t", x_title="x [u]", y_title="y [v]", **options)  # type: ignore[arg-type]
    return _parse(drawn)


def _tops(svg: ET.Element) -> list[float]:
    path = next(one.get("d", "") for one in svg.iter("path") if one.get("class") == "line")
    return [float(value) for value in re.findall(r"V([\d.]+)", path)]


def test_steps_rise_with_counts_and_end_on_the_axis() -> None:
    svg = _draw([0, 10, 20, 5])
    heights = _tops(svg)
    bottom = heights[-1]
    assert [round((bottom - y) / (bottom - heights[1]), 2) for y in heights] == [0.5, 1.0, 0.25, 0.0]


def test_equal_bins_are_one_stroke() -> None:
    assert len(_tops(_draw([7, 7, 7, 7]))) == 2


@pytest.mark.parametrize("values", [[0, 0, 0, 0], [1, 0, 0, 0], [1e9, 1, 0, 3]])
def test_any_counts_can_be_drawn(values: list[float]) -> None:
    svg = _draw(values)
    texts = [one.text for one in svg.iter("text")]
    assert ("no data" in texts) == (sum(values) == 0)
    assert {"x [u]", "y [v]", "pulses"} <= set(texts)
    assert not re.search(r"nan|inf", ET.tostring(svg, encoding="unicode"))


def test_everything_stays_inside_of_the_frame() -> None:
    svg = _draw([1, 2, 3, 4], marks=[Mark(-9, "far left"), Mark(2, "band", 99)])
    _, _, width, height = (float(x) for x in svg.get("viewBox", "").split())
    for x, y in re.findall(r"M([\d.-]+) ([\d.-]+)", ET.tostring(svg, encoding="unicode")):
        assert 0 <= float(x) <= width
        assert 0 <= float(y) <= height


def test_text_is_escaped() -> None:
    curves = [Curve(np.ones(4), "<script>alert(1)</script>")]
    drawn = draw_steps(curves, EDGES, title='"><script>', x_title="<b>", y_title="&")
    assert "<script>" not in drawn
    assert "<b>" not in drawn
    _parse(drawn)


@pytest.mark.parametrize(
    ("largest", "expected"), [(0, [0]), (10, [0, 2, 4, 6, 8, 10]), (0.3, [0, 0.1, 0.2, 0.3])]
)
def test_ticks_are_round(largest: float, expected: list[float]) -> None:
    assert ticks(largest) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0"), (9999, "9999"), (12_345, "12.3k"), (2_500_000, "2.5M"), (3e9, "3G")]
)
def test_counts_are_short(n: float, text: str) -> None:
    assert write_count(n) == text


def test_units_stand_at_their_azimuth() -> None:
    side = SIDES[0]
    units = [unit for unit in CHANNELS if unit.side == side]
    svg = _parse(draw_map(side, {unit.name: 3 for unit in units}, largest=3, levels={"PN03": "BAD"}))
    for unit, link in zip(units, svg.iter("a"), strict=True):
        circle = next(link.iter("circle"))
        x, y = float(circle.get("cx", "")) - 270, 270 - float(circle.get("cy", ""))
        assert np.degrees(np.arctan2(y, x)) % 360 == pytest.approx(unit.phi % 360, abs=0.1)
        assert link.get("href") == f"#channel-{unit.name}"
        assert ("BAD" in link.get("class", "")) == (unit.name == "PN03")


def test_units_do_not_overlap() -> None:
    side = SIDES[1]
    units = [unit for unit in CHANNELS if unit.side == side]
    svg = _parse(draw_map(side, {unit.name: 0 for unit in units}, largest=0, levels={}))
    circles = [circle for link in svg.iter("a") for circle in link.iter("circle")]
    at = np.array([[float(one.get(key, "")) for key in ("cx", "cy")] for one in circles])
    distances = np.linalg.norm(at[:, None] - at[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 2 * float(circles[0].get("r", ""))


def _luminance(colour: str) -> float:
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("part", np.linspace(0, 1, 21))
def test_names_can_be_read_on_every_shade(part: float) -> None:
    low, high = sorted(_luminance(colour) for colour in shade(part))
    assert (high + 0.05) / (low + 0.05) >= 4.5
