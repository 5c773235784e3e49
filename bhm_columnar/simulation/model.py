"""What the toy BHM is told: beams, sources of pulses, and the faults of the readout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ..detector.lhc import ABORT_GAP, N_BX
from ..errors import SelectionError
from .faults import NO_FAULTS, Faults
from .fill import Fill, FillPlan

__all__ = ["DEFAULT_BEAMS", "ORIGINS", "Beams", "Fractions", "Model", "Source", "make_beams"]

#: where a pulse comes from, as the truth file names it
ORIGINS: Final = ("halo", "collision", "activation", "link_word")


@dataclass(frozen=True)
class Beams:
    """Filled bunch slots of the two beams, each a sorted array of slots 0..3563."""

    beam1: npt.NDArray[np.int64]
    beam2: npt.NDArray[np.int64]

    @property
    def colliding(self) -> npt.NDArray[np.int64]:
        """Slots that are filled in both beams."""
        return np.intersect1d(self.beam1, self.beam2)

    def of(self, beam: int) -> npt.NDArray[np.int64]:
        """Filled slots of beam 1 or 2."""
        return self.beam1 if beam == 1 else self.beam2


def make_beams(*, train: int = 36, gap: int = 8, trains: int = 5, batch_gap: int = 31) -> Beams:
    """Fill an orbit with trains of 25 ns bunches, twelve non-colliding bunches a beam, and an abort gap.

    The non-colliding bunches sit where those of a 2760-bunch scheme of Run 3 do: slots 14..25 of beam 2 and 26..37 of
    beam 1.
    """
    slots: list[int] = []
    start = 60
    while True:
        batch = [start + k * (train + gap) + bunch for k in range(trains) for bunch in range(train)]
        if batch[-1] >= ABORT_GAP[0]:
            break
        slots += batch
        start = batch[-1] + batch_gap + 1
    both = np.array(slots, dtype=np.int64)
    return Beams(
        beam1=np.concatenate([np.arange(26, 38), both]), beam2=np.concatenate([np.arange(14, 26), both])
    )


DEFAULT_BEAMS: Final = make_beams()


@dataclass(frozen=True)
class Source:
    """One kind of pulse: how often, how late, how large.

    Parameters
    ----------
    share
        Part of the events that it starts.
    charge, spread
        Median charge of the largest sample in fC and its logarithmic width; an exponential above the trigger threshold
        with this mean where `spread` is zero.
    time_spread
        Width of the TDC distribution in codes; flat over the bunch crossing where it is zero.
    """

    share: float
    charge: float
    spread: float
    time_spread: float


@dataclass(frozen=True)
class Fractions:
    """Parts of the pulses that the readout spoils or decorates."""

    no_code: float = 0.03
    second_code: float = 0.06
    third_code: float = 0.01
    already_high: float = 0.01
    no_crossing: float = 0.03
    dll_unlocked: float = 0.001
    not_connected: float = 0.02


@dataclass(frozen=True)
class Model:
    """Everything that the simulation of both sides shares.

    Halo sits at the TDC of its channel; collision products of the same bunch come 25 TDC counts and 5 BX later;
    activation is flat in time. Charges are such that halo peaks near ADC code 151 and collision products near 110, as
    the calibrations in use and the collision-product box of the earlier program say.
    """

    halo: Source = Source(share=0.30, charge=11_500.0, spread=0.15, time_spread=0.7)
    collision: Source = Source(share=0.42, charge=2_900.0, spread=0.35, time_spread=1.0)
    activation: Source = Source(share=0.27, charge=1_600.0, spread=0.0, time_spread=0.0)
    link_word: Source = Source(share=0.01, charge=0.0, spread=0.0, time_spread=0.0)
    fractions: Fractions = field(default_factory=Fractions)
    beams: Beams = DEFAULT_BEAMS
    #: added to every slot by the latency of the board
    bx_offset: int = 0
    #: halo TDC of an average channel, and how far channels scatter around it
    tdc_peak: float = 6.0
    tdc_scatter: float = 0.8
    #: relative scatter of the channels' gains
    gain_scatter: float = 0.08
    threshold_fc: float = 800.0
    #: probability of 1, 2, 3 and 5 pulses in an event
    multiplicity: tuple[tuple[int, float], ...] = ((1, 0.74), (2, 0.18), (3, 0.06), (5, 0.02))
    first_run: int = 380_000
    runs: int = 3
    #: events per second and side, and seconds between two runs
    rate_hz: float = 100.0
    pause_s: float = 30.0
    first_orbit: int = 1_000_000
    style: Literal["plain", "debug"] = "plain"
    #: rates follow a fill, whose conditions are written beside the dumps; constant rates if `None`
    fill: Fill | None = None
    #: what is broken; nothing by default
    faults: Faults = NO_FAULTS

    def __post_init__(self) -> None:
        if not 0 <= self.bx_offset < N_BX:
            raise SelectionError(f"bx_offset is {self.bx_offset}", hint="give 0..3563")
        if self.runs < 1 or self.rate_hz <= 0:
            raise SelectionError(
                f"{self.runs} runs at {self.rate_hz} Hz", hint="give at least one run, and a rate above 0"
            )

    @property
    def sources(self) -> tuple[Source, ...]:
        """The sources in the order of `ORIGINS`."""
        return self.halo, self.collision, self.activation, self.link_word

    def plan_fill(self, n_events: int) -> FillPlan | None:
        """Plan the fill for so many events a side; `None` if rates are constant."""
        if self.fill is None:
            return None
        return FillPlan.make(
            self.fill,
            [source.share for source in self.sources],
            seconds=n_events / self.rate_hz,
            first_run=self.first_run,
            runs=self.runs,
            first_orbit=self.first_orbit,
            pause_s=self.pause_s,
        )
