"""Slow twins: readers a student could write, to hold the fast ones against."""
