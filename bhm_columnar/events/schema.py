"""How coffea sees a file of events: ``events.Pulse.tdc`` and the like, read only when asked for."""

from __future__ import annotations

from typing import Any

from coffea.nanoevents.methods import base
from coffea.nanoevents.schemas.base import BaseSchema, nest_jagged_forms, zip_forms
from coffea.nanoevents.transforms import counts2offsets_form

from ..detector.qie import N_SAMPLES
from .behaviors import BEHAVIOR
from .columns import CODES, EVENT_COLUMNS, N_PULSE, PULSE_COLUMNS, SAMPLES

__all__ = ["BHMSchema"]


class BHMSchema(BaseSchema):  # type: ignore[misc]
    """Build NanoEvents from the branches of `events.columns`.

    An event has its scalars and ``Pulse``, a list of records with the pulse columns, ``samples`` (20 ADC codes, fixed)
    and ``tdcs`` (all TDC codes, a list). The same columns come out of `io.read_dump`.
    """

    def __init__(self, base_form: dict[str, Any]) -> None:
        super().__init__(base_form)
        branches = dict(zip(self._form["fields"], self._form["contents"], strict=True))
        pulses = zip_forms(
            {column.name: branches[column.branch] for column in PULSE_COLUMNS},
            "Pulse",
            record_name="Pulse",
            offsets=counts2offsets_form(branches[N_PULSE]),
        )
        record = pulses["content"]
        record["fields"].append(SAMPLES.name)
        record["contents"].append(
            {
                "class": "RegularArray",
                "size": N_SAMPLES,
                "content": branches[SAMPLES.branch]["content"],
                "parameters": {},
                "form_key": None,
            }
        )
        nest_jagged_forms(pulses, branches[CODES.branch], "nTdc", CODES.name)
        self._form["fields"] = [*(column.name for column in EVENT_COLUMNS), "Pulse"]
        self._form["contents"] = [*(branches[column.branch] for column in EVENT_COLUMNS), pulses]

    @classmethod
    def behavior(cls) -> dict[Any, Any]:
        """Return coffea's behaviors of events and ours of pulses."""
        return {**base.behavior, **BEHAVIOR}
