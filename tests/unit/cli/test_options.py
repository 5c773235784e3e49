from __future__ import annotations

import argparse
import logging

import pytest

from bhm_columnar.cli import make_parser
from bhm_columnar.cli._log import show_log
from bhm_columnar.cli._options import parse_runs, positive
from bhm_columnar.cli.plot import _NAMES
from bhm_columnar.plotting.figures import FIGURES


def test_runs() -> None:
    assert parse_runs("362000,362002-362004") == [362000, 362002, 362003, 362004]


@pytest.mark.parametrize("text", ["", "x", "5-", "-5", "7-5", "1-9999999", "5,,6"])
def test_runs_that_are_none(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no r"):
        parse_runs(text)


def test_positive() -> None:
    assert positive("7") == 7
    for text in ("0", "-1", "x", "1.5"):
        with pytest.raises(argparse.ArgumentTypeError, match="is no whole number above zero"):
            positive(text)


def test_figure_names_are_those_of_the_library() -> None:
    assert set(_NAMES) == set(FIGURES)


def test_help_of_every_verb_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("analyse", "simulate", "inspect", "convert", "align", "fill", "plot", "processors"):
        with pytest.raises(SystemExit, match="0"):
            make_parser().parse_args([verb, "--help"])
        assert len(capsys.readouterr().out) > 200


def test_log_of_the_library_is_shown_while_a_verb_runs(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("bhm_columnar")
    before = (log.level, list(log.handlers))
    with show_log():
        log.info("compiling")
        log.debug("details")
    log.info("afterwards")
    assert capsys.readouterr().err == "bhm: compiling\n"
    assert (log.level, log.handlers) == before
