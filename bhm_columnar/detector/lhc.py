"""The LHC clock and what follows from it for BHM.

The revolution frequency is that of the RF at 6.8 TeV; it differs by 2e-6 from the value at injection, far below what
a run's start time is known to.
"""

from __future__ import annotations

from typing import Final

from .channels import Z_M

__all__ = [
    "ABORT_GAP",
    "BUNCH_CLASSES",
    "BX_NS",
    "COLLISION_DELAY_BX",
    "COLLISION_DELAY_TDC",
    "LUMISECTION_ORBITS",
    "LUMISECTION_S",
    "N_BX",
    "ORBIT_COUNTER",
    "ORBIT_S",
    "REVOLUTION_HZ",
]

#: bunch-crossing slots in an orbit: 35640 RF buckets, ten to a slot (CERN, P. Baudrenghien's LHC numerology)
N_BX: Final = 3564
#: 400.78966 MHz / 35640 at 6.8 TeV: the injection RF of 400.78879 MHz times beta(6.8 TeV) / beta(450 GeV)
REVOLUTION_HZ: Final = 11245.501
ORBIT_S: Final = 1.0 / REVOLUTION_HZ
BX_NS: Final = 1e9 / (REVOLUTION_HZ * N_BX)
#: orbits in a lumisection, 64 nibbles of 4096 orbits (brilws lumiParameters.py)
LUMISECTION_ORBITS: Final = 2**18
#: 23.3110 s
LUMISECTION_S: Final = LUMISECTION_ORBITS * ORBIT_S
#: the board counts orbits in 32 bits (uHTR histogram trailer), so the count starts again every 106 hours
ORBIT_COUNTER: Final = 2**32
#: first and last slot that stay empty for the beam-dump kicker (LPC filling-scheme editor)
ABORT_GAP: Final = (3443, 3563)

#: what a slot can hold
BUNCH_CLASSES: Final = ("colliding", "beam 1 only", "beam 2 only", "empty", "abort gap")

_C_M_PER_NS: Final = 0.299792458
#: halo of a bunch passes the unit on its way in, collision products of the same bunch on their way out: 2 z / c
COLLISION_DELAY_NS: Final = 2 * Z_M / _C_M_PER_NS
#: which is 5 whole bunch crossings ...
COLLISION_DELAY_BX: Final = int(COLLISION_DELAY_NS / BX_NS)
#: ... and 25 TDC counts of 0.5 ns
COLLISION_DELAY_TDC: Final = round((COLLISION_DELAY_NS - COLLISION_DELAY_BX * BX_NS) / 0.5)
