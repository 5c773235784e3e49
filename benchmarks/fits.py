"""Are the peak fits right, and are their errors? `python -m benchmarks.fits`.

Simulates several seeds with known truth, cleans the pulses as `bhm align` does, fits all channels, and compares. The truth of a
TDC peak is the channel's mean time before it is rounded to a code; that of an ADC peak the ADC code of the channel's median
charge, with the median pedestal that the largest sample sits on; that of the purity is counted pulse by pulse.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace

import awkward as ak
import numpy as np
from rich.console import Console
from rich.table import Table

from bhm_columnar import align_channels, clean_pulses
from bhm_columnar.calibration.align import METHODS
from bhm_columnar.calibration.fits import fit_peaks
from bhm_columnar.calibration.model import Calibration
from bhm_columnar.calibration.peak_model import adc_position
from bhm_columnar.calibration.peaks import ChannelFit, PeakFits
from bhm_columnar.detector.channels import CHANNELS, N_CHANNELS, SIDES
from bhm_columnar.detector.qie import ADC_CHARGE_FC
from bhm_columnar.events.derived import derive_columns
from bhm_columnar.histograms.axes import adc_axis, channel_axis, tdc_axis
from bhm_columnar.histograms.counts import Histogram, make_counts
from bhm_columnar.simulation.generate import _per_channel, generate_side
from bhm_columnar.simulation.model import ORIGINS, Model

Counts = np.ndarray


@dataclass(frozen=True)
class Truth:
    """TDC peak, ADC position and charge of each channel, shape (40,)."""

    tdc: Counts
    adc: Counts
    charge: Counts


def true_peaks(model: Model) -> Truth:
    """Where the halo peaks of the model are."""
    charge = model.halo.charge * (1.0 + _per_channel(2, model.gain_scatter)[:N_CHANNELS])
    charge = charge + float(ADC_CHARGE_FC[4])  # code 4 is the simulated pedestal
    tdc = model.tdc_peak + _per_channel(1, model.tdc_scatter)[:N_CHANNELS]
    return Truth(tdc, adc_position(charge), charge)


def simulate(model: Model, events: int, seed: int) -> tuple[Histogram, Counts]:
    """Counts of clean pulses of both sides, and those of true halo alone, shape (40, 50, 256)."""
    counts, halo = (make_counts(channel_axis(), tdc_axis(), adc_axis()) for _ in range(2))
    for side, rng in zip(SIDES, np.random.default_rng(seed).spawn(len(SIDES)), strict=True):
        made = generate_side(model, side, events, rng)
        columns = derive_columns(
            made.fibre.astype(np.int16),
            made.cable.astype(np.int16),
            made.samples,
            made.code_offsets,
            made.codes,
            side,
        )
        clean, _ = clean_pulses(ak.zip({**columns, "origin": made.origin}))
        for h, part in ((counts, clean), (halo, clean[clean.origin == ORIGINS.index("halo")])):
            h.fill(channel=part.channel, tdc=part.tdc, adc=part.peak)
    return counts, halo.values()


def true_purity(counts: Histogram, halo: Counts, calibration: Calibration) -> Counts:
    """Part of the pulses in SR that are halo, shape (40,)."""
    values = counts.values()
    parts = []
    for channel in CHANNELS:
        peak, cut = calibration.tdc_peak[channel.index], calibration.adc_cut[channel.index]
        box = np.s_[channel.index, max(0, peak - 1) : peak + 2, cut:]
        parts.append(halo[box].sum() / max(1, values[box].sum()))
    return np.array(parts)


def compare(fit: ChannelFit, truth: tuple[float, float, float, float]) -> tuple[float, ...]:
    """Pulls of a channel that is not flagged: TDC peak, ADC position, charge, purity."""
    pairs = (
        (fit.tdc.position, fit.tdc.position_error),
        (fit.adc.position, fit.adc.position_error),
        (fit.adc.charge, fit.adc.charge_error),
        (fit.purity, fit.purity_error),
    )
    return tuple(
        np.nan if value is None or not error else (value - true) / error
        for (value, error), true in zip(pairs, truth, strict=True)
    )


def add_up(fits: PeakFits, pure: Counts) -> float:
    """Pull of the number of background pulses in SR of all channels that are not flagged."""
    use = [(fit, pure[k]) for k, fit in enumerate(fits) if not fit.flag]
    background = sum(fit.sr_background or 0.0 for fit, _ in use)
    true = sum(fit.sr_pulses * (1.0 - part) for fit, part in use)
    variance = sum((fit.sr_background_error or 0.0) ** 2 for fit, _ in use) + background
    return (background - true) / np.sqrt(variance)


def measure(model: Model, events: int, seeds: int) -> tuple[Table, str]:
    """Simulate and fit all seeds."""
    truth = true_peaks(model)
    pulls, purities, together, flags, seconds = [], [], [], [], 0.0
    for seed in range(1, seeds + 1):
        counts, halo = simulate(model, events, seed)
        calibration = align_channels(counts)
        start = time.process_time()
        fits = fit_peaks(counts, calibration=calibration)
        seconds += time.process_time() - start
        pure = true_purity(counts, halo, calibration)
        together.append(add_up(fits, pure))
        flags += list(fits.flags.items())
        for k, fit in enumerate(fits):
            if not fit.flag:
                pulls.append(compare(fit, (truth.tdc[k], truth.adc[k], truth.charge[k], pure[k])))
                purities.append((fit.purity, fit.purity_error, pure[k]))
    table = Table("pull of", "fits", "mean", "width", "outside 3")
    names = ("TDC peak", "ADC position", "median charge", "purity")
    for name, values in zip(names, np.array(pulls).T, strict=True):
        use = values[np.isfinite(values)]
        mean = f"{use.mean():+.3f} +- {use.std() / np.sqrt(len(use)):.3f}"
        width = f"{use.std(ddof=1):.3f} +- {use.std() / np.sqrt(2 * len(use)):.3f}"
        table.add_row(name, str(len(use)), mean, width, f"{np.mean(np.abs(use) > 3):.2%}")
    ratio = f"{np.mean(together):+.2f}, width {np.std(together, ddof=1):.2f}"
    fitted, error, true = np.array(purities, dtype=float).mean(axis=0)
    lines = (
        f"{events} events a side, {seeds} seeds: {len(flags)} of {seeds * N_CHANNELS} channels flagged",
        f"mean purity: fitted {fitted:.4%} (+- {error:.4%} a channel), true {true:.4%}",
        f"pull of the background in SR of all channels together: mean {ratio} ({seeds} seeds)",
        f"CPU: {seconds / seeds:.2f} s for {2 * N_CHANNELS} fits",
        *(f"  {name}: {flag}" for name, flag in flags[:5]),
    )
    return table, "\n".join(lines)


def select(counts: Histogram, halo: Counts, method: str) -> tuple[Counts, Counts, float, float]:
    """TDC peaks and ADC cuts of a method, what part of the clean halo is in SR, and what part of SR is halo."""
    made = align_channels(counts, method=method)
    everything = counts.values()
    inside = np.zeros(everything.shape, dtype=bool)
    for channel in CHANNELS:
        peak, cut = made.tdc_peak[channel.index], made.adc_cut[channel.index]
        inside[channel.index, max(0, peak - 1) : peak + 2, cut:] = True
    in_sr = halo[inside].sum()
    return made.tdc_peaks, made.adc_cuts, in_sr / halo.sum(), in_sr / everything[inside].sum()


def compare_methods(model: Model, events: int, seeds: int) -> Table:
    """Scatter of what both methods find over the seeds, and how well they select halo."""
    table = Table("method", "scatter of TDC peak", "scatter of ADC cut", "of clean halo in SR", "SR purity")
    drawn = [simulate(model, events, seed) for seed in range(1, seeds + 1)]
    for method in METHODS:
        peaks, cuts, efficiency, purity = zip(*(select(*one, method) for one in drawn), strict=True)
        scatter = [f"{np.std(part, axis=0).mean():.2f}" for part in (peaks, cuts)]
        table.add_row(method, *scatter, f"{np.mean(efficiency):.2%}", f"{np.mean(purity):.3%}")
    return table


def main() -> None:
    """Print tables for some numbers of events, and for more background."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[10_000, 100_000], help="per side")
    parser.add_argument("--seeds", type=int, default=20)
    args = parser.parse_args()
    console = Console(width=110)
    dirty = Model(activation=replace(Model().activation, charge=4_000.0))
    for title, model in (("default model", Model()), ("activation of 4 pC instead of 1.6 pC", dirty)):
        for events in args.events:
            table, lines = measure(model, events, args.seeds)
            methods = compare_methods(model, events, args.seeds)
            console.print(f"\n{title}", table, lines, methods, sep="\n", highlight=False)


if __name__ == "__main__":
    main()
