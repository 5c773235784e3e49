"""List the processors that `bhm fill` can run by name.

A package registers its own under the entry-point group bhm_columnar.processors; a class in a file needs no registration:
bhm fill events -p file.py:Class -o out.
"""

from __future__ import annotations

import argparse

from ._options import make_console

HELP = "list the processors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the verb can be told: nothing."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001
    """Run the verb."""
    from rich.table import Table  # noqa: PLC0415

    from ..execution.registry import describe_processors  # noqa: PLC0415

    table = Table("name", "what it does")
    for name, text in describe_processors().items():
        table.add_row(name, text)
    make_console().print(table)
    return 0
