"""Figures of rates draw the rates, with gaps where there are none, in every case that data can be in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib.dates as mdates
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection, QuadMesh
from matplotlib.container import ErrorbarContainer
from matplotlib.legend import Legend
from matplotlib.patches import StepPatch

from bhm_columnar.errors import SelectionError
from bhm_columnar.histograms.axes import channel_axis, region_axis, side_axis
from bhm_columnar.histograms.counts import Histogram, make_counts
from bhm_columnar.histograms.exposure import Exposure, time_axis
from bhm_columnar.histograms.linefit import fit_line
from bhm_columnar.histograms.rates import count_pulses, make_rate
from bhm_columnar.plotting.profiles import with_error
from bhm_columnar.plotting.rates import plot_rate_luminosity, plot_rates
from bhm_columnar.plotting.style import accent, add_label, cms_style
from tests.exposures import deliver, expose

ORIGIN = 1692820000.0  # 2023-08-23 19:46:40
WIDTH = 23.311


def make_exposure(n: int, **changes: object) -> Exposure:
    """Lumisections of a fill that begins with flat top, ends with a dump, and misses luminosity in two bins."""
    status = np.full(n, "STABLE BEAMS", dtype=object)
    status[: n // 5] = "FLAT TOP"
    status[n // 10 : n // 5] = "ADJUST"
    luminosity = np.linspace(2e4, 1e4, n)
    luminosity[: n // 5] = 0
    if n > 20:
        luminosity[n // 2 : n // 2 + 2] = np.nan
        status[-2:] = "BEAM DUMP"
    live = {"+Z": np.full(n, 0.98 * WIDTH), "-Z": np.full(n, 0.95 * WIDTH)}
    if n > 20:
        live["+Z"][n // 3 : n // 3 + 4] = 0
    exposure = expose(
        edges=np.arange(n + 1) * WIDTH,
        origin=ORIGIN,
        live=live,
        run=np.full(n, 5),
        lumisection=np.arange(n) + 1,
        delivered=luminosity * WIDTH,
        status=tuple(status),
        intensity={"+Z": 3e14, "-Z": 3e14},
        uncertainty=0.5,
    )
    delivered = changes.pop("delivered", exposure.delivered)
    return deliver(replace(exposure, **changes), delivered)


def make_pulses(exposure: Exposure, *, rate: float = 0.6) -> Histogram:
    rng = np.random.default_rng(8)
    h = make_counts(side_axis(), region_axis(), channel_axis(), time_axis(exposure))
    luminosity = np.nan_to_num(exposure.delivered / exposure.widths)
    for row, side in enumerate(("+Z", "-Z")):
        mean = exposure.live.get(side, np.zeros(len(exposure))) * rate * (1 + luminosity / 1e4) / 20
        h.view()[row, 0, 20 * row : 20 * row + 20] = rng.poisson(np.tile(mean, (20, 1)))
    return h


def finish(ax: Axes, path: Path) -> None:
    """Draw everything: warnings are errors."""
    add_label(ax, "Preliminary", "Run 5")
    ax.figure.savefig(path / "x.png", dpi=40)
    bottom, top = ax.get_ylim()
    assert np.isfinite([bottom, top]).all()
    assert bottom < top


def bars(ax: Axes) -> list[ErrorbarContainer]:
    return [one for one in ax.containers if isinstance(one, ErrorbarContainer)]


def lines(ax: Axes) -> list[StepPatch]:
    return [one for one in ax.patches if isinstance(one, StepPatch) and not one.get_fill()]


def texts(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in ax.texts)


def legends(ax: Axes) -> list[Legend]:
    return [one for one in ax.get_children() if isinstance(one, Legend)]


def right_of(ax: Axes) -> Axes | None:
    others = [other for other in ax.figure.axes if other is not ax]
    return others[0] if others else None


def ends(container: ErrorbarContainer) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of vertical error bars, without those of gaps."""
    segments = np.array([path.vertices for path in container.lines[2][1].get_paths() if len(path.vertices)])
    segments = segments[np.isfinite(segments).all(axis=(1, 2))]
    return segments[:, 0, 1], segments[:, 1, 1]


@pytest.fixture(autouse=True)
def _style() -> object:
    with cms_style():
        yield


def test_points_are_the_rates(tmp_path: Path) -> None:
    exposure = make_exposure(60)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure)
    for container, side, color in zip(bars(ax), ("+Z", "-Z"), ("#e42536", "black"), strict=True):
        expected = make_rate(count_pulses(h, side=side, region="SR"), exposure.live[side])
        x, y = container.lines[0].get_data()
        assert y == pytest.approx(expected.value, nan_ok=True)
        assert np.isnan(y).sum() == (4 if side == "+Z" else 0)
        centres = ORIGIN + (exposure.edges[:-1] + exposure.edges[1:]) / 2
        assert x * 86400 == pytest.approx(centres, abs=1e-3)
        seen = np.isfinite(expected.value)
        low, high = ends(container)
        assert low == pytest.approx(expected.low[seen])
        assert high == pytest.approx(expected.high[seen])
        assert container.lines[0].get_color() == color
    assert ax.get_ylabel() == "Beam halo rate [Hz]"
    assert ax.get_xlabel() == "Time (UTC), 2023-08-23"
    assert "time axis ± 0.5 s" in texts(ax)
    finish(ax, tmp_path)


def test_empty_live_bins_are_points_at_zero() -> None:
    exposure = make_exposure(30)
    ax = plot_rates(make_pulses(exposure, rate=0.02), exposure)
    y = bars(ax)[1].lines[0].get_ydata()
    _, high = ends(bars(ax)[1])
    # few pulses: so small a rate is drawn in mHz
    assert ax.get_ylabel() in ("Beam halo rate [Hz]", "Beam halo rate [mHz]")
    assert (y == 0).any()
    assert (high[y == 0] > 0).all()
    assert ax.get_ylim()[0] < 0


def test_luminosity(tmp_path: Path) -> None:
    exposure = make_exposure(60)
    ax = plot_rates(make_pulses(exposure), exposure)
    right = right_of(ax)
    assert right is not None
    (line,) = lines(right)
    drawn = line.get_data()
    expected = exposure.delivered / exposure.widths / 1e4
    assert drawn.values == pytest.approx(expected, nan_ok=True)
    assert np.isnan(drawn.values).sum() == 2
    assert right.get_ylabel() == "Luminosity [$10^{34}$ cm$^{-2}$ s$^{-1}$]"
    assert right.yaxis.label.get_color() == accent()
    assert right.get_zorder() < ax.get_zorder()
    finish(ax, tmp_path)
    low = deliver(exposure, exposure.delivered / 100)
    right = right_of(plot_rates(make_pulses(exposure), low))
    assert right is not None
    assert right.get_ylabel() == "Luminosity [Hz/$\\mu$b]"
    assert np.nanmax(lines(right)[0].get_data().values) == pytest.approx(np.nanmax(expected) * 100)
    assert right_of(plot_rates(make_pulses(exposure), exposure, show_luminosity=False)) is None


def test_beam_status() -> None:
    exposure = make_exposure(60, status=("",) * 10 + make_exposure(60).status[10:])
    ax = plot_rates(make_pulses(exposure), exposure)
    found = {one.get_label(): one for one in ax.collections if isinstance(one, PolyCollection)}
    assert list(found) == ["Stable beams", "Adjust", "Other"]
    stable = found["Stable beams"]
    (path,) = stable.get_paths()  # one band for all neighbours
    begin, end = path.vertices[:, 0].min(), path.vertices[:, 0].max()
    assert (begin * 86400 - ORIGIN) / WIDTH == pytest.approx(12, abs=1e-3)
    assert (end * 86400 - ORIGIN) / WIDTH == pytest.approx(58, abs=1e-3)
    assert stable.get_alpha() == 0.18
    assert stable.get_zorder() == 0
    curves, status = sorted(legends(ax), key=lambda one: one.get_window_extent().x0)
    assert status.get_title().get_text() == "LHC beam status"
    assert [text.get_text() for text in status.get_texts()] == list(found)
    assert [text.get_text() for text in curves.get_texts()] == ["+Z (beam 1)", "−Z (beam 2)", "Luminosity"]


@pytest.mark.parametrize("n", [1, 12, 60, 200, 500])
def test_legends_cover_no_data(n: int, tmp_path: Path) -> None:
    exposure = make_exposure(n)
    ax = plot_rates(make_pulses(exposure), exposure)
    finish(ax, tmp_path)
    below = min(ax.transData.inverted().transform(one.get_window_extent().p0)[1] for one in legends(ax))
    drawn = [one.lines[0].get_ydata() for one in bars(ax)] + [one.get_data().values for one in lines(ax)]
    assert drawn
    assert max(np.nanmax(values) for values in drawn) < below
    right = right_of(ax)
    assert right is not None
    below = min(right.transData.inverted().transform(one.get_window_extent().p0)[1] for one in legends(ax))
    assert np.nanmax(lines(right)[0].get_data().values) < below


def test_many_bins_are_merged(tmp_path: Path) -> None:
    exposure = make_exposure(3000)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure)
    assert ax.get_ylabel() == "Beam halo rate [Hz], mean of 15 bins"
    counts, live = count_pulses(h, side="+Z", region="SR"), exposure.live["+Z"]
    expected = counts.reshape(200, 15).sum(axis=1) / live.reshape(200, 15).sum(axis=1)
    drawn = lines(ax)[0].get_data()
    assert drawn.values == pytest.approx(expected)
    assert drawn.edges * 86400 - ORIGIN == pytest.approx(exposure.edges[::15], abs=1e-3)
    right = right_of(ax)
    assert right is not None
    whole = lines(right)[0].get_data().values
    delivered = exposure.delivered[:15].sum() / exposure.widths[:15].sum() / 1e4
    assert whole[0] == pytest.approx(delivered)
    finish(ax, tmp_path)


def test_merging_stops_at_long_gaps() -> None:
    exposure = make_exposure(1000)
    edges = exposure.edges.copy()
    edges[503:] += 5000
    live = {side: np.where(np.arange(1000) == 502, 0, seconds) for side, seconds in exposure.live.items()}
    exposure = replace(exposure, edges=edges, live=live)
    drawn = lines(plot_rates(make_pulses(exposure), exposure))[0].get_data()
    assert np.flatnonzero(np.isnan(drawn.values)).tolist() == [101]
    assert np.diff(drawn.edges)[101] * 86400 == pytest.approx(5000 + WIDTH, abs=1e-3)


def test_band_between_points_and_merging() -> None:
    exposure = make_exposure(300)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure, unit="/min", sides=["+Z"])
    band, line = (one for one in ax.patches if isinstance(one, StepPatch))
    rate = make_rate(count_pulses(h, side="+Z", region="SR"), exposure.live["+Z"] / 60)
    assert line.get_data().values == pytest.approx(rate.value, nan_ok=True)
    assert band.get_data().values == pytest.approx(rate.high, nan_ok=True)
    assert band.get_data().baseline == pytest.approx(rate.low, nan_ok=True)
    assert np.isnan(line.get_data().values).sum() == 4
    assert ax.get_ylabel() == "Beam halo pulses / min"


def test_sides_and_channels(tmp_path: Path) -> None:
    exposure = make_exposure(60)
    h = make_pulses(exposure)
    one = replace(exposure, live={"-Z": exposure.live["-Z"], "+Z": np.zeros(60)})
    for ax in (plot_rates(h, one), plot_rates(h, exposure, sides=["-Z"])):
        (container,) = bars(ax)
        assert container.get_label() == "−Z (beam 2)"
        finish(ax, tmp_path)
    ax = plot_rates(h, exposure, channels=[1, 3], region="CP")
    assert len(bars(ax)) == 1
    assert "PN02, PN04\nNo data" in texts(ax)
    assert ax.get_ylabel() == "Collision product rate [Hz]"
    assert "6 channels" in texts(plot_rates(h, exposure, channels=range(6)))


def test_relative_time(tmp_path: Path) -> None:
    exposure = make_exposure(60, origin=None, uncertainty=None)
    ax = plot_rates(make_pulses(exposure), exposure)
    assert ax.get_xlabel() == "Time since the first orbit [h]"
    assert bars(ax)[0].lines[0].get_xdata()[0] == pytest.approx(WIDTH / 2 / 3600)
    assert "time axis" not in texts(ax)
    finish(ax, tmp_path)


@pytest.mark.parametrize(
    ("n", "title", "tick"),
    [
        (1, "2023-08-23", "19:46:45"),
        (200, "2023-08-23", "20:00"),
        (1000, "2023-08-23 to 2023-08-24", "00:00"),
        (8000, "2023-08-23 to 2023-08-25", "08-24"),
        (30000, "2023-08-23 to 2023-08-31", "08-25"),
    ],
)
def test_ticks_are_utc(n: int, title: str, tick: str, tmp_path: Path) -> None:
    exposure = make_exposure(n)
    ax = plot_rates(make_pulses(exposure), exposure)
    finish(ax, tmp_path)
    assert ax.get_xlabel() == f"Time (UTC), {title}"
    assert tick in [label.get_text() for label in ax.get_xticklabels()]
    first, last = (mdates.date2num(np.datetime64(round(ORIGIN + s), "s")) for s in exposure.edges[[0, -1]])
    assert ax.get_xlim()[0] < first < last < ax.get_xlim()[1]


def test_single_bin(tmp_path: Path) -> None:
    exposure = make_exposure(1)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure)
    assert bars(ax)[0].lines[0].get_ydata() == pytest.approx(
        count_pulses(h, side="+Z", region="SR") / exposure.live["+Z"]
    )
    finish(ax, tmp_path)
    short = replace(exposure, edges=np.array([0, 0.364]), live={"+Z": np.array([0.364])})
    finish(plot_rates(h, short), tmp_path)


def test_no_pulses(tmp_path: Path) -> None:
    exposure = make_exposure(60)
    h = make_pulses(exposure).reset()
    ax = plot_rates(h, exposure)
    assert "No data" in texts(ax)
    assert np.nanmax(bars(ax)[0].lines[0].get_ydata()) == 0
    finish(ax, tmp_path)
    for live in ({}, {"+Z": np.zeros(60)}):
        ax = plot_rates(h, replace(exposure, live=live, status=()))
        assert not bars(ax)
        assert "No data" in texts(ax)
        finish(ax, tmp_path)


def test_no_luminosity(tmp_path: Path) -> None:
    exposure = make_exposure(60, delivered=np.full(60, np.nan), status=("",) * 60)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure)
    assert right_of(ax) is None
    assert len(legends(ax)) == 1
    finish(ax, tmp_path)
    with pytest.raises(SelectionError, match="no luminosity is known"):
        plot_rates(h, exposure, unit="/nb")
    ax = plot_rate_luminosity(h, exposure, side="+Z")
    assert texts(ax) == "No data: no luminosity"
    finish(ax, tmp_path)
    dark = deliver(exposure, np.zeros(60))
    finish(plot_rates(h, dark, unit="/nb"), tmp_path)


@pytest.mark.parametrize(
    ("unit", "title", "scale"),
    [
        ("Hz", "Beam halo rate [Hz]", 1),
        ("/h", "Beam halo pulses / h", 3600),
        ("/LS", "Beam halo pulses / lumisection", 2**18 / 11245.501),
        ("Hz/1e11p", "Beam halo rate [mHz / $10^{11}$ p]", 1e3 / 3e3),
    ],
)
def test_units(unit: str, title: str, scale: float) -> None:
    exposure = make_exposure(60)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure, unit=unit, sides=["-Z"])
    rate = count_pulses(h, side="-Z", region="SR") / exposure.live["-Z"] * scale
    assert bars(ax)[0].lines[0].get_ydata() == pytest.approx(rate)
    assert ax.get_ylabel() == title


def test_rate_per_luminosity() -> None:
    exposure = make_exposure(60)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure, unit="/nb", sides=["-Z"])
    y = bars(ax)[0].lines[0].get_ydata()
    counts = count_pulses(h, side="-Z", region="SR")
    assert y[-1] == pytest.approx(counts[-1] / (1e4 * 0.95 * WIDTH / 1e3))
    assert np.isnan(y[:12]).all()
    assert ax.get_ylabel() == "Beam halo pulses / nb$^{-1}$"


def test_merged_bins_leave_out_pulses_without_luminosity() -> None:
    exposure = make_exposure(1000)
    h = make_pulses(exposure)
    ax = plot_rates(h, exposure, unit="/nb", sides=["-Z"])
    counts = count_pulses(h, side="-Z", region="SR")[500:505]
    delivered = exposure.delivered_live["-Z"][500:505] / 1e3
    known = np.isfinite(delivered)
    assert known.sum() == 3
    assert lines(ax)[0].get_data().values[100] == pytest.approx(counts[known].sum() / delivered[known].sum())


def test_short_bins_do_not_set_the_range() -> None:
    exposure = make_exposure(60)
    exposure.live["-Z"][30] = 0.01
    h = make_pulses(exposure)
    assert ax_top(plot_rates(h, exposure)) < 10


def ax_top(ax: Axes) -> float:
    return float(ax.get_ylim()[1])


def test_rate_luminosity(tmp_path: Path) -> None:
    exposure = make_exposure(200)
    h = make_pulses(exposure)
    ax = plot_rate_luminosity(h, exposure, side="+Z")
    counts, live = count_pulses(h, side="+Z", region="SR"), exposure.live["+Z"]
    luminosity = exposure.delivered / exposure.widths
    usable = (live > 0) & np.isfinite(luminosity)
    (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
    assert mesh.get_array().sum() == usable.sum() == 194
    fit = fit_line(counts, live, luminosity)
    assert fit is not None
    line = next(one for one in ax.lines if one.get_label() == "Fitted line")
    x, y = line.get_data()
    assert y == pytest.approx(fit.intercept + fit.slope * 1e4 * x)
    (profile,) = bars(ax)
    dark = luminosity == 0
    assert profile.lines[0].get_xdata()[0] == 0
    assert profile.lines[0].get_ydata()[0] == pytest.approx(counts[dark].sum() / live[dark].sum())
    said = texts(ax)
    slope = f"Slope {with_error(fit.slope * 1e4, fit.slope_error * 1e4)} Hz / ($10^{{34}}$ cm"
    assert slope in said
    assert f"Intercept {with_error(fit.intercept, fit.intercept_error)} Hz" in said
    assert f"{fit.chi2:.1f}/192, p = {fit.p_value:.2f}" in said
    assert "Time bins" in [other.get_ylabel() for other in ax.figure.axes]
    finish(ax, tmp_path)


def test_rate_luminosity_keeps_empty_bins(tmp_path: Path) -> None:
    exposure = make_exposure(100)
    h = make_pulses(exposure, rate=0.02)
    ax = plot_rate_luminosity(h, exposure, side="-Z", channels=[20, 21])
    (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
    assert mesh.get_array().sum() == 98
    assert mesh.get_array()[0].sum() == (
        (count_pulses(h, side="-Z", region="SR", channels=[20, 21]) == 0)
        & np.isfinite(exposure.delivered)
    ).sum()  # fmt: skip
    assert "MN01, MN02" in texts(ax)
    finish(ax, tmp_path)


@pytest.mark.parametrize("rate", [0.6, 500.0])
def test_rate_luminosity_shows_every_bin(rate: float, tmp_path: Path) -> None:
    for luminosity in (1e4, 1.9e4 * (1 + 1e-3 * np.arange(100)), np.linspace(0, 2e4, 100)):
        exposure = make_exposure(100, delivered=luminosity * np.full(100, WIDTH))
        exposure.live["-Z"][::7] = 3.0
        ax = plot_rate_luminosity(make_pulses(exposure, rate=rate), exposure, side="-Z")
        (mesh,) = (one for one in ax.collections if isinstance(one, QuadMesh))
        assert mesh.get_array().sum() == 100
        assert not [one for one in ax.collections if isinstance(one, PathCollection)]
        finish(ax, tmp_path)


def test_rate_luminosity_without_a_fit(tmp_path: Path) -> None:
    single = make_exposure(1)
    equal = make_exposure(30, delivered=np.full(30, 1e4 * WIDTH))
    for exposure in (single, equal):
        ax = plot_rate_luminosity(make_pulses(exposure), exposure, side="-Z")
        assert "No fit: fewer than 3 time bins\nor a single luminosity" in texts(ax)
        assert "Fitted line" not in [line.get_label() for line in ax.lines]
        finish(ax, tmp_path)
    exposure = make_exposure(60)
    ax = plot_rate_luminosity(make_pulses(exposure).reset(), exposure, side="-Z")
    assert texts(ax) == "No data"
    finish(ax, tmp_path)
    ax = plot_rate_luminosity(make_pulses(exposure), replace(exposure, live={}), side="-Z")
    assert texts(ax) == "No data: no luminosity"


def test_value_with_error() -> None:
    assert with_error(0.26813, 0.0241) == "0.268 ± 0.024"
    assert with_error(-1234.5, 321.0) == "−1234 ± 321"
    assert with_error(3.14159, 1.0) == "3.1 ± 1.0"
    assert with_error(2.0, 0.0) == "2.000 ± 0.000"
