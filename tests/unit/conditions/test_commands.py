from __future__ import annotations

import sys

import pytest

from bhm_columnar.conditions.commands import check_host, check_run, run_command, ssh_command
from bhm_columnar.errors import ConditionsError


@pytest.mark.parametrize("host", ["cmsusr", "lxplus.cern.ch", "me@lxplus9.cern.ch", "a-b.c"])
def test_hosts(host: str) -> None:
    assert check_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "-oProxyCommand=touch /tmp/x",
        "-l root host",
        "host; rm -rf /",
        "host$(id)",
        "a b",
        "me@-x",
        "host\n",
        "ho/st",
        "host-",
    ],
)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(ConditionsError, match="is no host name; give HOST or USER@HOST"):
        check_host(host)


@pytest.mark.parametrize("run", ["1; rm -rf /", "-1", "12", "1234567", "36200O", "٣٦٢٠٠٠", 99, "", "362000 "])
def test_what_is_no_run(run: int | str) -> None:
    with pytest.raises(ConditionsError, match="is no CMS run number; runs have six digits"):
        check_run(run)


def test_runs() -> None:
    assert check_run(362000) == check_run("362000") == 362000


def test_the_other_host_gets_one_quoted_text() -> None:
    command = ssh_command("cmsusr", ["curl", "http://cmsoms.cms/runs?filter[run_number][EQ]=1&a=$(id)"])
    assert command[:1] + command[-3:-1] == ["ssh", "--", "cmsusr"]
    assert "BatchMode=yes" in command
    assert command[-1] == "curl 'http://cmsoms.cms/runs?filter[run_number][EQ]=1&a=$(id)'"
    with pytest.raises(ConditionsError, match="no host name"):
        ssh_command("-oProxyCommand=x", ["curl"])


def test_running_a_program() -> None:
    assert run_command([sys.executable, "-c", "print('out')"]) == ("out\n", "")


@pytest.mark.parametrize(
    ("code", "match"),
    [
        ("import sys; sys.exit('it is broken')", r"failed with code 1 \(it is broken\)"),
        ("print('only said here'); raise SystemExit(3)", r"failed with code 3 \(only said here\)"),
        ("raise SystemExit(2)", r"failed with code 2 \(it said nothing\)"),
    ],
)
def test_a_program_that_fails(code: str, match: str) -> None:
    with pytest.raises(ConditionsError, match=match):
        run_command([sys.executable, "-c", code])


def test_a_program_that_hangs() -> None:
    with pytest.raises(ConditionsError, match="took more than 0 s; try again later"):
        run_command([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(ConditionsError, match="no-such-program: is not installed; or not on PATH"):
        run_command(["no-such-program"])
    with pytest.raises(ConditionsError, match="cannot be run"):
        run_command(["/"])
