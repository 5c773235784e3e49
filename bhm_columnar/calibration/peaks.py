"""What a peak fit says about a channel: numbers with errors, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..detector.channels import CHANNEL_NAMES
from ..detector.qie import N_ADC, N_TDC
from . import peak_model as shapes

__all__ = ["AdcFit", "ChannelFit", "PeakFit", "PeakFits", "TdcFit", "number_fields"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PeakFit:
    """The halo peak of one channel along one axis.

    Numbers are `None` where the fit gave nothing to trust; `flag` says why. A fit with numbers *and* a flag converged,
    but its curve does not describe the pulses.

    Parameters
    ----------
    pulses
        Pulses that were fitted.
    codes
        First and last code of the fit.
    across
        First and last code of the other axis within which pulses were counted.
    position, width
        Centre of the halo peak and its standard deviation, in codes.
    yield_, background
        Expected numbers of halo and other pulses; the background is that within `codes` and `across`.
    chi2, ndf
        Pearson's, of codes merged until five pulses are expected in each.
    flag
        Why the fit is not to be trusted; empty if it is.
    """

    pulses: int
    codes: tuple[int, int]
    across: tuple[int, int]
    position: float | None = None
    position_error: float | None = None
    width: float | None = None
    width_error: float | None = None
    yield_: float | None = None
    yield_error: float | None = None
    background: float | None = None
    background_error: float | None = None
    chi2: float | None = None
    ndf: int | None = None
    flag: str = ""

    @property
    def ok(self) -> bool:
        """Whether the numbers can be trusted."""
        return not self.flag

    def as_dict(self) -> dict[str, Any]:
        """Return the form of calibration.json and summary.json."""
        return {
            name.removesuffix("_"): list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class TdcFit(PeakFit):
    """Gaussian and flat background along TDC; code k holds the times k - 0.5 .. k + 0.5."""

    def expected(self) -> tuple[Floats, Floats]:
        """Expected pulses per TDC code 0..63, shape (64,) each: halo and background together, and background.

        They are zero outside of `codes`, and everywhere without numbers.
        """
        total, under = np.zeros(N_TDC), np.zeros(N_TDC)
        if self.position is None or self.width is None or self.yield_ is None or self.background is None:
            return total, under
        first, last = self.codes
        under[first : last + 1] = self.background / (last - first + 1)
        edges = np.arange(first, last + 2, dtype=np.float64) - 0.5
        halo = self.yield_ * np.diff(shapes.normal_cdf(edges, self.position, self.width))
        total[first : last + 1] = halo
        return total + under, under


@dataclass(frozen=True)
class AdcFit(PeakFit):
    """Log-normal halo charges and an exponential background, counted in ADC codes.

    Parameters
    ----------
    charge
        Median charge of the largest sample of halo pulses in fC, pedestal included; `position` is its ADC code.
    spread
        Width of the logarithm of the charge; `width` is half the distance of the codes one width below and above.
    slope
        Charge in fC over which the background falls to 1/e; `None` if there is no background.
    """

    charge: float | None = None
    charge_error: float | None = None
    spread: float | None = None
    spread_error: float | None = None
    slope: float | None = None
    slope_error: float | None = None

    def expected(self) -> tuple[Floats, Floats]:
        """Expected pulses per ADC code 0..255, shape (256,) each: halo and background together, and background.

        They are zero outside of `codes`, in the codes where ranges of the QIE overlap, and everywhere without numbers.
        """
        if self.charge is None or self.spread is None or self.yield_ is None or self.background is None:
            return np.zeros(N_ADC), np.zeros(N_ADC)
        first, last = (shapes.bin_place(code) for code in self.codes)
        edges = shapes.CHARGE_EDGES_FC[first : last + 2]
        under = np.zeros(N_ADC)
        if self.slope is not None:
            below = shapes.exponential_cdf(edges, float(edges[0]), self.slope)
            under = shapes.per_code(self.background * below, first)
        halo = shapes.per_code(self.yield_ * shapes.log_normal_cdf(edges, self.charge, self.spread), first)
        return halo + under, under


@dataclass(frozen=True)
class ChannelFit:
    """Both peaks of a channel, and what follows from them.

    Parameters
    ----------
    sr_pulses
        Pulses in the signal region.
    sr_background
        Expected number of them that are no halo.
    purity
        Part of the pulses in the signal region that are halo, :math:`1 - b/n`. Its error holds that of the expected
        background and the Poisson fluctuation of the true one.
    separation
        Distance of halo and background in ADC codes over their widths,
        :math:`(\\mu_h - \\mu_b) / \\sqrt{\\sigma_h^2 + \\sigma_b^2}`, with the means and standard deviations of the fitted
        shapes in the codes of the fit; `None` if there is no background.
    """

    channel: str
    tdc: TdcFit
    adc: AdcFit
    sr_pulses: int = 0
    sr_background: float | None = None
    sr_background_error: float | None = None
    purity: float | None = None
    purity_error: float | None = None
    separation: float | None = None
    separation_error: float | None = None

    @property
    def flag(self) -> str:
        """What is wrong with the fits, in one line; empty if nothing is."""
        named = (("TDC fit", self.tdc.flag), ("ADC fit", self.adc.flag))
        return "; ".join(f"{name}: {flag}" for name, flag in named if flag)

    def as_dict(self) -> dict[str, Any]:
        """Return the form of calibration.json and summary.json."""
        numbers = {name: getattr(self, name) for name in _DERIVED}
        return {"tdc": self.tdc.as_dict(), "adc": self.adc.as_dict(), **numbers}

    @classmethod
    def from_dict(cls, channel: str, content: Mapping[str, Any]) -> ChannelFit:
        """Make it from what `as_dict` gave; raises KeyError or TypeError if that is not what it is."""
        return cls(
            channel,
            TdcFit(**_arguments(TdcFit, content["tdc"])),
            AdcFit(**_arguments(AdcFit, content["adc"])),
            **{name: content[name] for name in _DERIVED},
        )


_DERIVED: Final = tuple(one.name for one in fields(ChannelFit) if one.name not in ("channel", "tdc", "adc"))


def _arguments(kind: type[PeakFit], content: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a fit from its dictionary, in which pairs have become lists."""
    values = {one.name: content[one.name.removesuffix("_")] for one in fields(kind)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


@dataclass(frozen=True)
class PeakFits:
    """The fits of all 40 channels, in the order of `CHANNELS`."""

    channels: tuple[ChannelFit, ...]

    def __iter__(self) -> Iterator[ChannelFit]:
        return iter(self.channels)

    def __getitem__(self, index: int) -> ChannelFit:
        return self.channels[index]

    @property
    def flags(self) -> dict[str, str]:
        """What is wrong, by name of the channel; only channels with something wrong."""
        return {one.channel: one.flag for one in self.channels if one.flag}

    def as_dict(self) -> dict[str, Any]:
        """Return the form of calibration.json and summary.json, by name of the channel."""
        return {one.channel: one.as_dict() for one in self.channels}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> PeakFits:
        """Make them from what `as_dict` gave; raises KeyError or TypeError if that is not what it is."""
        return cls(tuple(ChannelFit.from_dict(name, content[name]) for name in CHANNEL_NAMES))


def number_fields(**numbers: tuple[float, float]) -> dict[str, Any]:
    """Name values and errors as the fields of a fit, to six digits: more than any error needs, and good to read."""
    fields_ = {}
    for name, (value, error) in numbers.items():
        fields_[name] = float(f"{value:.6g}")
        fields_[f"{name.removesuffix('_')}_error"] = float(f"{error:.6g}")
    return fields_
