"""A clean environment, a local OMS, and an ssh that only writes down what it was asked for."""

from __future__ import annotations

import logging
import os
import socket
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bhm_columnar.conditions.access import Access, Client
from bhm_columnar.errors import ConditionsError

CLIENT_ID, SECRET, TOKEN = "id-of-bhm", "s3cr3t/of+bhm", "t0ken.of-bhm"
_OF_OMS = ("P5_URL", "URL", "TOKEN_URL", "WAYS", "CLIENT_ID", "CLIENT_SECRET")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials, proxies, netrc or keyring from outside."""
    for name in _OF_OMS:
        monkeypatch.delenv(f"BHM_OMS_{name}", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setitem(sys.modules, "keyring", None)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch, bare: None) -> None:  # noqa: ARG001  (goes first)
    monkeypatch.setenv("BHM_OMS_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("BHM_OMS_CLIENT_SECRET", SECRET)


class Log(logging.Handler):
    """Keeps every line of every logger; pytest's own handler leaves out what is below INFO."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def nothing_leaks(capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """After the test, neither secret nor token stands in logs of any level or in what was printed."""
    log = Log()
    logging.getLogger().addHandler(log)
    # pytest sets the level of the root logger before each phase, but leaves those of others alone
    loggers = [logging.getLogger(name) for name in ("bhm_columnar", "requests", "urllib3", "keyring")]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield log.lines
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    logging.getLogger().removeHandler(log)
    for text in (*log.lines, *capfd.readouterr()):
        assert_clean(text)


def assert_clean(text: str) -> None:
    assert SECRET not in text
    assert "s3cr3t" not in text
    assert "t0ken" not in text


@pytest.fixture
def connect(httpserver: HTTPServer, bare: None) -> Iterator[Callable[..., Client]]:  # noqa: ARG001  (goes first)
    """Make clients of the local server; it is OMS in both networks and gives tokens too."""
    made: list[Client] = []

    def one(*ways: str, **options: object) -> Client:
        settings = {
            "p5_url": httpserver.url_for("/p5"),
            "public_url": httpserver.url_for("/public"),
            "token_url": httpserver.url_for("/token"),
            "ways": ways or ("p5",),
            "timeout": (10.0, 10.0),
            "backoff": 0.001,
        }
        made.append(Client(Access(**(settings | options))))
        return made[-1]

    yield one
    for client in made:
        assert_clean(repr(client) + repr(client.access) + str(client.access))
        client.close()


@pytest.fixture
def refused() -> Callable[..., str]:
    """Call something that fails, and return what the error says; nothing secret stands in it or its causes."""

    def call(what: Callable[..., object], *given: object, **options: object) -> str:
        with pytest.raises(ConditionsError, match=r"\S") as caught:
            what(*given, **options)
        assert_clean("".join(traceback.format_exception(caught.value)) + repr(caught.value))
        said = str(caught.value)
        assert "\n" not in said
        return said

    return call


@pytest.fixture
def give_tokens(httpserver: HTTPServer) -> list[dict[str, str]]:
    """Let the local server give tokens (TOKEN-1, TOKEN-2 ...); returns the forms that it gets."""
    forms: list[dict[str, str]] = []

    def answer(request: Request) -> Response:
        forms.append(request.form.to_dict())
        body = f'{{"access_token": "{TOKEN}-{len(forms)}", "expires_in": 1200}}'
        return Response(body, content_type="application/json")

    httpserver.expect_request("/token", method="POST").respond_with_handler(answer)
    return forms


class FakeSsh:
    """An ssh first on PATH, which writes down its words and says what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "ssh"
        self.program.write_text(
            '#!/bin/sh\nprintf "%s\\n" "$@" >>"$0.words"\ncat "$0.says"\ncat "$0.complains" >&2\nexit "$(cat "$0.code")"\n'
        )
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.says("")

    def says(self, out: str, *, err: str = "", code: int = 0) -> None:
        for name, text in (("says", out), ("complains", err), ("code", str(code))):
            Path(f"{self.program}.{name}").write_text(text)

    @property
    def words(self) -> list[str] | None:
        """What it was called with; `None` if it was not."""
        path = Path(f"{self.program}.words")
        return path.read_text().splitlines() if path.exists() else None


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSsh:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeSsh(folder)


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/agg"
