from __future__ import annotations

from pathlib import Path

import numpy as np
import uproot

from bhm_columnar.detector.channels import SIDES
from bhm_columnar.histograms.axes import channel_axis, region_axis, side_axis
from bhm_columnar.histograms.counts import make_counts
from bhm_columnar.histograms.exposure import time_axis
from bhm_columnar.histograms.graphs import Graph, graph_rates
from bhm_columnar.histograms.output import save_histograms
from tests.exposures import expose


def test_rates_with_their_intervals(tmp_path: Path) -> None:
    exposure = expose(
        edges=np.array([0.0, 10.0, 20.0]),
        origin=1.7e9,
        live={"+Z": np.array([5.0, 0.0])},
        run=np.zeros(2, dtype=int),
        lumisection=np.zeros(2, dtype=int),
        delivered=np.full(2, np.nan),
        status=("", ""),
    )
    h = make_counts(side_axis(), region_axis(), channel_axis(), time_axis(exposure))
    h.fill(side="+Z", region="SR", channel=[0, 1, 1], time=[exposure.edges[0] + 1e-3] * 3)
    graphs = graph_rates(h, exposure)
    graph = graphs["plusZ/SR/rate_graph"]
    live = exposure.live["+Z"][0]
    np.testing.assert_allclose(graph.y, [3 / live, np.nan])
    np.testing.assert_allclose(graph.x, [1.7e9 + 5, 1.7e9 + 15])
    assert graph.low[0] < graph.y[0] < graph.high[0]
    save_histograms({}, tmp_path, {}, graphs=graphs)
    with uproot.open(tmp_path / "histograms.root") as file:
        y = {end: file[f"plusZ/SR/rate_graph{end}"].values("y") for end in ("", "_low", "_high")}
        assert (
            file["plusZ/SR/rate_graph"].member("fTitle")
            == f"SR rate, {SIDES[0].title};Seconds since 1970 (UTC);Rate [Hz]"
        )
    for ending, values in (("", graph.y), ("_low", graph.low), ("_high", graph.high)):
        assert y[ending].tolist() == [values[0]]


def test_points_that_are_no_number_are_left_out() -> None:
    nan = np.array([np.nan, np.nan])
    assert not list(Graph("", "", "", nan, nan, nan, nan).for_root())
