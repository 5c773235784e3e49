"""Coverage-guided fuzzing of the readers; `nox -s fuzz`."""
