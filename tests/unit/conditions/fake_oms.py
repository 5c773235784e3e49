"""A server that answers as OMS does, and entries as they stand in its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

Rows = list[dict[str, Any]]
GOOD: Final = {"data": [], "meta": {"totalResourceCount": 0}}
JSON: Final = "application/json"
#: 2017-06-16T16:02:33Z, as `date -u +%s` says
START: Final = 1497628953.0


def replies(server: HTTPServer, path: str, *answers: Response) -> list[Request]:
    """Give answers one after the other, the last one for ever; returns the requests."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return answers[min(len(seen), len(answers)) - 1]

    server.expect_request(path).respond_with_handler(answer)
    return seen


def good() -> Response:
    return Response(json.dumps(GOOD), content_type=JSON)


def login_page() -> Response:
    return Response("", 302, headers={"Location": "https://auth.example/realms?state=xyz"})


def unreachable(way: str, reason: str) -> str:
    return f"OMS cannot be reached: {way}: {reason}; say --via-ssh HOST, or give a saved file"


def document(rows: Iterable[Any], total: object = None, **more: object) -> dict[str, Any]:
    data = [{"id": str(number), "type": "x", "attributes": row} for number, row in enumerate(rows)]
    return {"data": data, "meta": {"totalResourceCount": len(data) if total is None else total}, **more}


class FakeOms:
    """Rows by resource; filters EQ, GE and LE, and pages, work as in OMS."""

    def __init__(self, server: HTTPServer) -> None:
        self.rows: dict[str, Rows] = {}
        self.seen: list[dict[str, str]] = []
        self.total: int | None = None
        for resource in ("runs", "lumisections", "bunches", "fills", "lhcrunconfigurations"):
            server.expect_request(f"/p5/{resource}").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        asked = request.args.to_dict()
        resource = request.path.rpartition("/")[2]
        self.seen.append({"resource": resource} | asked)
        rows = self.rows.get(resource, [])
        tests = {"EQ": int.__eq__, "GE": int.__ge__, "LE": int.__le__}
        for name, value in asked.items():
            if name.startswith("filter"):
                field, operator = name.removeprefix("filter[").removesuffix("]").split("][")
                rows = [row for row in rows if tests[operator](row[field], int(value))]
        offset, limit = int(asked["page[offset]"]), int(asked["page[limit]"])
        page = document(rows[offset : offset + limit], len(rows) if self.total is None else self.total)
        return Response(json.dumps(page), content_type="application/json")


def run_row(run: int, **more: object) -> dict[str, Any]:
    row = {
        "run_number": run,
        "fill_number": 5839,
        "start_time": "2017-06-16T16:02:33Z",
        "end_time": "2017-06-16T21:09:57Z",
    }
    return row | more


def lumi_row(run: int, section: int, **more: object) -> dict[str, Any]:
    row = {
        "run_number": run,
        "lumisection_number": section,
        "start_time": f"2017-06-16T16:02:{section:02d}Z",
        "end_time": f"2017-06-16T16:03:{section:02d}Z",
        "delivered_lumi": 0.5,
    }
    return row | more


def bunch(number: int, one: object, two: object, **more: object) -> dict[str, Any]:
    row = {
        "fill_number": 5839,
        "bunch_number": number,
        "beam_1_configured": one,
        "beam_2_configured": two,
        "intensity_beam_1": 1.1e11 if one else 0.0,
        "intensity_beam_2": 1.2e11 if two else None,
    }
    return row | more
