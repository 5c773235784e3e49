"""The shared axes, and histograms in files."""
