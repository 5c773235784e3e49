#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.10.14"]
# ///
"""What developers run: `nox -l` lists it."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, or those that are named."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def root(session: nox.Session) -> None:
    """Run the tests that need ROOT."""
    session.install("-e", ".[test,root]")
    session.run("pytest", "tests/integration/test_root.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and layers."""
    session.install("-e", ".", *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("repo-review", ".", "--select", "PY,PP,MY,PC,RF,NOX")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install("-e", ".", *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "dev"))
    session.run("mypy")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Fuzz the readers of text and .uhtr for ten minutes each, or as long as `-- -max_total_time=S` says."""
    session.install("-e", ".[test,fuzz]")
    for target in ("text", "uhtr"):
        session.run(
            "python",
            "-m",
            "tests.fuzz.fuzz_reader",
            target,
            "-max_total_time=600",
            "-max_len=300",
            *session.posargs,
        )


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speeds, sizes and memory against peers, ROOT among them; on a machine that does nothing else."""
    session.install("-e", ".[bench,root]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session(default=False)
def damage(session: nox.Session) -> None:
    """Measure what damaged, extreme and killed dumps do."""
    session.install("-e", ".")
    for name in ("damage", "extremes", "kills"):
        session.run("python", "-m", f"benchmarks.{name}")


@nox.session(default=False)
def clusters(session: nox.Session) -> None:
    """Kill workers, mains and schedulers; measure conversion in parallel, and a scheduler with 200 workers."""
    session.install("-e", ".[dask]")
    for name in ("faults", "convert", "scheduler"):
        session.run("python", "-m", f"benchmarks.{name}")


@nox.session(default=False)
def closure(session: nox.Session) -> None:
    """Print how much of the simulated halo ends in SR, and how pure SR is."""
    session.install("-e", ".")
    session.run("python", "-m", "benchmarks.closure", *session.posargs)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Run the whole job on the demo data."""
    session.install("-e", ".")
    session.run("bhm", "analyse", "data/demo", "-o", "results", "--overwrite")


if __name__ == "__main__":
    nox.main()
