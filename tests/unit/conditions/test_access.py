from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from bhm_columnar.conditions.access import Access, Client
from bhm_columnar.errors import ConditionsError

from .conftest import FakeSsh
from .fake_oms import GOOD, good, login_page, replies, unreachable

pytestmark = pytest.mark.usefixtures("nothing_leaks", "bare")

Connect = Callable[..., Client]
Refused = Callable[..., str]


# -- settings ----------------------------------------------------------------------------------------------------


def test_addresses_and_ways_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Access.from_environment() == Access()
    monkeypatch.setenv("BHM_OMS_P5_URL", "http://p5.example/v1")
    monkeypatch.setenv("BHM_OMS_URL", "https://oms.example/v1")
    monkeypatch.setenv("BHM_OMS_TOKEN_URL", "https://auth.example/token")
    monkeypatch.setenv("BHM_OMS_WAYS", "oidc, p5")
    found = Access.from_environment(p5_url="http://other.example", via_ssh="me@cmsusr")
    assert found == Access(
        p5_url="http://other.example",
        public_url="https://oms.example/v1",
        token_url="https://auth.example/token",  # noqa: S106  (an address)
        via_ssh="me@cmsusr",
        ways=("oidc", "p5"),
    )


@pytest.mark.parametrize(
    "address",
    [
        "",
        "oms.example",
        "file:///etc/passwd",
        "https://me:s3cr3t@oms.example/v1",
        "https://oms.example/v1?key=s3cr3t",
        "https://oms.example/v1#x",
        "http://127.0.0.1\\@evil.example/",
        "http://127.0.0.1 evil.example/",
        "https://oms..example",
        "https://oms.example\n",
    ],
)
@pytest.mark.parametrize("name", ["p5_url", "public_url", "token_url"])
def test_what_is_no_address_is_refused_and_not_shown(address: str, name: str, refused: Refused) -> None:
    assert refused(Access, **{name: address}) == (
        f"{name} is no address; give http(s)://HOST/PATH without user name or query"
    )


@pytest.mark.parametrize("ways", [(), ("p5", "carrier pigeon")])
def test_ways_that_do_not_exist(ways: tuple[str, ...]) -> None:
    with pytest.raises(ConditionsError, match=r"no such ways to OMS: .*; choose from p5, oidc, ssh"):
        Access(ways=ways)


@pytest.mark.parametrize("resource", ["", "../secrets", "runs?x=1", "http://evil.example", "Runs", "runs/"])
def test_what_is_no_resource(resource: str, connect: Connect) -> None:
    with pytest.raises(ConditionsError, match="is no resource of OMS"):
        connect().get(resource, {})


# -- ways --------------------------------------------------------------------------------------------------------


def test_parameters_arrive_as_they_are(connect: Connect, httpserver: HTTPServer) -> None:
    seen = replies(httpserver, "/p5/runs", good())
    asked = {"filter[run_number][EQ]": "1&page[limit]=9#x y+%26;é", "fields": "a,b"}
    with connect() as client:
        assert client.get("runs", asked) == GOOD
        assert client.where("runs") == httpserver.url_for("/p5/runs")
    assert seen[0].args.to_dict(flat=False) == {name: [value] for name, value in asked.items()}


def test_a_slash_at_the_end_of_the_address_does_not_matter(connect: Connect, httpserver: HTTPServer) -> None:
    replies(httpserver, "/p5/runs", good())
    assert connect(p5_url=httpserver.url_for("/p5/")).get("runs", {}) == GOOD


def test_all_ways_and_their_reasons(nobody: str, connect: Connect, refused: Refused) -> None:
    said = refused(connect("p5", "oidc", "ssh", p5_url=nobody).get, "runs", {})
    assert said == (
        f"OMS cannot be reached: p5: {nobody}/runs: connection refused; "
        "oidc: no client id (BHM_OMS_CLIENT_ID or keyring); ssh: not asked for; "
        "say --via-ssh HOST, or give a saved file"
    )


@pytest.mark.usefixtures("credentials")
def test_the_way_that_works_is_kept(
    connect: Connect, httpserver: HTTPServer, give_tokens: list[dict[str, str]]
) -> None:
    closed = replies(httpserver, "/p5/runs", login_page())
    opened = replies(httpserver, "/public/runs", good())
    client = connect("p5", "oidc")
    assert [client.get("runs", {}), client.get("runs", {})] == [GOOD, GOOD]
    assert (len(closed), len(opened), len(give_tokens)) == (1, 2, 1)
    assert client.where("runs") == httpserver.url_for("/public/runs")


# -- ssh ---------------------------------------------------------------------------------------------------------


def test_ssh_gets_exactly_these_words(connect: Connect, ssh: FakeSsh) -> None:
    ssh.says(json.dumps(GOOD) + "\n200", err="Welcome\n")
    client = connect("ssh", via_ssh="me@cmsusr", p5_url="http://cmsoms.cms/agg/api/v1")
    assert client.get("runs", {"filter[run_number][EQ]": "1'; rm -rf /", "page[limit]": "5"}) == GOOD
    assert client.where("runs") == "http://cmsoms.cms/agg/api/v1/runs through me@cmsusr"
    query = "filter%5Brun_number%5D%5BEQ%5D=1%27%3B%20rm%20-rf%20%2F&page%5Blimit%5D=5"
    assert ssh.words == [
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=15",
        "--",
        "me@cmsusr",
        rf"curl -g -s -S --max-time 60 -w '\n%{{http_code}}' 'http://cmsoms.cms/agg/api/v1/runs?{query}'",
    ]


def test_ssh_only_when_asked_for(connect: Connect, ssh: FakeSsh, refused: Refused) -> None:
    assert refused(connect("ssh").get, "runs", {}) == unreachable("ssh", "not asked for")
    assert ssh.words is None


@pytest.mark.parametrize(
    "host",
    ["-oProxyCommand=touch x", "host; rm -rf /", "", "-", "a b", "host\n", "$(touch x)", "me@-x", "`id`"],
)
def test_hosts_that_are_none_start_nothing(host: str, connect: Connect, ssh: FakeSsh) -> None:
    with pytest.raises(ConditionsError, match="is no host name; give HOST or USER@HOST"):
        connect("ssh", via_ssh=host).get("runs", {})
    assert ssh.words is None


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("{}\n404", "does not exist (404); check the address of OMS"),
        ("{}\n500", "answers with error 500; try again later"),
        ("<html>\n200", "answers with a web page where JSON was expected; check the address"),
        ('{"data\n200', "the answer is not JSON; try again"),
        ("{}", "the answer is cut short; try again"),
        ("{}\n000", "the answer is cut short; try again"),
        ("", "the answer is cut short; try again"),
    ],
)
def test_answers_through_ssh_are_checked_too(
    out: str, said: str, connect: Connect, ssh: FakeSsh, refused: Refused
) -> None:
    ssh.says(out)
    client = connect("ssh", via_ssh="cmsusr", p5_url="http://cmsoms.cms")
    assert refused(client.get, "runs", {}) == f"http://cmsoms.cms/runs through cmsusr: {said}"


def test_ssh_fails(connect: Connect, ssh: FakeSsh, refused: Refused) -> None:
    client = connect("ssh", via_ssh="cmsusr", p5_url="http://cmsoms.cms")
    ssh.says("", err="Hello\nPermission denied (publickey).\n", code=255)
    reason = "http://cmsoms.cms/runs through cmsusr: failed with code 255 (Permission denied (publickey).)"
    assert refused(client.get, "runs", {}) == unreachable("ssh", reason)
    ssh.says("{}\n302")
    reason = "http://cmsoms.cms/runs through cmsusr: answers with a login page at an unknown address"
    assert refused(client.get, "runs", {}) == unreachable("ssh", reason)
