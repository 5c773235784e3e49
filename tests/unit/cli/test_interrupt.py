"""Ctrl-C is obeyed wherever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from bhm_columnar.cli._interrupt import heed_interrupts, was_interrupted

#: a program that gets Ctrl-C while an object is taken apart, which Python only reports
PASSED_OVER = """\
import signal, time
from bhm_columnar.cli._interrupt import heed_interrupts
class Thing:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        print("taken apart", flush=True)
try:
    with heed_interrupts():
        Thing()
        print("goes on", flush=True)
        time.sleep(600)
        print("was not interrupted")
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_that_was_passed_over_comes_again() -> None:
    said = subprocess.run([sys.executable, "-c", PASSED_OVER], capture_output=True, text=True, check=True)
    assert said.stdout.split("\n") == ["goes on", "interrupted", ""]


def test_other_things_that_cannot_be_raised_are_reported_as_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Thing:
        def __del__(self) -> None:
            raise ValueError("odd")

    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    before = sys.unraisablehook
    with heed_interrupts():
        Thing()
    assert "ValueError: odd" in capsys.readouterr().err
    assert sys.unraisablehook is before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_that_an_interrupt_became() -> None:
    def wrapped() -> Exception:
        try:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt as error:
                raise ImportError("initialization failed") from error
        except ImportError as error:
            return error
        raise AssertionError("there was no interrupt")

    assert was_interrupted(wrapped())
    assert not was_interrupted(ValueError("odd"))
