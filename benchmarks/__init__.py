"""Measurements of the package against the truth, and later against peers."""
