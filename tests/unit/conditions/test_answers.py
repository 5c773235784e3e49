from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from bhm_columnar.conditions import answers as module
from bhm_columnar.conditions.access import Client

from .conftest import FakeSsh
from .fake_oms import JSON, login_page, replies, unreachable

pytestmark = pytest.mark.usefixtures("nothing_leaks", "bare")

Connect = Callable[..., Client]
Refused = Callable[..., str]


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response("{}", 404), "does not exist (404); check the address of OMS"),
        (Response("{}", 400), "answers with error 400; check the request"),
        (Response("", 204), "answers with error 204; check the request"),
        (Response('{"data": [', content_type=JSON), "the answer is not JSON; try again"),
        (Response("", content_type=JSON), "the answer is not JSON; try again"),
        (Response(b"\xff\xfe\xff", content_type=JSON), "the answer is not JSON; try again"),
        (Response("[" * 100_000, content_type=JSON), "the answer is not JSON; try again"),
        (
            Response("<html>hello</html>", content_type="text/html"),
            "answers with a web page where JSON was expected; check the address",
        ),
        (
            Response("Please log in", content_type="text/html; charset=utf-8"),
            "answers with a web page where JSON was expected; check the address",
        ),
        (
            Response("  <!DOCTYPE html>", content_type=JSON),
            "answers with a web page where JSON was expected; check the address",
        ),
    ],
)
def test_wrong_answers_are_said_at_once(
    answer: Response, said: str, connect: Connect, httpserver: HTTPServer, refused: Refused, ssh: FakeSsh
) -> None:
    seen = replies(httpserver, "/p5/runs", answer)
    client = connect("p5", "oidc", "ssh", via_ssh="cmsusr")
    assert refused(client.get, "runs", {}) == f"{httpserver.url_for('/p5/runs')}: {said}"
    assert len(seen) == len(httpserver.log) == 1
    assert ssh.words is None


def test_a_login_page(connect: Connect, httpserver: HTTPServer, refused: Refused) -> None:
    replies(httpserver, "/p5/runs", login_page())
    reason = f"{httpserver.url_for('/p5/runs')}: answers with a login page at auth.example"
    assert refused(connect().get, "runs", {}) == unreachable("p5", reason)


@pytest.mark.parametrize("location", ["http://[", "http://a\x1b[2Jb", "mailto:me", ""])
def test_only_hosts_are_repeated(location: str) -> None:
    assert module._host("http://oms.example/runs", location) == "an unknown address"


@pytest.mark.parametrize("location", ["", "http://\x7f"])
def test_a_redirection_to_nowhere(
    location: str, connect: Connect, httpserver: HTTPServer, refused: Refused
) -> None:
    replies(httpserver, "/p5/runs", Response("", 302, headers={"Location": location} if location else {}))
    assert "answers with a login page at an unknown address;" in refused(connect().get, "runs", {})


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_is_wanted(status: int, connect: Connect, httpserver: HTTPServer, refused: Refused) -> None:
    replies(httpserver, "/p5/runs", Response("", status))
    reason = f"{httpserver.url_for('/p5/runs')}: wants a login ({status})"
    assert refused(connect().get, "runs", {}) == unreachable("p5", reason)
