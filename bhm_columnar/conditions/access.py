"""Ask OMS for one answer: inside the P5 network, with a login of CERN, or through another host."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import requests

from ..errors import ConditionsError
from .answers import Answer, decode
from .commands import check_host, run_command, ssh_command
from .login import Bearer, get_token, refuse_open
from .session import NextWayError, open_session, send

__all__ = ["WAYS", "Access", "Client"]

#: ways to OMS, in the order in which they are tried
WAYS: Final = ("p5", "oidc", "ssh")
_HINT: Final = "say --via-ssh HOST, or give a saved file"
_ADDRESS: Final = re.compile(
    r"https?://(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_RESOURCE: Final = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_]+)*")


@dataclass(frozen=True)
class Access:
    """Where OMS is, and how it may be asked; client id and secret are no part of it.

    The addresses are those of the public oms-api-client of CMS.

    Parameters
    ----------
    p5_url
        OMS inside the P5 network, where no login is needed; also asked through `via_ssh`.
    public_url, token_url, audience
        OMS for the rest of the world, the server that gives tokens for it, and what they are for.
    via_ssh
        ``HOST`` or ``USER@HOST`` inside the P5 network; `None`: ssh is not used.
    ways
        Names from `WAYS`, tried in this order.
    timeout
        To connect and to wait for an answer, in seconds.
    retries, backoff
        How often a busy server is asked again, and after how many seconds, doubled each time.

    Raises
    ------
    ConditionsError
        If an address, way or host is none.
    """

    p5_url: str = "http://cmsoms.cms/agg/api/v1"
    public_url: str = "https://cmsoms.cern.ch/agg/api/v1"
    token_url: str = "https://auth.cern.ch/auth/realms/cern/api-access/token"  # noqa: S105  (an address)
    audience: str = "cmsoms-prod"
    via_ssh: str | None = None
    ways: tuple[str, ...] = WAYS
    timeout: tuple[float, float] = (3.0, 30.0)
    retries: int = 4
    backoff: float = 0.2

    def __post_init__(self) -> None:
        for name in ("p5_url", "public_url", "token_url"):
            # not shown: it may hold a password
            if not _ADDRESS.fullmatch(getattr(self, name)):
                raise ConditionsError(
                    f"{name} is no address", hint="give http(s)://HOST/PATH without user name or query"
                )
        if not self.ways or not set(self.ways) <= set(WAYS):
            raise ConditionsError(f"no such ways to OMS: {self.ways}", hint=f"choose from {', '.join(WAYS)}")
        if self.via_ssh is not None:
            check_host(self.via_ssh)

    @classmethod
    def from_environment(cls, **overrides: Any) -> Access:
        """Take addresses and ways from BHM_OMS_P5_URL, BHM_OMS_URL, BHM_OMS_TOKEN_URL and BHM_OMS_WAYS.

        Parameters
        ----------
        overrides
            Fields that are given here count more.
        """
        names = {"p5_url": "P5_URL", "public_url": "URL", "token_url": "TOKEN_URL", "ways": "WAYS"}
        said = {name: os.environ.get(f"BHM_OMS_{key}", "").strip() for name, key in names.items()}
        found: dict[str, Any] = {name: value for name, value in said.items() if value}
        if "ways" in found:
            found["ways"] = tuple(way.strip() for way in found["ways"].split(","))
        return cls(**(found | overrides))


class Client:
    """Asks OMS by the first way that works, and stays with it.

    Use it as a context manager, or call `close`. Client id and secret of the way ``oidc`` come from
    BHM_OMS_CLIENT_ID and BHM_OMS_CLIENT_SECRET or from the keyring of the system; they and the token are kept in
    memory, and sent over https only (or to this machine).
    """

    def __init__(self, access: Access | None = None) -> None:
        self.access = access or Access.from_environment()
        self._session = open_session(retries=self.access.retries, backoff=self.access.backoff)
        self._way: str | None = None
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and forget the token."""
        self._token = ""
        self._session.close()

    def where(self, resource: str) -> str:
        """Address of a resource by the way that worked, for messages and sources."""
        base = self.access.public_url if self._way == "oidc" else self.access.p5_url
        through = f" through {self.access.via_ssh}" if self._way == "ssh" else ""
        return f"{base.rstrip('/')}/{resource}{through}"

    def get(self, resource: str, params: Mapping[str, str]) -> Any:
        """Ask for one answer.

        Parameters
        ----------
        resource
            Such as ``runs``.
        params
            Of the query, not yet encoded; a value can never become another parameter.

        Returns
        -------
        the decoded JSON

        Raises
        ------
        ConditionsError
            If no way leads to OMS (with the reason for each), or if OMS answers with an error, a web page or half
            an answer.
        """
        if not _RESOURCE.fullmatch(resource):
            raise ConditionsError(f"{resource!r} is no resource of OMS", hint="such as runs or lumisections")
        query = urlencode(params, quote_via=quote)
        asked = {"p5": self._by_p5, "oidc": self._by_oidc, "ssh": self._by_ssh}
        reasons = []
        for way in (self._way,) if self._way else self.access.ways:
            try:
                content = decode(asked[way](resource, query))
            except NextWayError as error:
                reasons.append(f"{way}: {error}")
            else:
                self._way = way
                return content
        raise ConditionsError(f"OMS cannot be reached: {'; '.join(reasons)}", hint=_HINT)

    def _by_p5(self, resource: str, query: str) -> Answer:
        return self._http(f"{self.access.p5_url.rstrip('/')}/{resource}", query)

    def _by_oidc(self, resource: str, query: str) -> Answer:
        where = f"{self.access.public_url.rstrip('/')}/{resource}"
        refuse_open(where)
        self._token = self._token or self._log_in()
        answer = self._http(where, query, self._token)
        if answer.status == requests.codes.unauthorized:  # it may have run out
            self._token = self._log_in()
            answer = self._http(where, query, self._token)
        return answer

    def _by_ssh(self, resource: str, query: str) -> Answer:
        host = self.access.via_ssh
        if host is None:
            raise NextWayError("not asked for")
        where = f"{self.access.p5_url.rstrip('/')}/{resource}"
        # curl itself makes \n a new line, which not every shell takes inside quotes; -g: brackets are no ranges
        options = ["-g", "-s", "-S", "--max-time", "60", "-w", r"\n%{http_code}"]
        try:
            out, _ = run_command(ssh_command(host, ["curl", *options, f"{where}?{query}"]), timeout=90.0)
        except ConditionsError as error:
            raise NextWayError(f"{where} through {host}: {error.what}") from error
        body, _, status = out.rpartition("\n")
        if not re.fullmatch(r"[1-5]\d\d", status):
            raise ConditionsError(
                "the answer is cut short", where=f"{where} through {host}", hint="try again"
            )
        return Answer(f"{where} through {host}", int(status), body.encode())

    def _log_in(self) -> str:
        access = self.access
        return get_token(self._session, access.token_url, access.audience, timeout=access.timeout)

    def _http(self, where: str, query: str, token: str = "") -> Answer:
        response = send(
            self._session,
            "GET",
            f"{where}?{query}",
            where,
            timeout=self.access.timeout,
            auth=Bearer(token) if token else None,
        )
        said = response.headers
        return Answer(
            where,
            response.status_code,
            response.content,
            said.get("Location", ""),
            said.get("Content-Type", ""),
            bool(token),
        )
