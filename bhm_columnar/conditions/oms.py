"""Ask OMS for runs, lumisections and fills."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..errors import ConditionsError
from .access import Client
from .commands import check_run
from .model import Filling, LumiTable, RunInfo
from .oms_rows import (
    CONFIGURED,
    INTENSITIES,
    entries,
    filling_from_bunches,
    lumisections_from_rows,
    runs_from_rows,
)

__all__ = ["fetch_filling", "fetch_lumisections", "fetch_runs", "query"]

_FIELD: Final = re.compile(r"[a-z0-9_]+")
#: those that are used here (oms-api-client knows more)
_OPERATORS: Final = ("EQ", "NEQ", "LT", "GT", "LE", "GE")
#: neither a run nor a fill has so many entries, so an answer with more pages has no end
_MOST_PAGES: Final = 1000
#: runs that are asked for in one query lie no further apart
_NEAR: Final = 100
#: all slots of a fill in one page (the limit of `bunches` in oms-api-client)
_BUNCHES_PAGE: Final = 4000


def query(
    client: Client,
    resource: str,
    *,
    filters: Iterable[tuple[str, str, str | int]] = (),
    fields: Sequence[str] = (),
    sort: str | None = None,
    page: int = 100,
) -> list[dict[str, Any]]:
    """Ask OMS for all entries that pass the filters, page by page.

    Parameters
    ----------
    client
        The way to OMS.
    resource
        Such as ``runs``.
    filters
        (field, operator, value), such as ``("run_number", "EQ", 372923)``. A value can never add a parameter.
    fields
        What to ask for; all if empty.
    sort
        A field, with ``-`` in front for the largest first.
    page
        Entries in a page; OMS gives 10 if it is not told.

    Returns
    -------
    the attributes of each entry

    Raises
    ------
    ConditionsError
        If OMS cannot be asked, its answer is not of the usual form, or entries are missing.
    """
    params = {}
    for name, operator, value in filters:
        if operator not in _OPERATORS:
            raise ConditionsError(f"{operator!r} is no filter", hint=f"choose from {', '.join(_OPERATORS)}")
        params[f"filter[{_field(name)}][{operator}]"] = str(value)
    if fields:
        params["fields"] = ",".join(map(_field, fields))
    if sort:
        params["sort"] = sort[: sort.startswith("-")] + _field(sort.removeprefix("-"))
    rows: list[dict[str, Any]] = []
    for _ in range(_MOST_PAGES):
        content = client.get(resource, params | {"page[offset]": str(len(rows)), "page[limit]": str(page)})
        where = client.where(resource)
        found, total = entries(content, where)
        rows += found
        if total is None:
            raise ConditionsError("does not say how many entries there are", where=where, hint="try again")
        if len(rows) == total:
            return rows
        if not found or len(rows) > total:
            raise ConditionsError(f"gives {len(rows)} of {total} entries", where=where, hint="try again")
    raise ConditionsError(
        f"gives over {_MOST_PAGES} pages", where=client.where(resource), hint="ask for less"
    )


def _field(name: str) -> str:
    if not _FIELD.fullmatch(name):
        raise ConditionsError(f"{name!r} is no field of OMS", hint="such as run_number")
    return name


def fetch_runs(client: Client, runs: Iterable[int | str]) -> dict[int, RunInfo]:
    """Ask OMS when runs started and ended, and for their fills.

    Returns
    -------
    by run number; without the runs that OMS does not know

    Raises
    ------
    ConditionsError
        If one is no run number, or OMS cannot be asked.
    """
    wanted = sorted({check_run(run) for run in runs})
    found: dict[int, RunInfo] = {}
    for group in _groups(wanted):
        first, last = group[0], group[-1]
        near = [("run_number", "GE", first), ("run_number", "LE", last)]
        rows = query(
            client,
            "runs",
            filters=near if first < last else [("run_number", "EQ", first)],
            fields=("run_number", "start_time", "end_time", "fill_number"),
            sort="run_number",
        )
        found |= runs_from_rows(rows, client.where("runs"))
    return {run: found[run] for run in wanted if run in found}


def _groups(runs: Iterable[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for run in runs:
        if groups and run - groups[-1][-1] <= _NEAR:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def fetch_lumisections(client: Client, run: int | str) -> LumiTable:
    """Ask OMS when the lumisections of a run started, and whether the beams were stable.

    Luminosity stays nan: the units of OMS's luminosity per lumisection are not documented in public, so brilcalc is
    the source of it. The status is ``STABLE BEAMS`` where OMS flags both beams so, and empty elsewhere.

    Returns
    -------
    by lumisection number; empty if OMS does not know the run

    Raises
    ------
    ConditionsError
        If this is no run number, or OMS cannot be asked.
    """
    number = check_run(run)
    # without a list of fields: which flags there are is not documented, and OMS may refuse unknown names
    rows = query(
        client, "lumisections", filters=[("run_number", "EQ", number)], sort="lumisection_number", page=1000
    )
    table = lumisections_from_rows(rows, client.where("lumisections"))
    return table.select(table.run == number)


def fetch_filling(client: Client, fill: int | str) -> Filling | None:
    """Ask OMS which slots a fill had filled, with how many protons, and for the name of its scheme.

    Returns
    -------
    `None` if OMS knows no bunches of this fill

    Raises
    ------
    ConditionsError
        If this is no fill number, OMS cannot be asked, or its bunches make no sense.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,5}", str(fill)):
        raise ConditionsError(f"{fill!r} is no fill number", hint="fills have four or five digits")
    of_fill = [("fill_number", "EQ", fill)]
    fields = ("bunch_number", *CONFIGURED, *INTENSITIES)
    rows = query(client, "bunches", filters=of_fill, fields=fields, sort="bunch_number", page=_BUNCHES_PAGE)
    if not rows:
        return None
    where = client.where("bunches")
    # a fill without stable beams has no injection_scheme, but the LHC had one active
    for resource, field in (
        ("fills", "injection_scheme"),
        ("lhcrunconfigurations", "active_injection_scheme"),
    ):
        found = query(client, resource, filters=of_fill, fields=("fill_number", field))
        if names := [str(entry[field]) for entry in found if entry.get(field)]:
            return filling_from_bunches(rows, names[0], where=where)
    return filling_from_bunches(rows, "", where=where)
