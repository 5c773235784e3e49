"""What a server said: decode it, or say what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from ..errors import ConditionsError
from .session import NextWayError

__all__ = ["Answer", "decode"]


@dataclass(frozen=True)
class Answer:
    """What a server said, over HTTP or through ssh.

    Parameters
    ----------
    where
        What errors name.
    status, body, location, content_type
        Of the answer; the last two are empty if the way does not tell them.
    logged_in
        Whether a token was shown.
    """

    where: str
    status: int
    body: bytes = field(repr=False)
    location: str = ""
    content_type: str = ""
    logged_in: bool = False


def decode(answer: Answer) -> Any:
    """Decode the JSON of an answer, or say what is wrong with it.

    Raises
    ------
    NextWayError
        If the server wants a login.
    ConditionsError
        If it answers with another error, a web page, or no JSON.
    """
    if answer.status != requests.codes.ok:
        raise _refusal(answer)
    if "html" in answer.content_type.lower() or answer.body.lstrip()[:1] == b"<":
        raise ConditionsError(
            "answers with a web page where JSON was expected", where=answer.where, hint="check the address"
        )
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ConditionsError("the answer is not JSON", where=answer.where, hint="try again") from error


def _refusal(answer: Answer) -> Exception:
    """Error for any answer but 200; one of `NextWayError` where a login may help."""
    where, status = answer.where, answer.status
    if 300 <= status < 400:
        return NextWayError(f"{where}: answers with a login page at {_host(where, answer.location)}")
    if status in (401, 403) and not answer.logged_in:
        return NextWayError(f"{where}: wants a login ({status})")
    what, hint = {
        401: ("does not accept the login (401)", "OMS has to add the client to the group oms-api-access"),
        403: ("forbids this (403)", "OMS has to add the client to the group oms-api-access"),
        404: ("does not exist (404)", "check the address of OMS"),
        429: ("has too many requests (429)", "try again later"),
    }.get(
        status, (f"answers with error {status}", "try again later" if status >= 500 else "check the request")
    )
    return ConditionsError(what, where=where, hint=hint)


def _host(where: str, location: str) -> str:
    """Host that a redirection leads to; it comes from outside, so nothing else is repeated."""
    try:
        host = urlsplit(urljoin(where, location)).hostname or ""
    except ValueError:
        host = ""
    return host if location and re.fullmatch(r"[A-Za-z0-9.:-]+", host) else "an unknown address"
