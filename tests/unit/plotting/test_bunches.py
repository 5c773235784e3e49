"""Figures by bunch slot: pulses stand in the slot that they belong to, over what the slot holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.container import ErrorbarContainer
from matplotlib.patches import StepPatch

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.detector.lhc import ABORT_GAP, BUNCH_CLASSES, COLLISION_DELAY_BX, N_BX
from bhm_columnar.errors import SelectionError
from bhm_columnar.histograms.axes import bx_axis, region_axis
from bhm_columnar.histograms.counts import Histogram, make_counts, pick
from bhm_columnar.plotting.bunches import plot_bunch_occupancy, plot_bunch_rates
from bhm_columnar.plotting.style import add_label, cms_style
from bhm_columnar.selection.bunch_rates import bunch_rates

OFFSET = 7


@pytest.fixture(autouse=True)
def _style() -> object:
    with cms_style():
        yield


@pytest.fixture
def classes() -> np.ndarray:
    """Two trains of colliding bunches, twelve bunches of each beam alone, and the abort gap."""
    of = np.full(N_BX, 3, dtype=np.uint8)
    of[14:26], of[26:38] = 2, 1
    of[100:136], of[1000:1036] = 0, 0
    of[ABORT_GAP[0] :] = 4
    return of


@pytest.fixture
def h(classes: np.ndarray) -> Histogram:
    rng = np.random.default_rng(6)
    counts = make_counts(region_axis(), bx_axis())
    counts.view()[0] = np.roll(rng.poisson(np.array([30, 25, 2, 0.5, 0.1])[classes]), OFFSET)
    counts.view()[1] = np.roll(rng.poisson(np.array([600, 50, 50, 10, 5])[classes]), OFFSET)
    return counts


def finish(ax: Axes, path: Path) -> None:
    add_label(ax, "Preliminary", "Run 5")
    ax.figure.savefig(path / "x.png", dpi=40)


def bands(ax: Axes) -> dict[str, PolyCollection]:
    return {str(one.get_label()): one for one in ax.collections if isinstance(one, PolyCollection)}


def stairs(ax: Axes) -> list[np.ndarray]:
    return [patch.get_data().values for patch in ax.patches if isinstance(patch, StepPatch)]


def points(ax: Axes) -> dict[str, ErrorbarContainer]:
    return {str(one.get_label()).split(":")[0]: one for one in ax.containers}


def test_pulses_stand_in_their_slots(h: Histogram, classes: np.ndarray, tmp_path: Path) -> None:
    ax = plot_bunch_occupancy(h, classes=classes, offset=OFFSET)
    for drawn, region in zip(stairs(ax), ("BR", "SR"), strict=True):
        counts = pick(h, region=region).values()
        assert all(drawn[slot] == counts[(slot + OFFSET) % N_BX] for slot in (0, 100, 3560, 3563))
        assert drawn.sum() == counts.sum()
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("LHC bunch slot", "Pulses / slot")
    assert ax.get_xlim() == (-0.5, N_BX - 0.5)
    assert "Abort gap" in [text.get_text() for text in ax.texts]
    finish(ax, tmp_path)


def test_delay(h: Histogram, classes: np.ndarray) -> None:
    ax = plot_bunch_occupancy(
        h, classes=classes, offset=OFFSET - COLLISION_DELAY_BX, delay=COLLISION_DELAY_BX, regions=["SR"]
    )
    (drawn,) = stairs(ax)
    assert drawn[26:38].mean() > 10 * drawn[38:99].mean()
    assert (
        drawn == stairs(plot_bunch_occupancy(h, classes=classes, offset=OFFSET - N_BX, regions=["SR"]))[0]
    ).all()


def test_classes_are_spans(h: Histogram, classes: np.ndarray) -> None:
    ax = plot_bunch_occupancy(h, classes=classes, offset=OFFSET)
    found = bands(ax)
    assert list(found) == [name.capitalize() for name in BUNCH_CLASSES]
    spans = {
        name: [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in one.get_paths()]
        for name, one in found.items()
    }
    assert spans["Colliding"] == [(99.5, 135.5), (999.5, 1035.5)]
    assert spans["Beam 2 only"] == [(13.5, 25.5)]
    assert spans["Abort gap"] == [(ABORT_GAP[0] - 0.5, N_BX - 0.5)]
    assert len(spans["Empty"]) == 4
    assert sum(end - begin for rows in spans.values() for begin, end in rows) == N_BX
    few = plot_bunch_occupancy(h, classes=np.zeros(N_BX, dtype=np.uint8), offset=OFFSET)
    assert list(bands(few)) == ["Colliding"]
    legend = few.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "All other (BR)",
        "Beam halo (SR)",
        "Colliding",
    ]


def test_zoom(h: Histogram, classes: np.ndarray, tmp_path: Path) -> None:
    ax = plot_bunch_occupancy(h, classes=classes, offset=OFFSET, zoom=(10, 40))
    assert ax.get_xlim() == (9.5, 40.5)
    whole = stairs(plot_bunch_occupancy(h, classes=classes, offset=OFFSET))
    for part, drawn in zip(stairs(ax), whole, strict=True):
        assert (part == drawn[10:41]).all()
    assert list(bands(ax)) == ["Beam 1 only", "Beam 2 only", "Empty"]
    assert not [text for text in ax.texts if text.get_text() == "Abort gap"]
    finish(ax, tmp_path)
    finish(plot_bunch_occupancy(h, classes=classes, offset=OFFSET, zoom=(3563, 3563)), tmp_path)
    for zoom in ((40, 10), (-1, 5), (0, 3564)):
        with pytest.raises(SelectionError, match="are no range; slots are 0 to 3563"):
            plot_bunch_occupancy(h, classes=classes, offset=OFFSET, zoom=zoom)


def test_occupancy_of_nothing(h: Histogram, classes: np.ndarray, tmp_path: Path) -> None:
    ax = plot_bunch_occupancy(h.copy().reset(), classes=classes, offset=OFFSET)
    assert "No data" in [text.get_text() for text in ax.texts]
    finish(ax, tmp_path)
    ax = plot_bunch_occupancy(h, classes=classes, offset=OFFSET)
    assert "No data" not in [text.get_text() for text in ax.texts]
    with pytest.raises(
        SelectionError, match=r"bunch classes have shape \(3,\); give one for each of the 3564"
    ):
        plot_bunch_occupancy(h, classes=classes[:3], offset=OFFSET)


def test_legend_covers_no_data(h: Histogram, classes: np.ndarray, tmp_path: Path) -> None:
    ax = plot_bunch_occupancy(h, classes=classes, offset=OFFSET)
    finish(ax, tmp_path)
    legend = ax.get_legend()
    assert legend is not None
    assert max(one.max() for one in stairs(ax)) < bottom_of(ax)
    ax = plot_bunch_rates(
        bunch_rates(pick(h, region="SR").values(), 100, offset=OFFSET, classes=classes), side=SIDES[0]
    )
    finish(ax, tmp_path)
    assert max(one.lines[0].get_ydata().max() for one in points(ax).values()) < bottom_of(ax)


def bottom_of(ax: Axes) -> float:
    legend = ax.get_legend()
    assert legend is not None
    return float(ax.transData.inverted().transform(legend.get_window_extent().p0)[1])


def test_bunch_rates(h: Histogram, classes: np.ndarray, tmp_path: Path) -> None:
    rates = bunch_rates(pick(h, region="SR").values(), 10.0, offset=OFFSET, classes=classes)
    ax = plot_bunch_rates(rates, side=SIDES[0])
    found = points(ax)
    assert list(found) == ["Colliding", "Beam 1 only", "Beam 2 only"]
    for index, container in enumerate(found.values()):
        x, y = container.lines[0].get_data()
        assert (x == np.flatnonzero(classes == index)).all()
        assert y == pytest.approx(rates.rate[classes == index])
    segments = found["Beam 1 only"].lines[2][0].get_segments()
    assert [segment[0, 1] for segment in segments] == pytest.approx(rates.low[classes == 1])
    assert [segment[1, 1] for segment in segments] == pytest.approx(rates.high[classes == 1])
    mean = rates.per_class()["empty"].rate
    assert mean in [line.get_ydata()[0] for line in ax.lines]
    legend = ax.get_legend()
    assert legend is not None
    said = [text.get_text() for text in legend.get_texts()]
    assert [text.split(":")[0] for text in said] == [name.capitalize() for name in BUNCH_CLASSES]
    assert said[0].startswith(f"Colliding: {rates.per_class()['colliding'].rate:.3f} ± ")
    assert legend.get_title().get_text() == "+Z (beam 1), mean per slot"
    assert ax.get_ylabel() == "Beam halo rate per slot [Hz]"
    finish(ax, tmp_path)


def test_means_with_their_errors(classes: np.ndarray) -> None:
    counts = np.zeros(N_BX, dtype=np.int64)
    counts[100:136] = 100
    counts[26] = 1
    ax = plot_bunch_rates(bunch_rates(counts, 1e4, offset=0, classes=classes), side=SIDES[1], region="CP")
    said = {text.get_text() for text in ax.get_legend().get_texts()}  # type: ignore[union-attr]
    assert "Colliding: 5.000 ± 0.084 mHz" in said
    assert "Beam 1 only: $0.0083^{+0.019}_{-0.0069}$ mHz" in said
    assert "Beam 2 only: < 0.015 mHz" in said
    assert ax.get_ylabel() == "Collision product rate per slot [Hz]"


def test_scale_is_as_the_rates_are(classes: np.ndarray, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    for means, scale in (
        ([30, 25, 20, 10, 5], "linear"),
        ([3000, 25, 25, 1, 1], "log"),
        ([3, 0.1, 0.1, 0.01, 0.01], "linear"),  # most slots are zero
    ):
        rates = bunch_rates(rng.poisson(np.array(means)[classes]), 10.0, offset=0, classes=classes)
        ax = plot_bunch_rates(rates, side=SIDES[0])
        assert ax.get_yscale() == scale, means
        finish(ax, tmp_path)


def test_bunch_rates_of_nothing(classes: np.ndarray, tmp_path: Path) -> None:
    nothing = np.zeros(N_BX, dtype=np.int64)
    for live, text in ((100.0, "No data"), (0.0, "No data: no live time")):
        ax = plot_bunch_rates(bunch_rates(nothing, live, offset=0, classes=classes), side=SIDES[0])
        assert text in [one.get_text() for one in ax.texts]
        finish(ax, tmp_path)
    empty = np.full(N_BX, 3, dtype=np.uint8)
    ax = plot_bunch_rates(bunch_rates(nothing + 5, 100.0, offset=0, classes=empty), side=SIDES[0])
    assert not points(ax)
    finish(ax, tmp_path)
