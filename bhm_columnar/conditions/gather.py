"""All that is asked of conditions, from files, the cache, OMS and brilcalc."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import ConditionsError
from .access import Access, Client
from .brilcalc import NORMTAG, read_brilcalc, run_brilcalc
from .cache import DAY_S, ONGOING_S, Cache
from .commands import check_host, check_run
from .filling import read_filling
from .model import Conditions, Filling, LumiTable, RunInfo, Source
from .oms import fetch_filling, fetch_lumisections, fetch_runs
from .oms_files import read_lumisections, read_runs
from .store import is_conditions, is_json, load_conditions

__all__ = ["BRILCALC", "NONE", "OMS", "Wanted", "check_sources", "gather_conditions"]

NONE: Final = "none"
OMS: Final = "oms"
BRILCALC: Final = "brilcalc"
#: normtags are updated now and then
_LUMI_KEPT_S: Final = 7 * DAY_S


@dataclass(frozen=True)
class Wanted:
    """Which conditions, and where from.

    Parameters
    ----------
    conditions
        Run times: a file, ``oms`` or ``none``. A file that `bhm conditions` wrote may hold all the rest too.
    lumi
        Luminosity and beam status: a file in brilcalc's CSV, a saved answer of OMS about lumisections (times and beam
        status only), ``brilcalc`` or ``none``.
    filling
        Filling scheme: a file, ``oms`` or ``none``.
    via_ssh
        Host that reaches OMS, used only if it is given.
    brilcalc_via_ssh
        Host that has brilcalc, used only if it is given.
    normtag
        For brilcalc; `None` for luminosity without one.
    """

    conditions: str | Path = NONE
    lumi: str | Path = NONE
    filling: str | Path = NONE
    via_ssh: str | None = None
    brilcalc_via_ssh: str | None = None
    normtag: str | None = NORMTAG
    cache: Cache = field(default_factory=Cache)

    def __post_init__(self) -> None:
        for host in (self.via_ssh, self.brilcalc_via_ssh):
            if host is not None:
                check_host(host)

    def __bool__(self) -> bool:
        return any(str(one) != NONE for one in (self.conditions, self.lumi, self.filling))


def check_sources(wanted: Wanted) -> None:
    """Read the files that are wanted, so that a long job does not end for want of one.

    Raises
    ------
    ConditionsError
        If one is not there, or cannot be read.
    """
    for name in ("conditions", "lumi", "filling"):
        value = str(getattr(wanted, name))
        words = (BRILCALC, NONE) if name == "lumi" else (OMS, NONE)
        if value not in words and not Path(value).is_file():
            raise ConditionsError(
                "no such file", where=value, hint=f"--{name} takes a file, {' or '.join(words)}"
            )
    if str(wanted.conditions) not in (OMS, NONE):
        _read_conditions(Path(wanted.conditions))
    if str(wanted.lumi) not in (BRILCALC, NONE):
        _read_luminosity(Path(wanted.lumi))
    if str(wanted.filling) not in (OMS, NONE):
        read_filling(wanted.filling)


def gather_conditions(runs: Iterable[int], wanted: Wanted) -> Conditions:
    """Collect what is wanted about runs.

    Raises
    ------
    ConditionsError
        If something that was asked for cannot be had; with the reason.
    """
    asked = sorted(set(runs))
    with Client(Access.from_environment(via_ssh=wanted.via_ssh)) as client:
        found = _gather_runs(asked, wanted, client)
        found = _add_luminosity(found, asked, wanted)
        return _add_filling(found, wanted, client)


def _now() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="seconds")


def _made(what: str, path: Path) -> Source:
    """A file as source: what it says was true when it was written."""
    moment = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    return Source(what, str(path), moment.isoformat(timespec="seconds"))


def _gather_runs(runs: Sequence[int], wanted: Wanted, client: Client) -> Conditions:
    if str(wanted.conditions) == NONE:
        return Conditions()
    if str(wanted.conditions) == OMS:
        return _runs_from_oms(runs, wanted.cache, client)
    return _read_conditions(Path(wanted.conditions))


def _read_conditions(path: Path) -> Conditions:
    if is_json(path) and is_conditions(path):
        return load_conditions(path)
    return Conditions(runs=read_runs(path), sources=(_made("runs", path),))


def _read_luminosity(path: Path) -> LumiTable:
    return read_lumisections(path) if is_json(path) else read_brilcalc(path)


def _decode_run(content: Any) -> tuple[RunInfo, LumiTable]:
    return RunInfo(**content["run"]), LumiTable.from_dict(content["lumisections"])


def _runs_from_oms(runs: Sequence[int], cache: Cache, client: Client) -> Conditions:
    """Run times and lumisections, those that are kept already not asked for again."""
    checked = [check_run(run) for run in runs]
    kept = {run: cache.load("runs", run, _decode_run) for run in checked}
    entries = {run: entry for run, entry in kept.items() if entry is not None}
    missing = sorted(set(checked) - set(entries))
    fetched = fetch_runs(client, missing) if missing else {}
    for run, one in fetched.items():
        table = fetch_lumisections(client, run)
        content = {"run": asdict(one), "lumisections": table.as_dict()}
        expires_s = ONGOING_S if one.end is None else None
        entries[run] = ((one, table), cache.save("runs", run, content, expires_s=expires_s))
    found = [entries[run][0] for run in sorted(entries)]
    return Conditions(
        runs={one.run: one for one, _ in found},
        lumisections=sum((table for _, table in found), LumiTable.make()),
        sources=(Source("runs and lumisections", "OMS", _oldest(when for _, when in entries.values())),),
    )


def _oldest(times: Iterable[str]) -> str:
    return min(times, default=_now())


def _add_luminosity(found: Conditions, runs: Sequence[int], wanted: Wanted) -> Conditions:
    if str(wanted.lumi) == NONE:
        return found
    if str(wanted.lumi) == BRILCALC:
        table, source = _lumi_from_brilcalc(runs, wanted)
    else:
        path = Path(wanted.lumi)
        table, source = _read_luminosity(path), _made("luminosity", path)
    return replace(found, lumisections=_prefer(table, found.lumisections), sources=(*found.sources, source))


def _prefer(better: LumiTable, other: LumiTable) -> LumiTable:
    """Rows of one table, and those of another that it does not have; by run and lumisection."""
    key = np.stack([better.run, better.lumisection], axis=1).tolist()
    taken = set(map(tuple, key))
    kept = [
        (run, number) not in taken
        for run, number in zip(other.run.tolist(), other.lumisection.tolist(), strict=True)
    ]
    both = better + other.select(np.array(kept, dtype=bool))
    return both.select(np.lexsort([both.lumisection, both.run]))


def _lumi_from_brilcalc(runs: Sequence[int], wanted: Wanted) -> tuple[LumiTable, Source]:
    checked = [check_run(run) for run in runs]
    cache = wanted.cache
    kind = "luminosity" if wanted.normtag else "luminosity-online"
    kept = {run: cache.load(kind, run, LumiTable.from_dict) for run in checked}
    entries = {run: entry for run, entry in kept.items() if entry is not None}
    missing = sorted(set(checked) - set(entries))
    if missing:
        fetched = run_brilcalc(missing, normtag=wanted.normtag, via_ssh=wanted.brilcalc_via_ssh)
        for run in missing:
            table = fetched.select(fetched.run == run)
            # of a run that brilcalc does not know yet, ask again tomorrow
            expires_s = _LUMI_KEPT_S if len(table) else DAY_S
            entries[run] = (table, cache.save(kind, run, table.as_dict(), expires_s=expires_s))
    name = f"brilcalc, normtag {wanted.normtag}" if wanted.normtag else "brilcalc without normtag"
    whole = sum((entries[run][0] for run in sorted(entries)), LumiTable.make())
    return whole, Source("luminosity", name, _oldest(when for _, when in entries.values()))


def _decode_filling(content: Any) -> Filling | None:
    return None if content is None else Filling.from_dict(content)


def _add_filling(found: Conditions, wanted: Wanted, client: Client) -> Conditions:
    if str(wanted.filling) == NONE:
        return found
    if str(wanted.filling) != OMS:
        path = Path(wanted.filling)
        sources = (*found.sources, _made("filling scheme", path))
        return replace(found, fillings={0: read_filling(path)}, sources=sources)
    fills = sorted({one.fill for one in found.runs.values() if one.fill})
    if not fills:
        raise ConditionsError(
            "no fill is known of these runs",
            where="--filling oms",
            hint="add --conditions oms, or give a file",
        )
    fillings: dict[int, Filling] = {}
    times = []
    for fill in fills:
        entry = wanted.cache.load("fills", fill, _decode_filling)
        if entry is None:
            one = fetch_filling(client, fill)
            content = None if one is None else one.as_dict()
            goes_on = any(run.fill == fill and run.end is None for run in found.runs.values())
            expires_s = ONGOING_S if goes_on else DAY_S if one is None else None
            entry = (one, wanted.cache.save("fills", fill, content, expires_s=expires_s))
        times.append(entry[1])
        if entry[0] is not None:
            fillings[fill] = entry[0]
    source = Source("filling scheme", "OMS", _oldest(times))
    return replace(found, fillings=fillings, sources=(*found.sources, source))
