"""The analyses: which histograms are filled, from which pulses.

Each is a coffea processor. A new one needs no change elsewhere: give it to ``bhm fill`` as ``file.py:Class``, or register
it under the entry-point group ``bhm_columnar.processors``. Parameters of its ``__init__`` called ``calibration``, ``cuts``
or ``runs`` are passed to it.
"""
