from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from bhm_columnar.conditions import session as module
from bhm_columnar.conditions.access import Access, Client

from .conftest import TOKEN, FakeSsh
from .fake_oms import GOOD, good, replies, unreachable

pytestmark = pytest.mark.usefixtures("nothing_leaks", "bare")

Connect = Callable[..., Client]
Refused = Callable[..., str]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int, connect: Connect, httpserver: HTTPServer) -> None:
    seen = replies(httpserver, "/p5/runs", Response("", status), Response("", status), good())
    assert connect().get("runs", {}) == GOOD
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "has too many requests (429); try again later"),
        (500, "answers with error 500; try again later"),
        (503, "answers with error 503; try again later"),
    ],
)
def test_a_server_that_stays_busy(
    status: int, said: str, connect: Connect, httpserver: HTTPServer, refused: Refused
) -> None:
    seen = replies(httpserver, "/p5/runs", Response("<html>busy</html>", status))
    assert refused(connect(retries=2).get, "runs", {}) == f"{httpserver.url_for('/p5/runs')}: {said}"
    assert len(seen) == 3


def test_the_wait_that_a_server_asks_for(connect: Connect, httpserver: HTTPServer) -> None:
    seen = replies(httpserver, "/p5/runs", Response("", 429, headers={"Retry-After": "1"}), good())
    start = time.monotonic()
    assert connect().get("runs", {}) == GOOD
    assert 1.0 <= time.monotonic() - start < 25.0
    assert len(seen) == 2


@pytest.mark.parametrize("wait", ["86400", "soon"])
def test_a_wait_without_sense_is_cut(
    wait: str, connect: Connect, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT_S", 0.05)
    replies(httpserver, "/p5/runs", Response("", 503, headers={"Retry-After": wait}), good())
    start = time.monotonic()
    assert connect().get("runs", {}) == GOOD
    assert time.monotonic() - start < 25.0


@pytest.fixture
def half() -> Iterator[str]:
    """A server that closes the connection in the middle of its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            one, _ = server.accept()
            with one:
                one.recv(4096)
                one.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data": []')

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(timeout=2)


def test_half_an_answer(half: str, connect: Connect, refused: Refused, ssh: FakeSsh) -> None:
    client = connect("p5", "ssh", p5_url=half, via_ssh="cmsusr")
    assert refused(client.get, "runs", {}) == f"{half}/runs: the answer is cut short; try again"
    assert ssh.words is None


def test_nobody_listens(nobody: str, connect: Connect, refused: Refused) -> None:
    said = refused(connect(p5_url=nobody).get, "runs", {})
    assert said == unreachable("p5", f"{nobody}/runs: connection refused")


def test_unknown_host(connect: Connect, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    said = refused(connect(p5_url="http://cmsoms.cms/agg/api/v1").get, "runs", {})
    assert said == unreachable("p5", "http://cmsoms.cms/agg/api/v1/runs: unknown host")


def test_slow_server(connect: Connect, httpserver: HTTPServer, refused: Refused) -> None:
    seen = []

    def slow(request: Request) -> Response:
        seen.append(request)
        time.sleep(0.5)
        return good()

    httpserver.expect_request("/p5/runs").respond_with_handler(slow)
    start = time.monotonic()
    said = refused(connect(timeout=(10.0, 0.3)).get, "runs", {})
    assert said == unreachable("p5", f"{httpserver.url_for('/p5/runs')}: no answer within 0.3 s")
    assert time.monotonic() - start < 25.0
    assert len(seen) == 2


def test_certificates_are_always_looked_at() -> None:
    with Client(Access()) as client:
        assert client._session.verify is True


def test_no_tls(connect: Connect, httpserver: HTTPServer, refused: Refused) -> None:
    address = httpserver.url_for("/p5").replace("http://", "https://")
    assert refused(connect(p5_url=address).get, "runs", {}) == unreachable(
        "p5", f"{address}/runs: TLS failed"
    )


@pytest.mark.usefixtures("credentials", "give_tokens")
@pytest.mark.parametrize("way", ["p5", "oidc"])
def test_netrc_and_proxies_are_left_alone(
    way: str,
    connect: Connect,
    httpserver: HTTPServer,
    nobody: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password s3cr3t\n")
    monkeypatch.setenv("http_proxy", nobody)
    seen = replies(httpserver, f"/{'p5' if way == 'p5' else 'public'}/runs", good())
    assert connect(way).get("runs", {}) == GOOD
    assert seen[0].headers.get("Authorization") == (None if way == "p5" else f"Bearer {TOKEN}-1")
    assert all("Authorization" not in one.headers for one, _ in httpserver.log if one.path == "/token")


def test_netrc_is_not_sent_to_other_hosts_either(
    connect: Connect, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a proxy is asked for a host that does not exist, so the environment does count here
    (tmp_path / "netrc").write_text("machine oms.example login me password s3cr3t\n")
    monkeypatch.setenv("http_proxy", httpserver.url_for(""))
    seen = replies(httpserver, "/v1/runs", good())
    assert connect(p5_url="http://oms.example/v1").get("runs", {}) == GOOD
    assert [request.headers.get("Authorization") for request in seen] == [None]
