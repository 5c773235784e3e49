"""Time bins keep what is known of them, through JSON and through cuts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from bhm_columnar.errors import SelectionError
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.histograms.exposure import Exposure, cut_time, time_axis
from tests.exposures import deliver, expose


@pytest.fixture
def exposure() -> Exposure:
    return expose(
        edges=np.array([0.25, 23.5, 46.9, 700.0, 723.3]),
        origin=1692800000.0,
        live={"+Z": np.array([20.0, 23.4, 0.0, 10.0]), "-Z": np.array([23.25, 0.0, 0.0, 23.3])},
        run=np.array([5, 5, 0, 6]),
        lumisection=np.array([1, 2, 0, 1]),
        delivered=np.array([2325.0, 0.0, np.nan, 4660.0]),
        status=("FLAT TOP", "ADJUST", "", "STABLE BEAMS"),
        intensity={"+Z": 3e14},
        uncertainty=0.5,
    )


def test_what_follows_from_the_bins(exposure: Exposure) -> None:
    assert len(exposure) == 4
    assert exposure.widths == pytest.approx([23.25, 23.4, 653.1, 23.3])
    assert exposure.is_absolute
    assert not replace(exposure, origin=None).is_absolute
    assert exposure.has_luminosity
    assert not deliver(exposure, np.full(4, np.nan)).has_luminosity
    expected = [2325 * 20 / 23.25, 0, 0, 2000]
    assert exposure.delivered_live["+Z"] == pytest.approx(expected, nan_ok=True)


def test_json_round_trip(exposure: Exposure) -> None:
    text = json.dumps(exposure.as_dict(), allow_nan=False)
    back = Exposure.from_dict(json.loads(text))
    assert back.as_dict() == exposure.as_dict()
    assert np.isnan(back.delivered[2])
    assert back.live.keys() == exposure.live.keys()
    relative = Exposure.from_dict(json.loads(json.dumps(replace(exposure, origin=None).as_dict())))
    assert relative.origin is None


@pytest.mark.parametrize("delivered", [[1, 2, 3, 4], [None, None, None, None], []])
def test_luminosity_is_floating_point_whatever_json_says(
    exposure: Exposure, delivered: list[int | None]
) -> None:
    back = Exposure.from_dict(
        exposure.as_dict() | {"delivered_per_ub": delivered, "luminosity_hz_per_ub": delivered}
    )
    assert back.delivered.dtype == np.float64
    assert back.has_luminosity == any(delivered)


def test_live_histogram(exposure: Exposure) -> None:
    h = exposure.live_histogram()
    for side, seconds in exposure.live.items():
        assert h[{"side": side}].values() == pytest.approx(seconds)
    assert h.axes["time"].edges == pytest.approx(exposure.edges)
    assert replace(exposure, live={}).live_histogram().sum() == 0


def test_time_axis(exposure: Exposure) -> None:
    assert time_axis(exposure).label == "Time [s]"
    assert time_axis(replace(exposure, origin=None)).label == "Time since the first orbit [s]"
    h = make_counts(time_axis(exposure)).fill([-1.0, 0.25, 23.5, 723.3, np.nan])
    assert h.values().tolist() == [1, 1, 0, 0]
    assert h.sum(flow=True) == 5


def test_cut_time(exposure: Exposure) -> None:
    h = make_counts(time_axis(exposure)).fill([1.0, 24.0, 24.0, 100.0, 701.0])
    part, cut = cut_time(h, exposure, 20.0, 700.0)
    assert part.values().tolist() == [2, 1]
    assert part.axes["time"].edges == pytest.approx(cut.edges)
    assert cut.status == ("ADJUST", "")
    assert cut.live["+Z"].tolist() == [23.4, 0.0]
    assert (cut.run.tolist(), cut.lumisection.tolist()) == ([5, 0], [2, 0])
    assert cut.delivered == pytest.approx([0.0, np.nan], nan_ok=True)
    assert (cut.origin, cut.uncertainty) == (exposure.origin, 0.5)
    assert cut_time(h, exposure) == (h, exposure)
    assert len(cut_time(h, exposure, stop=30.0)[1]) == 1
    with pytest.raises(SelectionError, match=r"no time bin lies between .* 2023-08-23 14:13:20 to"):
        cut_time(h, exposure, 30.0, 40.0)


@pytest.mark.parametrize("origin", [1692800000.0, 1692800000.3, None])
def test_times_that_are_named_can_be_given_back(exposure: Exposure, origin: float | None) -> None:
    exposure = replace(exposure, origin=origin)
    h = make_counts(time_axis(exposure))
    for first, last in ((0, 4), (1, 2), (3, 4)):
        start, stop = (exposure.read_time(exposure.name_time(edge)) for edge in (first, last))
        cut = cut_time(h, exposure, start, stop)[1]
        assert cut.edges.tolist() == exposure.edges[first : last + 1].tolist()


def test_read_time(exposure: Exposure) -> None:
    for text in ("2023-08-23 14:14:20", "2023-08-23T14:14:20Z", "2023-08-23T16:14:20+02:00"):
        assert exposure.read_time(text) == 1692800060 - 1692800000
    relative = replace(exposure, origin=None)
    assert relative.read_time("0.5") == relative.read_time("0.5 h") == 1800
    with pytest.raises(SelectionError, match="'yesterday' is no time; write 2023"):
        exposure.read_time("yesterday")
    with pytest.raises(SelectionError, match="'2023-08-23' is no number of hours; without run times"):
        relative.read_time("2023-08-23")
