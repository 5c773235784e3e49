"""Draw events of one side from the model, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNELS, NO_CHANNEL, NOT_CONNECTED, Side
from ..detector.lhc import COLLISION_DELAY_BX, COLLISION_DELAY_TDC, N_BX, ORBIT_S
from ..detector.qie import (
    LINK_WORDS,
    N_SAMPLES,
    TDC_ALREADY_HIGH,
    TDC_CODES,
    TDC_NO_CROSSING,
    adc_to_charge,
    charge_to_adc,
)
from .model import ORIGINS, Model

__all__ = ["Generated", "generate_side"]

_HALO, _COLLISION, _ACTIVATION, _LINK_WORD = range(len(ORIGINS))
#: charge of the samples from the largest one on, relative to it
_SHAPE = (1.0, 0.22, 0.05)
_BASELINE_CODE = 4.0
_BASELINE_NOISE = 1.0


@dataclass(frozen=True)
class Generated:
    """n events, m pulses and their TDC codes, with the truth about each pulse."""

    event: npt.NDArray[np.int64]
    bx: npt.NDArray[np.int64]
    orbit: npt.NDArray[np.int64]
    run: npt.NDArray[np.int64]
    pulse_offsets: npt.NDArray[np.int64]
    fibre: npt.NDArray[np.int64]
    cable: npt.NDArray[np.int64]
    samples: npt.NDArray[np.uint8]
    code_offsets: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    channel: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int64]
    true_tdc: npt.NDArray[np.float64]
    true_charge: npt.NDArray[np.float64]


def generate_side(model: Model, side: Side, n_events: int, rng: np.random.Generator) -> Generated:
    """Draw the events of one side.

    Parameters
    ----------
    n_events
        Events in all runs together.
    rng
        Source of randomness; the same state gives the same events.
    """
    plan = model.plan_fill(n_events)
    if plan is None:
        run, orbit = _draw_times(model, n_events, rng)
        origin_of_event = rng.choice(
            len(ORIGINS), size=n_events, p=[source.share for source in model.sources]
        )
    else:
        run, orbit, origin_of_event = plan.draw(n_events, rng)
    bx = _draw_bx(model, side, origin_of_event, rng)
    counts, weights = zip(*model.multiplicity, strict=True)
    n_pulses = rng.choice(counts, size=n_events, p=weights)
    origin = np.repeat(origin_of_event, n_pulses)
    fibre, cable, channel = _draw_inputs(model, side, len(origin), rng)
    origin = _misalign(model, side, origin, fibre, rng)
    true_tdc = _draw_tdc(model, origin, channel, rng)
    true_charge = _draw_charge(model, origin, channel, rng)
    samples, tdc = _digitise(origin, true_tdc, true_charge, rng)
    code_offsets, codes = _decorate(model, origin, tdc, rng)
    return Generated(
        event=np.arange(1, n_events + 1),
        bx=bx,
        orbit=orbit,
        run=run,
        pulse_offsets=np.concatenate([[0], np.cumsum(n_pulses)]),
        fibre=fibre,
        cable=cable,
        samples=samples,
        code_offsets=code_offsets,
        codes=codes,
        channel=channel,
        origin=origin,
        true_tdc=true_tdc,
        true_charge=true_charge,
    )


def _draw_times(
    model: Model, n_events: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Run and orbit of each event: flat in time within runs of equal length."""
    place = np.arange(n_events) * model.runs // n_events if n_events else np.empty(0, dtype=np.int64)
    run_orbits = int(np.ceil(n_events / model.runs / model.rate_hz / ORBIT_S)) + 1
    pause_orbits = round(model.pause_s / ORBIT_S)
    within = rng.integers(0, run_orbits, size=n_events)
    orbit = np.sort(place * (run_orbits + pause_orbits) + within)
    return model.first_run + place, model.first_orbit + orbit


def _draw_bx(
    model: Model, side: Side, origin: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    n = len(origin)
    slots = rng.integers(0, N_BX, size=n)
    halo, collision = origin == _HALO, origin == _COLLISION
    slots[halo] = rng.choice(model.beams.of(side.beam), size=int(halo.sum()))
    slots[collision] = rng.choice(model.beams.colliding, size=int(collision.sum())) + COLLISION_DELAY_BX
    return (slots + model.bx_offset) % N_BX


def _draw_inputs(
    model: Model, side: Side, n: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Fibre, cable and channel of each pulse; the tops see more halo than the flanks."""
    units = [channel for channel in CHANNELS if channel.side == side]
    weights = 1.0 + 0.4 * np.sin(np.radians([unit.phi for unit in units]))
    weights *= model.faults.rate_factors[[unit.index for unit in units]]
    chosen = rng.choice(len(units), size=n, p=weights / weights.sum())
    fibre = np.array([unit.fibre for unit in units])[chosen]
    cable = np.array([unit.cable for unit in units])[chosen]
    channel = np.array([unit.index for unit in units])[chosen]
    loose = np.flatnonzero(rng.random(n) < model.fractions.not_connected)
    inputs = np.array(NOT_CONNECTED)[rng.integers(0, len(NOT_CONNECTED), size=len(loose))]
    fibre[loose], cable[loose], channel[loose] = inputs[:, 0], inputs[:, 1], NO_CHANNEL
    return fibre, cable, channel


def _misalign(
    model: Model,
    side: Side,
    origin: npt.NDArray[np.int64],
    fibre: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Origins after pulses on links that are out of step have become link words."""
    if not model.faults.links:
        return origin
    # a generator of its own, so that the other fibres see the same pulses as without the fault
    is_lost = rng.spawn(1)[0].random(len(origin)) < model.faults.link_probabilities(side)[fibre]
    return np.where(is_lost, _LINK_WORD, origin)


def _per_channel(seed: int, scatter: float) -> npt.NDArray[np.float64]:
    """Deviation of each channel, the same in every simulation; index -1 is an input without a unit."""
    deviations = np.random.default_rng(seed).normal(0.0, scatter, size=len(CHANNELS))
    return np.append(deviations, 0.0)


def _draw_tdc(
    model: Model, origin: npt.NDArray[np.int64], channel: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    n = len(origin)
    time_spread = np.array([source.time_spread for source in model.sources])[origin]
    centre = model.tdc_peak + (_per_channel(1, model.tdc_scatter) + model.faults.tdc_shifts)[channel]
    centre = centre + np.where(origin == _COLLISION, COLLISION_DELAY_TDC, 0)
    flat = rng.uniform(TDC_CODES.start - 0.5, TDC_CODES.stop - 0.5, size=n)
    return np.where(time_spread > 0, centre + time_spread * rng.normal(size=n), flat)


def _draw_charge(
    model: Model, origin: npt.NDArray[np.int64], channel: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Charge of the largest sample in fC."""
    n = len(origin)
    charge = np.array([source.charge for source in model.sources])[origin]
    spread = np.array([source.spread for source in model.sources])[origin]
    gain = ((1.0 + _per_channel(2, model.gain_scatter)) * model.faults.gains)[channel]
    peaked = charge * gain * np.exp(spread * rng.normal(size=n))
    falling = model.threshold_fc + charge * gain * rng.exponential(size=n)
    return np.where(spread > 0, peaked, falling)


def _digitise(
    origin: npt.NDArray[np.int64],
    true_tdc: npt.NDArray[np.float64],
    true_charge: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Twenty ADC samples and one TDC code per pulse; link words stand for a single sample."""
    n = len(origin)
    noise = rng.standard_normal(size=(n, N_SAMPLES), dtype=np.float32)
    samples = np.clip(np.rint(_BASELINE_CODE + _BASELINE_NOISE * noise), 0, 15).astype(np.uint8)
    rows = np.arange(n)
    first = rng.choice([4, 5, 5, 5, 5, 5, 5, 6], size=n)
    is_pulse = origin != _LINK_WORD
    for k, part in enumerate(_SHAPE):
        below = adc_to_charge(samples[rows, first + k])
        with_pulse = charge_to_adc(below + part * true_charge)
        samples[rows, first + k] = np.where(is_pulse, with_pulse, samples[rows, first + k])
    tdc = np.clip(np.rint(true_tdc), TDC_CODES.start, TDC_CODES.stop - 1).astype(np.int64)
    words = np.flatnonzero(~is_pulse)
    which = rng.integers(0, len(LINK_WORDS), size=len(words))
    tdc[words] = np.array([word[0] for word in LINK_WORDS])[which]
    samples[words, first[words]] = np.array([word[1] for word in LINK_WORDS], dtype=np.uint8)[which]
    return samples, tdc


def _decorate(
    model: Model, origin: npt.NDArray[np.int64], tdc: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """TDC codes of each pulse: none, one, two or three, some of them states and not times."""
    n = len(tdc)
    parts = model.fractions
    state = rng.random(n)
    is_pulse = origin != _LINK_WORD
    first = tdc.copy()
    for code, part in (
        (TDC_ALREADY_HIGH, parts.already_high),
        (TDC_NO_CROSSING, parts.no_crossing),
        (59, parts.dll_unlocked),
    ):
        first[is_pulse & (state < part)] = code
        state = np.where(state < part, 1.0, state - part)
    later = np.minimum(first + rng.integers(3, 20, size=n), TDC_CODES.stop - 1)
    later = np.where(rng.random(n) < 0.1, TDC_ALREADY_HIGH, later)
    table = np.stack([first, later, np.full(n, TDC_CODES.stop - 1)], axis=1)
    shares = [
        parts.no_code,
        1 - parts.no_code - parts.second_code - parts.third_code,
        parts.second_code,
        parts.third_code,
    ]
    n_codes = np.where(is_pulse, rng.choice(4, size=n, p=shares), 1)
    kept = np.arange(table.shape[1]) < n_codes[:, None]
    return np.concatenate([[0], np.cumsum(n_codes)]), table[kept].astype(np.uint8)
