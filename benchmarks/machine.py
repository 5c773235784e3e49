"""Say in words what machine and which packages a table was measured with."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from bhm_columnar.execution.executors import count_cores

__all__ = ["describe_load", "describe_machine", "describe_packages", "why_missing"]

_PACKAGES: Final = (
    "bhm-columnar",
    "awkward",
    "awkward-cpp",
    "boost-histogram",
    "coffea",
    "hist",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "root",
    "uproot",
)


def describe_machine() -> dict[str, Any]:
    """CPU, cores, memory, system and Python; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": _cpu_model(),
        "cores": count_cores(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} on {platform.machine()}",
        "python": f"{sys.implementation.name} {platform.python_version()}",
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe_packages() -> dict[str, str]:
    """Version of each package that matters; those that are not installed are left out."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def describe_load() -> float:
    """How many processes want to run, on average over the last minute."""
    return round(os.getloadavg()[0], 2)


def why_missing(package: str) -> str:
    """Say why a peer is not compared with; empty if its package is installed."""
    try:
        version(package)
    except PackageNotFoundError:
        return f"{package} is not installed"
    return ""
