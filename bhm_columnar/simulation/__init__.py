"""A toy BHM: dumps with known truth, for demonstrations, closure tests and benchmarks."""
