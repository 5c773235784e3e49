"""Send requests: how often, for how long, and why there is no answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from ..errors import ConditionsError

__all__ = ["NextWayError", "is_local", "open_session", "send"]

_RETRIED: Final = (429, 500, 502, 503, 504)
#: a server may ask for more
_LONGEST_WAIT_S: Final = 30.0


class NextWayError(Exception):
    """This way to OMS cannot be used; the text says why."""


class _NoLogin(AuthBase):
    """Leaves a request as it is; with it, requests does not look for a password in ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Retry(Retry):
    """Waits as long as a server asks for, but no longer than is sensible."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that a server asks for, if they are a number."""
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            return None  # then the usual waits
        return None if asked is None else min(asked, _LONGEST_WAIT_S)


def open_session(*, retries: int, backoff: float) -> requests.Session:
    """Make a session that looks for no password, and asks a busy server again.

    Parameters
    ----------
    retries, backoff
        How often, and after how many seconds, doubled each time.
    """
    retry = _Retry(
        total=retries,
        connect=1,  # a host that is not there does not come for waiting
        read=1,
        other=0,
        backoff_factor=backoff,
        status_forcelist=_RETRIED,
        allowed_methods=["GET"],
        respect_retry_after_header=True,
        raise_on_status=False,
    )
    session = requests.Session()
    session.auth = _NoLogin()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def send(
    session: requests.Session,
    method: str,
    url: str,
    where: str,
    *,
    timeout: tuple[float, float],
    **options: Any,
) -> requests.Response:
    """Send one request, and follow no redirection.

    Parameters
    ----------
    session
        From `open_session`.
    method, url
        Of the request; the query is part of the address.
    where
        What errors name, which is the address without the query.
    timeout
        To connect and to wait for an answer, in seconds.
    options
        Of the request, such as ``auth`` or ``data``.

    Raises
    ------
    NextWayError
        If there is no answer.
    ConditionsError
        If there is half of one.
    """
    # a proxy named in the environment gets nothing that is meant for this machine
    session.trust_env = not is_local(url)
    try:
        return session.request(method, url, timeout=timeout, allow_redirects=False, **options)
    except (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ) as error:
        raise ConditionsError("the answer is cut short", where=where, hint="try again") from error
    except requests.RequestException as error:
        raise NextWayError(f"{where}: {_reason(error, timeout)}") from error


def is_local(url: str) -> bool:
    """Tell whether an address is one of this machine."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """All errors inside an error of requests, which wraps those of urllib3, which wraps those of Python."""
    yield error
    for inner in (*error.args, error.__cause__, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _reason(error: requests.RequestException, timeout: tuple[float, float]) -> str:
    """Say in a few words why there is no answer; the texts of requests may hold headers and are not used."""
    reasons: list[tuple[type[Exception], str]] = [
        (requests.exceptions.ProxyError, "the proxy does not let it through"),
        (ssl.SSLCertVerificationError, "its TLS certificate is not trusted"),
        (requests.exceptions.SSLError, "TLS failed"),
        (socket.gaierror, "unknown host"),
        (ConnectionRefusedError, "connection refused"),
        (ReadTimeoutError, f"no answer within {timeout[1]:g} s"),
        (ConnectTimeoutError, f"no connection within {timeout[0]:g} s"),
    ]
    causes = list(_causes(error))
    for kind, text in reasons:
        if any(isinstance(one, kind) for one in causes):
            return text
    return f"no connection ({type(causes[-1]).__name__})"
