from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.detector.channels import (
    CHANNEL_NAMES,
    CHANNELS,
    NO_CHANNEL,
    NOT_CONNECTED,
    SIDES,
    channel_indices,
    find_side,
    select_channels,
)
from bhm_columnar.errors import SelectionError


def test_forty_channels_in_order() -> None:
    assert len(CHANNELS) == 40
    assert [channel.index for channel in CHANNELS] == list(range(40))
    assert CHANNEL_NAMES[0] == "PN01"
    assert CHANNEL_NAMES[19] == "PF10"
    assert CHANNEL_NAMES[20] == "MN01"
    assert CHANNEL_NAMES[39] == "MF10"


def test_numbers_of_the_earlier_program() -> None:
    of_side = [channel.number for channel in CHANNELS[:20]]
    assert of_side == [30, 31, 32, 33, 40, 41, 42, 43, 50, 51, 60, 61, 62, 63, 70, 71, 72, 73, 80, 81]
    assert [channel.number for channel in CHANNELS[20:]] == of_side


def test_qie_numbers_leave_out_what_is_not_connected() -> None:
    assert [channel.qie for channel in CHANNELS[:20]] == [*range(1, 11), *range(13, 23)]


def test_azimuths_mirror() -> None:
    near, far = CHANNELS[:10], CHANNELS[10:20]
    for one, other in zip(near, far, strict=True):
        assert np.cos(np.radians(one.phi)) < 0
        assert one.phi + other.phi == pytest.approx(180)
    assert [channel.phi for channel in far[6:8]] == [4.84, 353.02]


def test_sides() -> None:
    plus, minus = SIDES
    assert (plus.uhtr, plus.beam, plus.groups) == (4, 1, ("PN", "PF"))
    assert (minus.uhtr, minus.beam, minus.groups) == (11, 2, ("MN", "MF"))
    assert find_side("+Z") is find_side("uHTR4") is find_side("plusZ") is plus
    with pytest.raises(SelectionError, match="no side is called 'Z'"):
        find_side("Z")


@pytest.mark.parametrize("side", SIDES)
def test_lookup_agrees_with_the_table(side: object) -> None:
    units = [channel for channel in CHANNELS if channel.side == side]
    fibre = np.array([unit.fibre for unit in units])
    cable = np.array([unit.cable for unit in units])
    assert channel_indices(fibre, cable, side).tolist() == [unit.index for unit in units]
    loose = np.array(NOT_CONNECTED)
    assert (channel_indices(loose[:, 0], loose[:, 1], side) == NO_CHANNEL).all()


def test_select_channels() -> None:
    assert [channel.name for channel in select_channels("MF1*,PN02")] == ["PN02", "MF10"]
    with pytest.raises(SelectionError, match="no channel matches 'PX"):
        select_channels("PX*")
