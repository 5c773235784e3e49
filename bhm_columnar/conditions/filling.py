"""Filling schemes from files: which slots each beam fills (LPC filling-scheme editor, FillingPatterns, OMS)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..detector.lhc import ABORT_GAP, N_BX
from ..errors import ConditionsError
from .model import Filling, Longs
from .oms_rows import filling_from_bunches

__all__ = ["check_filling", "parse_scheme_name", "read_filling"]

#: RF buckets in a slot; slot n begins with bucket 10 n + 1 (LPC filling-scheme editor)
_BUCKETS: Final = 10
#: the keys of either beam's slots: LPC, where ``beam1`` means something else, before FillingPatterns
_PATTERN_KEYS: Final = (("schemebeam1", "schemebeam2"), ("beam1", "beam2"))
_NAME_KEYS: Final = ("schemeName", "scheme_name", "name")
_BUCKET_LINES: Final = ("b1 filled buckets", "b2 filled buckets")
_WHAT: Final = (
    'give JSON {"beam1": [3564 zeros and ones], "beam2": [...]}, CSV lines `B1 filled buckets,1,...`, '
    "or a saved answer of OMS to a query for bunches"
)


def read_filling(path: str | Path) -> Filling:
    """Read a filling scheme: the slots that each beam fills, and its protons per slot where the file knows them.

    Parameters
    ----------
    path
        JSON or CSV from the LPC pages or FillingPatterns, or a saved answer of OMS to a query for ``bunches``. If
        it does not name the scheme, the file's name does.

    Raises
    ------
    ConditionsError
        If the file is none of these, contradicts itself, or fills no slot.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConditionsError(f"cannot be read ({error.strerror or error})", where=path) from error
    except UnicodeDecodeError as error:
        raise ConditionsError("is no text", where=path, hint=_WHAT) from error
    try:
        filling = _parse(text, Path(path).name.partition(".")[0])
    except ConditionsError as error:
        where = f"{path} ({error.where})" if error.where else path
        raise ConditionsError(error.what, where=where, hint=error.hint) from error
    if not len(filling.beam1) and not len(filling.beam2):
        raise ConditionsError("no beam fills a slot", where=path, hint=_WHAT)
    return filling


def parse_scheme_name(name: str) -> dict[str, float]:
    """Read what the name of a filling scheme says, such as ``25ns_2760b_2748_2492_2574_288bpi_13inj_800ns``.

    Returns
    -------
    those that the name holds of: ``spacing_ns``; ``bunches`` per beam, and ``small`` ones besides (``1380b+1small``);
    collisions in ``ip15``, ``ip2`` and ``ip8``; ``trainlength``, the bunches per injection; ``injections``. Parts that
    are none of these are passed over (LPC pages).
    """
    found: dict[str, float] = {}
    words = name.split("_")
    if spacing := re.fullmatch(r"(\d+(?:\.\d+)?)ns", words[0]):
        found["spacing_ns"] = float(spacing[1])
    for place, word in enumerate(words):
        if bunches := re.fullmatch(r"(\d+)b(?:\+(\d+)\D*)?", word):
            found["bunches"] = int(bunches[1])
            if bunches[2]:
                found["small"] = int(bunches[2])
            for key, number in zip(("ip15", "ip2", "ip8"), words[place + 1 :], strict=False):
                if not number.isdecimal():
                    break
                found[key] = int(number)
            break
    for key, unit in (("trainlength", "bpi"), ("injections", "inj")):
        if match := re.search(rf"(\d+){unit}", name):
            found[key] = int(match[1])
    return found


def check_filling(filling: Filling) -> list[str]:
    """Compare a filling scheme with its own name, and look for bunches in the abort gap.

    Returns
    -------
    one sentence for everything that does not agree
    """
    warnings = []
    said = parse_scheme_name(filling.name)
    for beam in (1, 2):
        slots = filling.of(beam)
        if "bunches" in said:
            least = int(said["bunches"])
            if not least <= len(slots) <= least + said.get("small", 0):
                warnings.append(f"the name says {least} bunches, beam {beam} has {len(slots)}")
        in_gap = slots[slots >= ABORT_GAP[0]]
        if len(in_gap):
            warnings.append(
                f"beam {beam} fills {len(in_gap)} slots of the abort gap {ABORT_GAP[0]}..{ABORT_GAP[1]}, "
                f"the first is {in_gap[0]}"
            )
    if said.get("ip15", len(filling.colliding)) != len(filling.colliding):
        warnings.append(
            f"the name says {int(said['ip15'])} collisions in IP1 and IP5, the slots give {len(filling.colliding)}"
        )
    return warnings


def _parse(text: str, stem: str) -> Filling:
    if text.lstrip().startswith(("{", "[")):
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ConditionsError(f"is no JSON ({error})", hint=_WHAT) from error
        return _from_json(content, stem)
    lines = {
        key.strip().lower(): value.strip()
        for key, _, value in (line.partition(",") for line in text.splitlines())
    }
    if not any(key in lines for key in _BUCKET_LINES):
        raise ConditionsError("holds no filling scheme", hint=_WHAT)
    name = lines.get("scheme name") or stem
    return Filling(name, _slots_from_buckets(lines, 1), _slots_from_buckets(lines, 2))


def _slots_from_buckets(lines: Mapping[str, str], beam: int) -> Longs:
    key = _BUCKET_LINES[beam - 1]
    if key not in lines:
        raise ConditionsError(f"has no line `B{beam} filled buckets`", hint=_WHAT)
    slots = []
    for cell in filter(None, (cell.strip() for cell in lines[key].split(","))):
        slot, rest = divmod(int(cell) - 1, _BUCKETS) if re.fullmatch(r"[0-9]{1,9}", cell) else (0, 1)
        if rest:
            raise ConditionsError(f"B{beam} bucket {cell} is not 10 times a slot, plus 1", hint=_WHAT)
        if not 0 <= slot < N_BX:
            raise ConditionsError(
                f"B{beam} bucket {cell} is slot {slot}, out of 0..{N_BX - 1}", hint="buckets are 1..35631"
            )
        slots.append(slot)
    if len(set(slots)) != len(slots):
        raise ConditionsError(f"names a bucket of B{beam} twice", hint=_WHAT)
    return np.sort(np.array(slots, dtype=np.int64))


def _from_json(content: Any, stem: str) -> Filling:
    if (rows := _bunch_rows(content)) is not None:
        return filling_from_bunches(rows, stem)
    if not isinstance(content, Mapping):
        raise ConditionsError("holds no filling scheme", hint=_WHAT)
    said = next((content[key] for key in _NAME_KEYS if isinstance(content.get(key), str)), "")
    if (keys := _pattern_keys(content)) is not None:
        beam1, beam2 = (_slots_from_flags(content, key) for key in keys)
        return Filling(said or stem, beam1, beam2)
    inner = {name: one for name, one in content.items() if isinstance(one, Mapping) and _pattern_keys(one)}
    if len(inner) != 1:
        has = "no filling scheme" if not inner else f"{len(inner)} filling schemes, not one"
        raise ConditionsError(f"holds {has}", hint=_WHAT)
    name, one = inner.popitem()
    return _from_json(one, said or (name if parse_scheme_name(name) else stem))


def _pattern_keys(content: Mapping[str, Any]) -> tuple[str, str] | None:
    return next((keys for keys in _PATTERN_KEYS if any(key in content for key in keys)), None)


def _slots_from_flags(content: Mapping[str, Any], key: str) -> Longs:
    flags = content.get(key)
    if not isinstance(flags, list):
        raise ConditionsError(f"{key} is no list of slots" if key in content else f"has no {key}", hint=_WHAT)
    if len(flags) != N_BX:
        raise ConditionsError(f"{key} has {len(flags)} slots, not {N_BX}", hint=_WHAT)
    for slot, flag in enumerate(flags):
        if flag not in (0, 1):
            raise ConditionsError(f"{key} is {flag!r} in slot {slot}, neither 0 nor 1", hint=_WHAT)
    return np.flatnonzero(np.array(flags, dtype=bool)).astype(np.int64)


def _bunch_rows(content: Any) -> list[dict[str, Any]] | None:
    """Take the rows out of an answer of OMS; `None` if it is none."""
    rows = content.get("data") if isinstance(content, Mapping) else content
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return None
    meta = content.get("meta") if isinstance(content, Mapping) else None
    total = meta.get("totalResourceCount", len(rows)) if isinstance(meta, Mapping) else len(rows)
    if total != len(rows):
        raise ConditionsError(
            f"holds {len(rows)} of {total} bunches", hint="ask OMS with a higher page[limit]"
        )
    return [dict(row.get("attributes", row)) for row in rows]
