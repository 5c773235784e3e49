from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bhm_columnar import align_channels, load_calibration
from bhm_columnar.calibration.phase import (
    LEGAL_PHASES,
    N_QIE,
    find_shifts,
    from_linear,
    propose_phases,
    shift_phases,
    to_linear,
)
from bhm_columnar.detector.channels import CHANNEL_NAMES, CHANNELS, SIDES
from bhm_columnar.errors import CalibrationError

from .toys import draw_plane, fill_planes

V2 = load_calibration("v2")
PLUS, MINUS = SIDES
# what is connected sits at 75, the rest at 0
PHASES = tuple(0 if qie in (11, 12, 23, 24) else 75 for qie in range(1, N_QIE + 1))


def test_there_are_a_hundred_settings() -> None:
    assert LEGAL_PHASES.tolist() == [*range(50), *range(64, 114)]
    assert to_linear(LEGAL_PHASES).tolist() == list(range(100))
    assert from_linear(np.arange(100)).tolist() == LEGAL_PHASES.tolist()


def test_every_setting_shifted_by_every_step() -> None:
    phases, shifts = (part.ravel() for part in np.meshgrid(LEGAL_PHASES, np.arange(-120, 121)))
    shifted, possible = shift_phases(phases, shifts)
    # counted off step by step, without arithmetic of the gap
    order = LEGAL_PHASES.tolist()
    for phase, shift, new, fits in zip(phases, shifts, shifted, possible, strict=True):
        place = order.index(phase) + shift
        assert fits == (0 <= place < 100)
        assert new == (order[place] if fits else phase)
    back, all_fit = shift_phases(shifted[possible], -shifts[possible])
    assert np.array_equal(back, phases[possible])
    assert all_fit.all()


@pytest.mark.parametrize("phase", [-1, *range(50, 64), 114, 127, 1000])
def test_settings_that_do_not_exist(phase: int) -> None:
    with pytest.raises(CalibrationError, match=f"phase {phase} does not exist; phases are 0..49 and 64..113"):
        shift_phases(np.array([0, phase]), np.array([1, 1]))


@pytest.mark.parametrize("linear", [-1, 100])
def test_linear_settings_that_do_not_exist(linear: int) -> None:
    with pytest.raises(CalibrationError, match=f"linear phase {linear} is out of range"):
        from_linear(np.array([3, linear]))


def test_the_step_of_2022() -> None:
    # PN01 and PF01 at 64 and 45 had TDC peaks near 18; at 75 and 70 they are near 6 and 7
    assert shift_phases(np.array([64, 45]), np.array([11, 11]))[0].tolist() == [75, 70]


def test_a_later_peak_needs_a_larger_phase() -> None:
    peaks = list(V2.tdc_peak)
    peaks[:3] = [18, 6, 2]
    shifts, missing = find_shifts(replace(V2, tdc_peak=tuple(peaks)), 6)
    assert shifts[:3].tolist() == [12, 0, -4]
    assert missing == {}


def test_fits_are_better_than_codes() -> None:
    h = fill_planes({3: draw_plane(1, 3_000, 500, tdc=7.7), 23: draw_plane(2, 3_000, 500, tdc=4.4)})
    made = align_channels(h, method="fit")
    shifts, missing = find_shifts(made, 6)
    assert (shifts[3], shifts[23]) == (2, -2)
    assert set(missing) == set(CHANNEL_NAMES) - {"PN04", "MN04"}
    assert missing["PN05"] == "no pulses"


def test_a_bad_adc_fit_is_no_reason_to_leave_the_phase() -> None:
    plane = np.zeros((50, 256), dtype=np.int64)
    plane[7:10, 150] = 20, 60, 20
    made = align_channels(fill_planes({3: plane}), method="fit")
    assert "ADC cut by interval" in made.flags["PN04"]
    shifts, missing = find_shifts(made, 6)
    assert shifts[3] == 2
    assert "PN04" not in missing


@pytest.mark.parametrize("target", [-1, 50])
def test_targets_that_are_no_code(target: int) -> None:
    with pytest.raises(CalibrationError, match=f"target {target} is no TDC code; give 0..49"):
        find_shifts(V2, target)


def test_proposal_of_both_sides() -> None:
    peaks = np.full(40, 6)
    peaks[[CHANNEL_NAMES.index("PN02"), CHANNEL_NAMES.index("PF10"), CHANNEL_NAMES.index("MF01")]] = 9, 4, 7
    made = replace(V2, tdc_peak=tuple(peaks.tolist()))
    plus, minus = propose_phases({PLUS: PHASES, MINUS: PHASES}, made, 6)
    assert (plus.side, minus.side) == (PLUS, MINUS)
    assert plus.current == PHASES
    assert plus.proposed == (75, 78, *PHASES[2:21], 73, 0, 0)
    assert minus.proposed == (*PHASES[:12], 76, *PHASES[13:])
    assert plus.kept == minus.kept == {}


def test_each_qie_moves_with_its_own_channel() -> None:
    for channel in CHANNELS:
        peaks = np.full(40, 6)
        peaks[channel.index] = 8
        made = replace(V2, tdc_peak=tuple(peaks.tolist()))
        (one,) = propose_phases({channel.side: PHASES}, made, 6)
        moved = np.flatnonzero(np.array(one.proposed) != np.array(PHASES))
        assert moved.tolist() == [channel.qie - 1]


def test_what_stays_as_it_is_is_said() -> None:
    peaks = list(V2.tdc_peak)
    peaks[0], peaks[1] = 20, 0
    phases = (112, 3, *PHASES[2:])
    made = replace(V2, tdc_peak=tuple(peaks), flags={"PN03": "no pulses to cut in: ADC cut from v2"})
    (one,) = propose_phases({PLUS: phases}, made, 6)
    assert one.proposed[:3] == (112, 3, 75)
    assert one.kept == {
        "PN01": "+14 steps from phase 112 would leave the range 0..113",
        "PN02": "-6 steps from phase 3 would leave the range 0..113",
        "PN03": "not measured: no pulses to cut in: ADC cut from v2",
    }


def test_not_24_phases() -> None:
    with pytest.raises(CalibrationError, match=r"\+Z: 20 phases; give 24, one a QIE"):
        propose_phases({PLUS: PHASES[:20]}, V2, 6)
