"""The rules for an incomplete application, so that a clerk reads every fault at once.

Fields that the contract's schema refused have been taken out; a rule that needs them isn't asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chassis.core.refusals import Fault
from permits.domain.land import parse_land
from permits.domain.owners import parse_owners
from permits.domain.reading import Findings
from saudi.days import LAST_DAY

_OWNER = {"name": "بلا اسم"}
# Values that pass every rule, with any other fields.
_LAND = {"town": "-", "district": "-", "area_m2": 1.0, "latitude": -90.0, "longitude": 180.0}
_DEED = {"type", "number"}


def faults(body: Mapping[str, Any]) -> list[Fault]:
    """The faults of owners and land that don't depend on a missing part."""
    findings = Findings()
    for place, owner in enumerate(body.get("owners") or ()):
        if owner is not None and {"owner_type", "id_type"} <= owner.keys():
            alone = Findings()
            parse_owners([{**_OWNER, **owner, "share": None}], alone)
            findings.faults += [
                replace(fault, field=fault.field.replace("owners.0", f"owners.{place}"))
                for fault in alone.faults
            ]
    if land := body.get("land"):
        deed = land.get("deed")
        whole = deed if deed and deed.keys() >= _DEED else None
        plots = [plot for plot in land.get("plots") or () if plot is not None]
        parse_land({**_LAND, **land, "deed": whole, "plots": plots}, findings, today=LAST_DAY)
    return findings.faults
