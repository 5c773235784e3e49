"""What brilcalc prints."""

from __future__ import annotations

from typing import Final

TAG: Final = "/cvmfs/normtag_BRIL.json"
ROWS: Final = [
    "372923:9068,1:0,1692800000,FLAT TOP,6800,0,0,0.0,HFET",
    "372923:9068,12:12,1692800256,STABLE BEAMS,6800,160000.792000000,154234.862000000,40.3,HFET",
]


def output(*rows: str, tag: str = "None", unit: str = "/ub", nls: int | None = None, end: str = "") -> str:
    """What brilws prints: rows end in CRLF, the rest in LF."""
    header = f"#run:fill,ls,time,beamstatus,E(GeV),delivered({unit}),recorded({unit}),avgpu,source"
    body = "".join(f"{row}\r\n" for row in rows)
    footer = f"#nfill,nrun,nls,ncms,totdelivered({unit}),totrecorded({unit})"
    numbers = f"#1,1,{len(rows) if nls is None else nls},1,160000.792000000,154234.862000000"
    return f"#Data tag : 24v1 , Norm tag: {tag}\n{header}\n{body}#Summary:\n{footer}\n{numbers}\n\n{end}"


def row(
    ls: int, delivered: float, *, run: int = 372923, pileup: float = 40.0, status: str = "STABLE BEAMS"
) -> str:
    cms = f"{run}:9068,{ls}:{ls},{1692800000 + 23 * ls},{status},6800"
    return f"{cms},{delivered:.9f},{delivered / 2:.9f},{pileup:.1f},HFET"
