"""What is measured per channel: the TDC peak of halo pulses and the ADC cut."""
