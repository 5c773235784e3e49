"""A processor of your own: bhm fill results -p docs/examples/pulse_height.py:PulseHeight -o out."""

from coffea.processor import ProcessorABC
from hist import Hist

from bhm_columnar import clean_pulses, flatten_pulses


class PulseHeight(ProcessorABC):
    """Largest ADC sample of clean pulses."""

    def __init__(self, runs):
        self.runs = runs

    def process(self, events):
        """Fill one chunk of events."""
        pulses, cutflow = clean_pulses(flatten_pulses(events, runs=self.runs))
        height = Hist.new.Reg(256, -0.5, 255.5, name="adc", label="Peak ADC code").Int64()
        height.fill(adc=pulses.peak)
        return {"height": height, "pulses": len(pulses), "cutflow": cutflow}
