"""Log in at CERN: client id and secret, the token that they give, and whom it may be shown to."""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from ..errors import ConditionsError
from .session import NextWayError, is_local, send

__all__ = ["Bearer", "get_token", "refuse_open"]

_KEYRING: Final = "bhm_columnar"
#: what may stand in an Authorization header (RFC 6750, section 2.1)
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]+")


def get_token(session: requests.Session, where: str, audience: str, *, timeout: tuple[float, float]) -> str:
    """Get a token; what the server says besides is never shown, as it may repeat the secret.

    Parameters
    ----------
    session
        From `open_session`.
    where
        Address of the server that gives tokens.
    audience
        What the token is for.
    timeout
        To connect and to wait for an answer, in seconds.

    Raises
    ------
    NextWayError
        If there are no client id and secret, or the server gives no token for them.
    ConditionsError
        If they would go over http.
    """
    credentials = _Credentials.find()
    refuse_open(where)
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
        "audience": audience,
    }
    response = send(session, "POST", where, where, timeout=timeout, data=form)
    if response.status_code in (400, 401, 403):
        raise NextWayError(f"{where} refuses the client id or secret ({response.status_code})")
    if response.status_code != requests.codes.ok:
        raise NextWayError(f"{where} answers {response.status_code} instead of a token")
    try:
        token = response.json()["access_token"]
    except (ValueError, LookupError, TypeError):
        token = None
    if not (isinstance(token, str) and _TOKEN.fullmatch(token)):
        raise NextWayError(f"{where} gives no token that can be used")
    return token


def refuse_open(url: str) -> None:
    """Refuse to send a secret over http, unless to this machine.

    Raises
    ------
    ConditionsError
        If this is such an address.
    """
    if urlsplit(url).scheme != "https" and not is_local(url):
        raise ConditionsError("secrets are only sent over https", where=url, hint="give an https address")


class Bearer(AuthBase):
    """Shows a token to the server."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the token into the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True)
class _Credentials:
    """Client id and secret; neither is ever shown."""

    client_id: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def find(cls) -> _Credentials:
        """Look in the environment, then in the keyring of the system."""
        client_id = os.environ.get("BHM_OMS_CLIENT_ID", "").strip() or _from_keyring("oms-client-id")
        if not client_id:
            raise NextWayError("no client id (BHM_OMS_CLIENT_ID or keyring)")
        secret = os.environ.get("BHM_OMS_CLIENT_SECRET", "").strip() or _from_keyring("oms-client-secret")
        if not secret:
            raise NextWayError("no client secret (BHM_OMS_CLIENT_SECRET or keyring)")
        return cls(client_id, secret)


def _from_keyring(name: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
        errors = importlib.import_module("keyring.errors")
    except ImportError:
        return ""  # the package is optional
    try:
        return (keyring.get_password(_KEYRING, name) or "").strip()
    except errors.KeyringError as error:
        raise NextWayError(f"the keyring cannot be read ({type(error).__name__})") from error
