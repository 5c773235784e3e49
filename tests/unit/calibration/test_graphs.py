from __future__ import annotations

import numpy as np

from bhm_columnar.calibration.graphs import graph_fits
from bhm_columnar.calibration.peaks import AdcFit, ChannelFit, PeakFits, TdcFit
from bhm_columnar.detector.channels import CHANNELS


def test_positions_with_errors_and_gaps() -> None:
    channels = [
        ChannelFit(
            unit.name,
            TdcFit(100, (0, 21), (128, 255), position=5.0 + unit.index, position_error=0.5),
            AdcFit(0, (100, 254), (5, 7), flag="no pulses"),
            0,
        )
        for unit in CHANNELS
    ]
    graphs = graph_fits(PeakFits(tuple(channels)))
    assert sorted(graphs) == [
        f"{side}/{name}_fit_graph" for side in ("minusZ", "plusZ") for name in ("adc", "tdc")
    ]
    graph = graphs["minusZ/tdc_fit_graph"]
    assert graph.x.tolist() == list(range(1, 21))
    assert graph.y.tolist() == [25.0 + k for k in range(20)]
    assert (graph.high - graph.low).tolist() == [1.0] * 20
    assert np.isnan(graphs["plusZ/adc_fit_graph"].y).all()
    assert not list(graphs["plusZ/adc_fit_graph"].for_root())
