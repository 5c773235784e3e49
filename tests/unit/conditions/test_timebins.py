from __future__ import annotations

import numpy as np
import pytest

from bhm_columnar.conditions.model import Filling, LumiTable, RunInfo
from bhm_columnar.conditions.timebins import TimeBins, make_time_bins
from bhm_columnar.conditions.timeline import make_timeline
from bhm_columnar.detector.lhc import LUMISECTION_S, N_BX, ORBIT_S, REVOLUTION_HZ
from bhm_columnar.errors import SelectionError
from bhm_columnar.events.runs import RunSpan

START = 1_692_792_000.0
Coverage = dict[str, list[dict[int, RunSpan]]]


def seconds_to_span(start: float, stop: float) -> RunSpan:
    return RunSpan(1, round(start * REVOLUTION_HZ), round(stop * REVOLUTION_HZ) - 1)


def cover(**sides: list[dict[int, tuple[float, float]]]) -> Coverage:
    names = {"plus": "+Z", "minus": "-Z"}
    return {
        names[side]: [{run: seconds_to_span(*times) for run, times in dump.items()} for dump in dumps]
        for side, dumps in sides.items()
    }


def make(coverage: Coverage, runs: dict[int, RunInfo] | None = None, **options: object) -> TimeBins:
    return make_time_bins(make_timeline(coverage, runs or {}), coverage, runs=runs, **options)  # type: ignore[arg-type]


def table(run: int, n: int, start: float, **columns: object) -> LumiTable:
    """Return n lumisections of a run, their starts cut to whole seconds as OMS and brilcalc write them."""
    number = np.arange(1, n + 1)
    return LumiTable.make(
        run=np.full(n, run),
        lumisection=number,
        start=np.floor(start + (number - 1) * LUMISECTION_S),
        **columns,  # type: ignore[arg-type]
    )


#: two runs, of which the second begins in the data
RUNS = {1: RunInfo(1, START), 2: RunInfo(2, START + 1000)}
COVERAGE = cover(plus=[{1: (0, 400), 2: (1000, 1400)}])


def test_fixed_bins_cover_the_data() -> None:
    bins = make(cover(plus=[{1: (10, 110)}]), bin_seconds=30).exposure
    assert bins.edges == pytest.approx([0, 30, 60, 90, 120], abs=1e-3)
    assert bins.live["+Z"] == pytest.approx([30, 30, 30, 10], abs=1e-3)
    assert bins.origin is None


def test_bins_are_as_long_as_lumisections_by_default() -> None:
    bins = make(cover(plus=[{1: (0, 100)}])).exposure
    assert bins.widths[:4] == pytest.approx([LUMISECTION_S] * 4)
    assert bins.live["+Z"].sum() == pytest.approx(100, abs=1e-3)


def test_between_runs_and_dumps_nothing_is_live() -> None:
    bins = make(cover(plus=[{1: (0, 100)}, {1: (200, 300), 2: (400, 500)}]), bin_seconds=50).exposure
    assert bins.live["+Z"] == pytest.approx([50, 50, 0, 0, 50, 50, 0, 0, 50, 50], abs=1e-3)


def test_dumps_that_overlap_count_once() -> None:
    bins = make(cover(plus=[{1: (0, 100)}, {1: (50, 150)}]), bin_seconds=50).exposure
    assert bins.live["+Z"] == pytest.approx([50, 50, 50], abs=1e-3)


def test_each_side_has_its_own_live_time() -> None:
    bins = make(cover(plus=[{1: (0, 100)}], minus=[{1: (25, 60)}]), bin_seconds=50).exposure
    assert bins.live["+Z"] == pytest.approx([50, 50], abs=1e-3)
    assert bins.live["-Z"] == pytest.approx([25, 10], abs=1e-3)


def test_lumisections_are_the_bins_and_even() -> None:
    lumi = table(2, 20, START + 1000, delivered=np.full(20, 7.0), status=["STABLE BEAMS"] * 20)
    bins = make(COVERAGE, RUNS, lumisections=lumi).exposure
    rows = np.flatnonzero((bins.run == 2) & (bins.lumisection > 0))
    assert bins.lumisection[rows].tolist() == list(range(1, 19))
    assert bins.widths[rows][1:-1] == pytest.approx(np.full(len(rows) - 2, LUMISECTION_S))
    assert bins.delivered[rows][1:-1] == pytest.approx(np.full(len(rows) - 2, 7.0), rel=1e-6)
    assert {bins.status[row] for row in rows} == {"STABLE BEAMS"}
    # run 1 is in no table: it is counted from its start, without luminosity
    first = np.flatnonzero(bins.run == 1)
    assert bins.lumisection[first][0] == 1
    assert not np.isfinite(bins.delivered[first]).any()


def test_what_sticks_out_of_a_lumisection_is_no_bin_of_its_own() -> None:
    lumi = table(2, 20, START + 1000.6, delivered=np.full(20, 7.0)) + table(1, 20, START + 0.6)
    bins = make(COVERAGE, RUNS, lumisections=lumi).exposure
    live = bins.live["+Z"] > 0
    assert bins.widths[live].min() > 5
    assert bins.live["+Z"].sum() == pytest.approx(800, abs=1e-3)


def test_luminosity_of_longer_bins_adds_up_and_a_missing_part_is_missing() -> None:
    lumi = table(2, 17, START + 1000, delivered=np.full(17, LUMISECTION_S * 3.0))
    bins = make(COVERAGE, RUNS, lumisections=lumi, bin_seconds=100.0).exposure
    assert bins.delivered[10:13] == pytest.approx([300, 300, 300], rel=0.02)
    lumi.delivered[8] = np.nan
    bins = make(COVERAGE, RUNS, lumisections=lumi, bin_seconds=100.0).exposure
    assert np.isfinite(bins.delivered[10])
    assert np.isnan(bins.delivered[11])


def test_luminosity_is_divided_by_live_time() -> None:
    lumi = table(2, 20, START + 1000, delivered=np.full(20, 7.0))
    coverage = cover(plus=[{1: (0, 400), 2: (1000, 1400)}], minus=[{2: (1000, 1000 + LUMISECTION_S / 2)}])
    bins = make(coverage, RUNS, lumisections=lumi).exposure
    first = int(np.flatnonzero(bins.run == 2)[0])
    assert bins.delivered_live["-Z"][first] == pytest.approx(3.5, rel=0.05)


def test_processors_find_the_bin_of_an_orbit() -> None:
    bins = make(COVERAGE, RUNS)
    at = bins.seconds("+Z", np.array([2]), np.array([round(1100 * REVOLUTION_HZ)]))
    assert at + bins.exposure.origin == pytest.approx([START + 1100], abs=1e-3)
    ends = bins.seconds("+Z", np.array([1, 2]), np.array([0, round(1400 * REVOLUTION_HZ) - 1]))
    assert ends[0] >= bins.exposure.edges[0]
    assert ends[1] + ORBIT_S <= bins.exposure.edges[-1] + 1e-6


def test_intensities_are_those_of_the_beam_a_side_sees() -> None:
    protons = np.zeros(N_BX)
    protons[[3, 5]] = 1.1e11
    filling = Filling("toy", np.array([3, 5]), np.array([3]), intensity1=protons)
    bins = make(cover(plus=[{1: (0, 100)}]), filling=filling).exposure
    assert bins.intensity == {"+Z": pytest.approx(2.2e11)}


def test_no_data_at_all() -> None:
    bins = make({}, bin_seconds=10).exposure
    assert len(bins) == 1
    assert make({"+Z": []}).exposure.live["+Z"].tolist() == [0]


def test_too_many_bins() -> None:
    with pytest.raises(SelectionError, match=r"bins of 0\.001 s would be 400000"):
        make(cover(plus=[{1: (0, 400)}]), bin_seconds=0.001)


def test_rounding_is_not_live_time() -> None:
    runs = [{k: (100.0 * k + 0.1234567, 100.0 * k + 60.7654321)} for k in range(1, 40)]
    bins = make(cover(plus=runs, minus=[{k: (100.0 * k + 0.2, 100.0 * k + 60.9)} for k in range(1, 40)]))
    live = bins.exposure.live["+Z"]
    assert np.count_nonzero(live == 0) >= 38
    assert live[live > 0].min() > ORBIT_S / 2


def test_live_time_without_a_known_time_still_counts() -> None:
    """Of two runs between a reset, only one has a start."""
    coverage = cover(plus=[{1: (1000, 1100), 2: (5, 55)}])
    bins = make(coverage, {2: RunInfo(2, START)}).exposure
    assert bins.live["+Z"].sum() == pytest.approx(50, abs=1e-3)
    assert bins.total_live["+Z"] == pytest.approx(150, abs=1e-3)


def test_a_single_event_has_no_live_time() -> None:
    bins = make({"+Z": [{1: RunSpan(1, 500, 500)}]}, {1: RunInfo(1, START, START + 100)}).exposure
    assert bins.live["+Z"].tolist() == [0.0]
    assert bins.total_live["+Z"] == 0
    assert bins.origin == pytest.approx(START, abs=1)


def test_lumisections_that_a_table_misses_keep_their_number() -> None:
    lumi = table(2, 20, START + 1000, delivered=np.full(20, 7.0))
    holes = lumi.select(~np.isin(lumi.lumisection, [3, 4, 9]))
    bins = make(COVERAGE, RUNS, lumisections=holes).exposure
    rows = np.flatnonzero((bins.run == 2) & (bins.lumisection > 0))
    assert bins.lumisection[rows].tolist() == list(range(1, 19))
    missing = bins.lumisection[rows][~np.isfinite(bins.delivered[rows])]
    assert missing.tolist() == [3, 4, 9]


@pytest.mark.parametrize("width", [None, 50.0, 1000.0])
def test_luminosity_of_live_time_does_not_depend_on_the_bins(width: float | None) -> None:
    lumi = table(1, 18, START, delivered=np.full(18, 7.0)) + table(
        2, 18, START + 1000, delivered=np.full(18, 9.0)
    )
    bins = make(COVERAGE, RUNS, lumisections=lumi, bin_seconds=width).exposure
    expected = (400 / LUMISECTION_S) * 7.0 + (400 / LUMISECTION_S) * 9.0
    total = np.nansum(bins.delivered_live["+Z"])
    assert total == pytest.approx(expected, rel=0.02)
    assert bins.has_luminosity


def test_the_table_keeps_its_total() -> None:
    lumi = table(1, 18, START + 0.7, delivered=np.arange(18.0)) + table(
        2, 18, START + 1000.7, delivered=np.arange(18.0)
    )
    bins = make(COVERAGE, RUNS, lumisections=lumi).exposure
    assert np.nansum(bins.delivered) == pytest.approx(2 * 153, rel=1e-9)


def test_the_end_of_the_data_is_no_lumisection_of_its_own() -> None:
    """Seventeen whole lumisections and a second more, because times are known to the second only."""
    coverage = cover(plus=[{1: (0, 17 * LUMISECTION_S + 1), 2: (1000, 1000 + 17 * LUMISECTION_S + 1)}])
    lumi = table(1, 17, START, delivered=np.full(17, 7.0)) + table(2, 17, START + 1000)
    bins = make(coverage, RUNS, lumisections=lumi).exposure
    live = bins.live["+Z"] > 0
    assert np.count_nonzero(live) == 34
    assert bins.live["+Z"][live].min() > 0.9 * LUMISECTION_S
