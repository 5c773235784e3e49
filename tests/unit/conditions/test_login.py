from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from bhm_columnar.conditions import login as module
from bhm_columnar.conditions.access import Client
from bhm_columnar.errors import ConditionsError

from .conftest import CLIENT_ID, SECRET, TOKEN
from .fake_oms import GOOD, good, login_page, replies, unreachable

pytestmark = pytest.mark.usefixtures("nothing_leaks", "bare")

Connect = Callable[..., Client]
Refused = Callable[..., str]


@pytest.mark.usefixtures("credentials")
def test_the_login(
    connect: Connect, httpserver: HTTPServer, give_tokens: list[dict[str, str]], nothing_leaks: list[str]
) -> None:
    seen = replies(httpserver, "/public/runs", good())
    assert connect("oidc").get("runs", {}) == GOOD
    assert give_tokens == [
        {
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "audience": "cmsoms-prod",
        }
    ]
    assert seen[0].headers["Authorization"] == f"Bearer {TOKEN}-1"
    # so that looking for secrets in the log means something
    assert any('"POST /token' in line for line in nothing_leaks)
    assert any("Starting new HTTP connection" in line for line in nothing_leaks)


@pytest.mark.usefixtures("credentials")
def test_a_token_that_ran_out_is_renewed_once(
    connect: Connect, httpserver: HTTPServer, give_tokens: list[dict[str, str]]
) -> None:
    seen = replies(httpserver, "/public/runs", good(), Response("", 401), good())
    client = connect("oidc")
    assert [client.get("runs", {}), client.get("runs", {})] == [GOOD, GOOD]
    assert [request.headers["Authorization"][-2:] for request in seen] == ["-1", "-1", "-2"]
    assert len(give_tokens) == 2


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("status", "tokens", "said"),
    [(401, 2, "does not accept the login (401)"), (403, 1, "forbids this (403)")],
)
def test_a_login_that_is_not_enough(
    status: int,
    tokens: int,
    said: str,
    connect: Connect,
    httpserver: HTTPServer,
    give_tokens: list[dict[str, str]],
    refused: Refused,
) -> None:
    replies(httpserver, "/public/runs", Response(TOKEN, status))
    assert refused(connect("oidc").get, "runs", {}) == (
        f"{httpserver.url_for('/public/runs')}: {said}; OMS has to add the client to the group oms-api-access"
    )
    assert len(give_tokens) == tokens


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response(f"no: {SECRET}", 401), "{} refuses the client id or secret (401)"),
        (Response(SECRET, 500), "{} answers 500 instead of a token"),
        (login_page(), "{} answers 302 instead of a token"),
        (Response(f"<html>{SECRET}"), "{} gives no token that can be used"),
        (Response(f'{{"error": "{SECRET}"}}'), "{} gives no token that can be used"),
        (Response(f'["{SECRET}"]'), "{} gives no token that can be used"),
        (Response(f'{{"access_token": "{TOKEN}\\r\\nX: 1"}}'), "{} gives no token that can be used"),
        (Response('{"access_token": 5}'), "{} gives no token that can be used"),
    ],
)
def test_no_token(
    answer: Response, said: str, connect: Connect, httpserver: HTTPServer, refused: Refused
) -> None:
    replies(httpserver, "/token", answer)
    reason = said.format(httpserver.url_for("/token"))
    assert refused(connect("oidc").get, "runs", {}) == unreachable("oidc", reason)


def test_no_secret(connect: Connect, monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv("BHM_OMS_CLIENT_ID", CLIENT_ID)
    reason = "no client secret (BHM_OMS_CLIENT_SECRET or keyring)"
    assert refused(connect("oidc").get, "runs", {}) == unreachable("oidc", reason)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("name", ["public_url", "token_url"])
@pytest.mark.parametrize("host", ["oms.example", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_secrets_go_over_https_only(
    name: str, host: str, connect: Connect, httpserver: HTTPServer, refused: Refused
) -> None:
    said = refused(connect("oidc", **{name: f"http://{host}/x"}).get, "runs", {})
    assert f"http://{host}/x" in said
    assert said.endswith("secrets are only sent over https; give an https address")
    assert not httpserver.log


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring that holds what the test puts into it."""
    kept: dict[tuple[str, str], str] = {}

    class KeyringError(Exception):
        pass

    def get_password(service: str, name: str) -> str | None:
        if kept.get(("", "")) == "locked":
            raise KeyringError(SECRET)
        return kept.get((service, name))

    fake = ModuleType("keyring")
    fake.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setitem(sys.modules, "keyring.errors", SimpleNamespace(KeyringError=KeyringError))
    return kept


def test_credentials_in_the_keyring(
    keyring: dict[tuple[str, str], str],
    connect: Connect,
    httpserver: HTTPServer,
    give_tokens: list[dict[str, str]],
) -> None:
    keyring["bhm_columnar", "oms-client-id"] = "id-of-keyring"
    keyring["bhm_columnar", "oms-client-secret"] = SECRET
    replies(httpserver, "/public/runs", good())
    assert connect("oidc").get("runs", {}) == GOOD
    assert [(form["client_id"], form["client_secret"]) for form in give_tokens] == [("id-of-keyring", SECRET)]


def test_a_keyring_that_is_empty_or_locked(
    keyring: dict[tuple[str, str], str], connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConditionsError, match="oidc: no client id"):
        connect("oidc").get("runs", {})
    keyring["", ""] = "locked"
    with pytest.raises(ConditionsError, match=r"oidc: the keyring cannot be read \(KeyringError\);"):
        connect("oidc").get("runs", {})
    monkeypatch.setenv("BHM_OMS_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("BHM_OMS_CLIENT_SECRET", SECRET)
    with pytest.raises(ConditionsError, match="/token answers 500"):
        connect("oidc").get("runs", {})


@pytest.mark.usefixtures("credentials")
def test_credentials_show_nothing() -> None:
    assert repr(module._Credentials.find()) == "_Credentials()"
    assert TOKEN not in repr(module.Bearer(TOKEN))


@pytest.mark.usefixtures("credentials", "give_tokens")
def test_closing_forgets_the_token(connect: Connect, httpserver: HTTPServer) -> None:
    replies(httpserver, "/public/runs", good())
    client = connect("oidc")
    client.get("runs", {})
    assert client._token == f"{TOKEN}-1"
    client.close()
    assert client._token == ""
