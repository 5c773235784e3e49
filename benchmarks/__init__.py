"""Measurements: the table of speeds (`python -m benchmarks`), and what damage, extremes and kills do (one module each)."""
