"""What stands in the sections of a report: numbers from a finished analysis, as cards, lists and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..detector.channels import CHANNELS, find_side
from ..histograms.axes import REGION_MEANINGS, REGIONS
from ..histograms.counts import pick
from .finished import Finished
from .notices import Verdict
from .tables import Cell, Table, count, empty, number, percent, with_errors, word, write_counts

__all__ = [
    "SideCard",
    "list_conditions",
    "list_provenance",
    "make_cards",
    "tabulate_channels",
    "tabulate_cutflow",
    "tabulate_cuts",
    "tabulate_inputs",
    "tabulate_left_out",
    "tabulate_runs",
    "tabulate_sides",
]

_STEPS: Final = {
    "all": "all pulses",
    "connected": "of a connected unit",
    "one_or_two_tdc_codes": "one or two TDC codes",
    "tdc_is_a_time": "first TDC code is a time",
    "not_adc_188_at_tdc_25": "no link word (ADC 188 at TDC 25)",
    "not_adc_124_at_tdc_0": "no link word (ADC 124 at TDC 0)",
}
_CUT_MEANINGS: Final = {
    "tdc_window": "halo within so many TDC codes of the channel's TDC peak",
    "cp_centre": "where the collision-product box stands",
    "cp_tdc": "first and last TDC code of the collision-product box",
    "cp_adc": "first and last peak ADC code of the collision-product box",
    "stability_window": "TDC codes around the peak that stability is measured in",
    "link_words": "link words decoded as data are removed",
}
#: by the last part of the name
_FITTED: Final = ("position", "purity", "separation")


@dataclass(frozen=True)
class SideCard:
    """How much halo a side sees, in large print: `rate` in Hz with its error, and what it rests on."""

    title: str
    beam: int
    rate: str
    basis: str


def make_cards(finished: Finished) -> list[SideCard]:
    """Make one card per side."""
    cards = []
    for side in finished.sides:
        halo = finished.summary.get("rates", {}).get(side.name, {}).get("SR", {})
        n = finished.summary["sides"][side.name]["regions"]["SR"]
        if halo.get("hz") is None:
            rate, basis = "rate not known", f"{write_counts(n)} beam-halo pulses"
        else:
            rate = f"{with_errors(halo['hz'], halo['hz_low'], halo['hz_high'])} Hz"
            basis = f"{n:,} beam-halo pulses in {halo['live_s']:,.1f} s"
        cards.append(SideCard(side.title, side.beam, rate, basis))
    return cards


def tabulate_sides(finished: Finished) -> Table:
    """Tabulate events, pulses, regions and rates, a column per side."""
    names = [side.name for side in finished.sides]
    sides = [finished.summary["sides"][name] for name in names]
    rows = [
        ("events", [count(side["read"]["events"]) for side in sides]),
        ("events left out", [count(side["read"]["headers"] - side["read"]["events"]) for side in sides]),
        ("pulses", [count(side["read"]["pulses"]) for side in sides]),
        ("clean pulses", [count(side["clean"]) for side in sides]),
    ]
    rows += [
        (f"{region}: {REGION_MEANINGS[region]}", [_poisson(side["regions"][region]) for side in sides])
        for region in REGIONS
    ]
    rates = finished.summary.get("rates", {})
    rows += [
        (f"rate of {region} [Hz]", [_rate(rates[name][region]) for name in names])
        for region in REGIONS
        if all(region in rates.get(name, {}) for name in names)
    ]
    if all(name in rates for name in names):
        rows.append(("live time [s]", [number(rates[name]["SR"]["live_s"], ",.1f") for name in names]))
    return Table(
        "Numbers of each side, with one-sigma Poisson errors",
        ("quantity", *(find_side(name).title for name in names)),
        tuple((word(title), *cells) for title, cells in rows),
    )


def _poisson(n: int) -> Cell:
    return Cell(write_counts(n), float(n), "", "num")


def _rate(found: Mapping[str, Any]) -> Cell:
    if found["hz"] is None:
        return empty()
    return Cell(with_errors(found["hz"], found["hz_low"], found["hz_high"]), found["hz"], "", "num")


def tabulate_left_out(finished: Finished) -> Table | None:
    """Tabulate why events were left out; nothing if all could be read."""
    rows = [
        (word(name), word(str(reason).replace("_", " ")), count(n))
        for name, side in finished.summary["sides"].items()
        for reason, n in side["read"]["skipped"].items()
    ]
    return Table("Events left out", ("side", "reason", "events"), tuple(rows)) if rows else None


def tabulate_cutflow(finished: Finished) -> Table:
    """Tabulate pulses left after each cleaning step."""
    flows = {side.name: dict(finished.summary["sides"][side.name]["cutflow"]) for side in finished.sides}
    steps = list(dict.fromkeys(step for flow in flows.values() for step in flow))
    rows = []
    for step in steps:
        cells = [
            cell
            for flow in flows.values()
            for cell in (count(flow.get(step)), percent(flow.get(step, 0), next(iter(flow.values()), 0)))
        ]
        rows.append((word(_STEPS.get(step, step.replace("_", " "))), *cells))
    heads = [head for name in flows for head in (f"{name} pulses", f"{name} of all")]
    return Table("Pulses left after each cleaning step", ("step", *heads), tuple(rows))


def tabulate_runs(finished: Finished) -> Table:
    """Tabulate the runs with their clean pulses, and their times where they are known."""
    known = {one["run"]: one for one in finished.summary.get("conditions", {}).get("runs", ())}
    pulses = finished.histograms.get("runs")
    names = [side.name for side in finished.sides]
    rows = []
    for run in finished.summary["runs"]:
        about = known.get(run, {})
        found = [None if pulses is None else _pulses(pulses, name, run) for name in names]
        rows.append(
            (
                Cell(str(run), float(run)),
                word(about.get("fill") or "–"),
                word(_utc(about.get("start"))),
                word(_utc(about.get("end"))),
                *(count(n) for n in found),
            )
        )
    heads = ("run", "fill", "start [UTC]", "end [UTC]", *(f"{name} clean pulses" for name in names))
    return Table("Runs", heads, tuple(rows))


def _pulses(h: Any, side: str, run: int) -> int:
    part = pick(h, side=side)
    runs = list(part.axes["run"])
    return int(part.values()[runs.index(run)]) if run in runs else 0


def _utc(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")


def list_conditions(finished: Finished) -> list[tuple[str, str]]:
    """List what is known of time, luminosity and filling scheme."""
    found = finished.summary.get("conditions")
    if not found:
        return [("conditions", "not known")]
    exposure = finished.exposure
    lines = []
    if exposure is not None and len(exposure):
        unit = " UTC" if exposure.is_absolute else " after the first orbit"
        lines.append(("time", f"{exposure.name_time(0)} to {exposure.name_time(-1)}{unit}"))
        if exposure.uncertainty is not None:
            lines.append(("uncertainty of the time", f"{exposure.uncertainty:.1f} s"))
    lines.append(
        ("time bins with data", f"{found['bins']:,}, {found['lumisections']:,} of them lumisections")
    )
    lumi = found.get("delivered_per_ub")
    lines.append(("delivered luminosity", "not known" if lumi is None else f"{lumi / 1e6:,.4g} /pb"))
    lines.append(("filling scheme", found.get("filling") or "not known"))
    lines += [
        (f"source of {one['what']}", f"{one['where']} ({one['retrieved']})")
        for one in found.get("sources", ())
    ]
    return lines


def tabulate_cuts(finished: Finished) -> Table:
    """Tabulate the cuts with what they mean."""
    rows = (
        (word(name), word(_write(value)), word(_CUT_MEANINGS.get(name, "")))
        for name, value in finished.summary["cuts"].items()
    )
    return Table("Cuts", ("cut", "value", "what it does"), tuple(rows))


def _write(value: object) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def list_provenance(finished: Finished) -> list[tuple[str, str]]:
    """List which program made the results, from what, and how."""
    summary, calibration = finished.summary, finished.calibration
    execution = summary.get("execution", {})
    lines = [("program", f"bhm_columnar {summary.get('bhm_columnar', '(version not known)')}")]
    if command := summary.get("command"):
        lines.append(("command", command if isinstance(command, str) else " ".join(map(str, command))))
    lines.append(("calibration", f"{calibration.get('name')} ({calibration.get('method')})"))
    if execution:
        lines.append(
            ("executor", f"{execution['executor']}, {execution['workers']} worker(s): {execution['why']}")
        )
    if reference := summary.get("reference"):
        lines.append(("reference of orbits", f"run {reference['run']}, orbit {reference['orbit']:,}"))
    if seconds := summary.get("seconds"):
        lines.append(("time taken", ", ".join(f"{stage} {time:.1f} s" for stage, time in seconds.items())))
    return lines


def tabulate_inputs(finished: Finished) -> Table:
    """Tabulate the dumps with their checksums."""
    rows = tuple(
        (word(one["path"]), count(one.get("bytes")), word(one.get("sha256", "–"), kind="sum"))
        for one in finished.about.get("inputs", ())
    )
    return Table("Inputs", ("file", "bytes", "SHA-256"), rows)


def tabulate_channels(finished: Finished, verdict: Verdict) -> Table:
    """Tabulate every channel: counts, calibration, fits where there are any, and its data quality."""
    fits = _fitted_columns(finished)
    rows = tuple(_channel_rows(finished, fits, verdict))
    heads = ("channel", "side", "φ [°]", *REGIONS, "TDC peak [0.5 ns]", "ADC cut", *map(_fit_title, fits))
    return Table("Channels", (*heads, "data quality"), rows)


def _fitted_columns(finished: Finished) -> list[str]:
    """Fitted numbers that the table has room for, if any channel has them; its panel shows all of them."""
    found = dict.fromkeys(name for unit in CHANNELS for name in finished.fit(unit))
    return [name for name in found if name.rpartition(".")[2] in _FITTED]


def _fit_title(name: str) -> str:
    return f"fit: {name.replace('.', ' ').replace('_', ' ')}"


def _channel_rows(finished: Finished, fits: list[str], verdict: Verdict) -> Iterator[tuple[Cell, ...]]:
    calibration = finished.calibration["channels"]
    for unit in CHANNELS:
        if unit.side not in finished.sides:
            continue
        counts = finished.summary["sides"][unit.side.name]["channels"][unit.name]
        fit = finished.fit(unit)
        level = verdict.level(unit.name)
        yield (
            word(unit.name, href=f"#channel-{unit.name}"),
            word(unit.side.name),
            number(unit.phi, ".1f"),
            *(count(counts[region]) for region in REGIONS),
            count(calibration[unit.name]["tdc_peak"]),
            count(calibration[unit.name]["adc_cut"]),
            *(_fit_cell(fit.get(name)) for name in fits),
            word(verdict.channels.get(unit.name, "not checked"), kind=level),
        )


def _fit_cell(found: tuple[float, float | None] | None) -> Cell:
    if found is None:
        return empty()
    value, error = found
    text = f"{value:.4g}" if error is None else with_errors(value, value - error, value + error)
    return Cell(text, value, "", "num")
