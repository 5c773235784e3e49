"""Figures show the counts they are given, in CMS style, and come out the same twice."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Polygon, StepPatch

from bhm_columnar._forks import can_fork
from bhm_columnar.calibration.fits import fit_peaks
from bhm_columnar.detector.channels import CHANNELS, SIDES
from bhm_columnar.errors import OutputError, SelectionError
from bhm_columnar.histograms.counts import pick, pick_side
from bhm_columnar.plotting.channels import plot_adc_peak, plot_channel_events, plot_tdc_adc, plot_tdc_peak
from bhm_columnar.plotting.figures import FIGURES, begin_figures, draw_figure, draw_figures, list_figures
from bhm_columnar.plotting.panel import Panel
from bhm_columnar.plotting.regions import plot_charge, plot_occupancy
from bhm_columnar.plotting.results import Results, load_results
from bhm_columnar.plotting.stability import plot_tdc_stability, plot_tdc_violins
from bhm_columnar.plotting.standard import REDRAWN, part_of
from bhm_columnar.plotting.style import add_label, cms_style, make_figure
from bhm_columnar.plotting.workers import Drawing

from .made import make_results

needs_forks = pytest.mark.skipif(not can_fork(), reason="this platform forks no processes")


@pytest.fixture(scope="module")
def results(analysed: Path) -> Results:
    return load_results(analysed)


def stairs(ax: object) -> list[np.ndarray]:
    return [
        patch.get_data().values
        for patch in ax.patches
        if isinstance(patch, StepPatch) and patch.get_visible()
    ]


def test_occupancy(results: Results) -> None:
    h = pick(results.histograms["occupancy"], side="+Z")
    ax = plot_occupancy(h)
    assert all(
        (drawn == pick(h, region=region).values()).all()
        for drawn, region in zip(stairs(ax), ("BR", "SR"), strict=True)
    )
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("BX of the board", "Pulses / BX")


def test_charge(results: Results) -> None:
    h = pick(results.histograms["charge"], side="-Z")
    ax = plot_charge(h)
    assert [drawn.sum() for drawn in stairs(ax)] == [
        pick(h, region=name).sum() for name in ("BR", "CP", "AR", "SR")
    ]
    assert ax.get_xlabel() == "Charge, nominal QIE10 [fC]"
    assert ax.get_ylabel() == "Pulses / (1/30 decade)"


def test_adc_and_tdc_peaks_show_what_the_cuts_mean(results: Results) -> None:
    channel = CHANNELS[24]
    at, cut = results.calibration.tdc_peak[24], results.calibration.adc_cut[24]
    h = pick(results.histograms["adc_tdc"], channel=channel)
    counts = h.values()
    ax = plot_adc_peak(h, channel=channel, tdc_peak=at, adc_cut=cut)
    window, at_peak = stairs(ax)
    assert (window == counts[at - 1 : at + 2, 100:200].sum(axis=0)).all()
    assert (at_peak == counts[at, 100:200]).all()
    assert ax.lines[0].get_xdata()[0] == cut - 0.5
    ax = plot_tdc_peak(h, channel=channel, tdc_peak=at, adc_cut=cut)
    (drawn,) = stairs(ax)
    assert (drawn == counts[:, cut:].sum(axis=1)).all()


def test_map_and_channels(results: Results) -> None:
    plane = pick_side(results.histograms["adc_tdc"], SIDES[0])
    ax = plot_tdc_adc(plane, cp_box=((29, 33), (81, 139)))
    mesh = ax.collections[0]
    assert mesh.get_array().sum() == plane.sum()
    counts = pick(results.histograms["channels"], side="-Z", region="SR")
    ax = plot_channel_events(counts, side=SIDES[1])
    bars = [patch for patch in ax.patches if isinstance(patch, Polygon)]
    lengths = [np.hypot(*(bar.get_xy()[3] - bar.get_xy()[0])) for bar in bars]
    assert np.argmax(lengths) == np.argmax(counts.values()[20:])
    mirrored = plot_channel_events(counts, side=SIDES[1], orientation="mirrored")
    first = next(patch for patch in mirrored.patches if isinstance(patch, Polygon))
    assert np.sign(first.get_xy()[0][0]) == -np.sign(bars[0].get_xy()[0][0])


def test_stability(results: Results) -> None:
    h = results.histograms["stability"]
    ax = plot_tdc_stability(h, side=SIDES[0])
    drawn = ax.containers[0].lines[0].get_ydata()
    assert (drawn == np.argmax(h.project("channel", "tdc").values()[:20], axis=1)).all()
    assert len(plot_tdc_violins(h, side=SIDES[0]).collections) >= 20
    assert ax.get_xticklabels()[0].get_text() == "PN01"


@pytest.fixture(scope="module")
def fill_results(filled: Path) -> Results:
    return load_results(filled)


PARTS = {"rates": "SR", "rate_luminosity": "plusZ_SR", "bunch_rates": "plusZ_CP", "adc": "PN", "tdc": "PN"}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_nothing(fill_results: Results, tmp_path: Path, name: str) -> None:
    empty = replace(
        fill_results,
        histograms={key: h.copy().reset() for key, h in fill_results.histograms.items()},
        runs=(),
    )
    draw_figure(empty, name, PARTS.get(name, "plusZ"), [tmp_path / "x.png"])
    assert (tmp_path / "x.png").stat().st_size > 10_000


def test_figures_are_those_of_what_is_known(results: Results, fill_results: Results) -> None:
    plain = {name for name, _ in list_figures(results)}
    assert plain == set(FIGURES) - {"rate_luminosity", "bunch_occupancy", "bunch_rates"}
    assert {name for name, _ in list_figures(fill_results)} == set(FIGURES)
    assert ("bunch_rates", "minusZ_CP") in list_figures(fill_results)
    assert ("rates", "CP") in list_figures(replace(results, sides=SIDES[:1]))
    with pytest.raises(
        SelectionError, match=r"the BX of \+Z are not aligned with LHC slots; give the scheme"
    ):
        draw_figure(results, "bunch_rates", "plusZ_SR", ["x.png"])
    with pytest.raises(SelectionError, match="'XX' is no region; regions are SR, BR, CP, AR"):
        draw_figure(results, "rates", "XX", ["x.png"])
    with pytest.raises(SelectionError, match="there are no rates in these results"):
        draw_figure(replace(results, exposure=None), "rates", "SR", ["x.png"])


def test_one_side_draws_one_side(results: Results, tmp_path: Path) -> None:
    names = draw_figures(replace(results, sides=SIDES[1:]), tmp_path, names=["occupancy", "tdc"])
    assert names == [
        "occupancy_minusZ.pdf",
        "occupancy_minusZ.png",
        "tdc_MN.pdf",
        "tdc_MN.png",
        "tdc_MF.pdf",
        "tdc_MF.png",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / "tdc_MN.pdf").read_bytes().count(b"/Type /Page /") == 10


@pytest.mark.parametrize("ending", [".pdf", ".png", ".svg"])
def test_same_results_same_file(results: Results, tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        draw_figure(results, "adc", "PN03", [tmp_path / f"{name}{ending}"])
    assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_processes_write_the_same_files(results: Results, tmp_path: Path) -> None:
    names, called = ["charge", "tdc", "adc"], []
    one = draw_figures(results, tmp_path / "one", names=names)
    two = draw_figures(results, tmp_path / "two", names=names, workers=2, on_figure=called.append)
    assert one == two
    assert len(one) == 2 * len(called) == 2 * len(set(called)) == 20
    assert "tdc_MF" in called
    for name in one:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_errors_of_processes_come_back(results: Results, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for workers in (1, 2):
        with pytest.raises(OutputError, match="file") as caught:
            draw_figures(results, tmp_path / "file" / "x", names=["charge"], workers=workers)
        assert caught.value.hint


def test_a_process_that_dies_is_an_error() -> None:
    parts = [("charge", "plusZ"), ("charge", "minusZ")]
    with Drawing() as drawing:
        drawing.add(lambda _: os._exit(1), parts)
        with pytest.raises(
            OutputError, match=r"that drew figures has died \(exit code 1\); draw them in one"
        ):
            list(drawing.finish(2))


@needs_forks
def test_figures_that_were_begun_are_gone_on_with(results: Results, tmp_path: Path) -> None:
    """What is begun needs only what is known by then; the files are those of one process, each drawn once."""
    whole = draw_figures(results, tmp_path / "one")
    known = {"adc_tdc": results.histograms["adc_tdc"]}
    early = replace(results, histograms=known, exposure=None, pattern=None)
    called: list[str] = []
    with Drawing() as drawing:
        begin_figures(early, tmp_path / "two", drawing)
        begun = len(drawing.parts)
        begun_again = draw_figures(
            results, tmp_path / "two", drawing=drawing, workers=2, on_figure=called.append
        )
    assert begun > 0
    assert begun_again == whole
    assert sorted(called) == sorted({Path(name).stem for name in whole})
    for name in whole:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


@needs_forks
def test_figures_that_are_not_waited_for_are_stopped(results: Results, tmp_path: Path) -> None:
    with Drawing() as drawing:
        begin_figures(results, tmp_path, drawing)
    there = sorted(tmp_path.iterdir())
    time.sleep(0.2)
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize("name", ["adc", "tdc"])
def test_sheets_are_made_of_the_single_panels(results: Results, tmp_path: Path, name: str) -> None:
    """What panels have in common is drawn once; each still shows its own channel, as if it were alone."""
    plane = results.histograms["adc_tdc"].copy()
    plane.view()[3] *= 1000  # tick labels, legend and note of other lengths than those before
    changed = replace(results, histograms={**results.histograms, "adc_tdc": plane})
    draw_figure(changed, name, "PN", [tmp_path / "all.png"])
    draw_figure(changed, name, "PN0", [tmp_path / "nine.png"])
    whole, nine = (imread(tmp_path / f"{part}.png") for part in ("all", "nine"))
    assert whole.shape == nine.shape == (1890, 1260, 3)
    assert (whole[:1512] == nine[:1512]).all()
    cells = [
        whole[378 * row : 378 * row + 378, 630 * col : 630 * col + 630] for row in (0, 1) for col in (0, 1)
    ]
    assert all((cells[0] != cell).any() for cell in cells[1:])
    draw_figure(replace(changed), name, "PN04", [tmp_path / "x.pdf"])
    assert (tmp_path / "x.pdf").read_bytes().count(b"/Type /Page /") == 1


@pytest.mark.parametrize("largest", [0, 1, 10**9])
@pytest.mark.parametrize("name", ["adc", "tdc"])
def test_one_artist_shows_every_count(results: Results, largest: int, name: str) -> None:
    """A panel that has shown another channel looks as a new one does."""
    used, new = (FigureCanvasAgg(Figure(figsize=(6, 5))) for _ in range(2))
    plane = results.histograms["adc_tdc"].copy()
    plane.view()[7] = 0
    plane.view()[7, 6, 150] = largest
    changed = replace(results, histograms={"adc_tdc": plane})
    with cms_style():
        panels = [REDRAWN[name](canvas.figure.add_subplot(axes_class=Panel)) for canvas in (used, new)]
        panels[0].show(**part_of(changed, CHANNELS[30]))
        used.draw()
        for panel, canvas in zip(panels, (used, new), strict=True):
            panel.show(**part_of(changed, CHANNELS[7]))
            canvas.draw()
    assert (np.asarray(used.buffer_rgba()) == np.asarray(new.buffer_rgba())).all()
    assert panels[0].ax.get_ylim()[1] == pytest.approx(1.35 * max(1, largest), rel=0.5)


def test_label() -> None:
    with cms_style():
        figure, ax = make_figure()
        add_label(ax, "Preliminary", "Run 5")
        assert [text.get_text() for text in ax.texts] == ["CMS", "Preliminary", "Run 5"]
        assert ax.texts[0].get_fontweight() == "bold"
        _, ax = make_figure()
        add_label(ax, "Private work (CMS data)")
        assert "CMS" not in [text.get_text() for text in ax.texts]
        assert figure.get_axes()[0].xaxis.get_major_ticks()[0].get_tickdir() == "in"


def test_run_text(results: Results) -> None:
    assert results.run_text == "Runs 380000–380002"
    assert replace(results, runs=(5,)).run_text == "Run 5"
    assert results.label == "Simulation Preliminary"


def test_what_does_not_exist(results: Results, tmp_path: Path) -> None:
    for name, of, target, message in (
        ("nope", "plusZ", "x.png", "no figure is called 'nope'"),
        ("occupancy", "PN", "x.png", "'PN' is no side"),
        ("adc", "XX", "x.png", "'XX' is no channel and no group"),
        ("adc", "PN", "x.gif", "figures cannot be written as .gif"),
        ("adc", "PN", "x", "figures cannot be written as a file without ending"),
    ):
        with pytest.raises(SelectionError, match=message):
            draw_figure(results, name, of, [tmp_path / target])
    with pytest.raises(SelectionError, match="no figure is called 'nope'"):
        list_figures(results, ["nope"])


def test_fits_are_drawn_with_their_numbers() -> None:
    results = make_results()
    fits = results.calibration.fits
    assert fits is not None
    fit, part = fits[2], part_of(results, CHANNELS[2])
    for plot, one in ((plot_adc_peak, fit.adc), (plot_tdc_peak, fit.tdc)):
        ax = plot(**part)
        curve = ax.lines[-1].get_ydata()
        assert np.nansum(curve) == pytest.approx(one.yield_ + one.background, rel=0.02)
        assert f"Peak {one.position:.2f}" in ax.texts[0].get_text()
        assert all(text.get_text() for text in ax.get_legend().get_texts())


def test_a_fit_that_failed_says_why() -> None:
    results = make_results()
    part = part_of(results, CHANNELS[2])
    nothing = fit_peaks(results.histograms["adc_tdc"] * 0, calibration=results.calibration)
    for plot in (plot_adc_peak, plot_tdc_peak):
        ax = plot(**{**part, "fit": nothing[2]})
        assert "Fit: no pulses" in ax.texts[0].get_text()
        assert np.isnan(ax.lines[-1].get_ydata()).all()


def test_without_fits_nothing_is_said_of_them() -> None:
    part = {**part_of(make_results(), CHANNELS[2]), "fit": None}
    for plot in (plot_adc_peak, plot_tdc_peak):
        ax = plot(**part)
        assert not ax.lines[-1].get_visible()
        assert "Fit" not in ax.texts[0].get_text()
