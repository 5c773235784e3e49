from __future__ import annotations

import pytest

from bhm_columnar.errors import InputError
from bhm_columnar.quality.model import Flag, Quality, sort_flags, worst_level


def flag(level: str, side: str, channel: str | None) -> Flag:
    return Flag(level, side, channel, "dead", 0.0, 0.3, "text")


def test_bad_comes_first_then_the_order_of_the_detector() -> None:
    places = [("WARN", "-Z", "MN01"), ("WARN", "+Z", "PF01"), ("BAD", "-Z", "MF10"), ("WARN", "+Z", None)]
    ordered = sort_flags(flag(*place) for place in places)
    assert [(one.level, one.channel) for one in ordered] == [
        ("BAD", "MF10"),
        ("WARN", None),
        ("WARN", "PF01"),
        ("WARN", "MN01"),
    ]


def test_the_worst_level_rules() -> None:
    assert worst_level([]) == "OK"
    assert worst_level(["WARN", "BAD", "WARN"]) == "BAD"
    assert worst_level(["OK", "WARN"]) == "WARN"


@pytest.mark.parametrize("content", [{}, {"channels": 3}, {"channels": {"PN01": {}}}, []])
def test_something_else_is_refused(content: object) -> None:
    with pytest.raises(InputError, match="is no judgement of data quality"):
        Quality.from_dict(content)  # type: ignore[arg-type]
