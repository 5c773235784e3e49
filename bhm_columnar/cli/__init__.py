"""The command line: ``bhm VERB``, one module per verb.

Verbs import what they need when they run, so that ``bhm --help`` answers at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from .._version import __version__
from ..errors import BHMError
from . import (
    align,
    analyse,
    check,
    compare,
    conditions,
    convert,
    export,
    fill,
    inspect,
    plot,
    processors,
    rates,
    report,
    simulate,
)

__all__ = ["main", "make_parser"]

_VERBS = (
    analyse,
    rates,
    check,
    report,
    compare,
    conditions,
    plot,
    inspect,
    simulate,
    convert,
    align,
    fill,
    export,
    processors,
)
#: verbs that run no processor, and so no kernel, of anybody else
_OWN_KERNELS = (analyse, inspect, simulate, convert)
_EPILOG = """\
examples:
  bhm analyse data/demo -o results           the whole job: events, histograms, figures, report
  bhm check out                              are the data good? OK, WARN or BAD
  bhm compare A B                            what has changed between two results?
  bhm inspect data/demo                      what is in these dumps?
  bhm simulate toy --events 50000 --seed 1   dumps with known truth
  bhm analyse dumps -o out --conditions oms --lumi brilcalc --filling oms
  bhm rates out --region SR,CP --unit /min   how often, with errors
  bhm analyse dumps -o out --runs 362000,362002-362004 --calibration v2

The pipeline, step by step:
  bhm convert dumps -o events                text -> ROOT (or RNTuple, Parquet)
  bhm align events -o calibration.json       TDC peak and ADC cut of each channel
  bhm fill events -p halo --calibration calibration.json -o histograms
  bhm plot out --figure occupancy --of plusZ -o occupancy.pdf
"""


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="bhm",
        description="CMS Beam Halo Monitor: from text dumps to ROOT files, histograms and figures.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bhm_columnar {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in _VERBS:
        name = verb.__name__.rpartition(".")[2]
        sub = verbs.add_parser(
            name,
            help=verb.HELP,
            description=verb.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        verb.add_arguments(sub)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        sub.set_defaults(run=verb.run, runs_others=verb not in _OWN_KERNELS)
    return parser


def _join_side(argv: Sequence[str]) -> list[str]:
    """Let ``--side -Z`` be written, which argparse takes for an option without a value."""
    joined: list[str] = []
    for word in argv:
        if word == "-Z" and joined[-1:] == ["--side"]:
            joined[-1] = "--side=-Z"
        else:
            joined.append(word)
    return joined


def _say_interrupted() -> int:
    sys.stderr.write("bhm: interrupted; nothing unfinished was left behind\n")
    return 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 done, 1 an error said in one line, 2 wrong usage, 130 Ctrl-C."""
    args = make_parser().parse_args(_join_side(sys.argv[1:] if argv is None else argv))
    from ._interrupt import heed_interrupts, was_interrupted  # noqa: PLC0415  (--help needs none)
    from ._log import show_log  # noqa: PLC0415

    try:
        if argv is None and not args.runs_others:  # as a program, not from a program that goes on
            from .._jit import slim_numba  # noqa: PLC0415

            slim_numba()
        with heed_interrupts(), show_log():
            code: int = args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of a pipe has left
        return 1
    except KeyboardInterrupt:
        return _say_interrupted()
    except BHMError as error:
        if args.debug:
            raise
        for note in getattr(
            error, "__notes__", ()
        ):  # the traceback of a processor, which may have been elsewhere
            sys.stderr.write(note)
        sys.stderr.write(f"bhm: {error}\n")
        return 1
    except Exception as error:
        if args.debug:
            raise
        if was_interrupted(error):
            return _say_interrupted()
        sys.stderr.write(
            f"bhm: unexpected {type(error).__name__}: {error}; run again with --debug and report it\n"
        )
        return 1
    finally:
        if argv is None:
            gc.freeze()  # to look for garbage once more at the end of a program takes half a second
    return code
