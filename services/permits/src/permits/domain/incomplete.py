"""The rules for an incomplete application, so that a clerk reads every fault at once.

Fields that the contract's schema refused have been taken out; a rule that needs them isn't asked.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from chassis.core.refusals import Fault, InvalidFields
from permits.domain import older
from permits.domain.land import NO_TOWNS, Town, parse_land
from permits.domain.owners import parse_owners
from permits.domain.permits import FENCE_COMPONENT
from permits.domain.reading import Findings
from saudi.days import LAST_DAY

_OWNER = {"name": "بلا اسم"}
# Values that pass every rule, with any other fields.
_LAND = {"town": "-", "district": "-", "area_m2": 1.0, "latitude": -90.0, "longitude": 180.0}
_DEED = {"type", "number"}
# In place of a part of an older permit with a cell at fault; a part that isn't here may be missing.
_SOUND: Mapping[str, Any] = MappingProxyType(
    {
        "kind": "new",
        "use_class": "residential",
        "permit_number": "1",
        "source": {"reference": "-"},
        "owners": [{**_OWNER, "owner_type": "government", "id_type": "none"}],
        "land": _LAND,
        "insulation_pledge": False,
    }
)
# The same of parts whose fields have rules of their own: only what couldn't be read is filled in.
_OFFICE = {**_OWNER, "licence_number": "-"}
_COMPONENT = {"component": FENCE_COMPONENT, "units": 0, "area_m2": 1.0}
_FILLED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "building": {"components": [], "built_area_m2": 1.0, "floors": 0, "units": 0},
        "engineering_office": _OFFICE,
        "contractor": _OFFICE,
        "supervising_office": _OFFICE,
        "representative": {**_OWNER, "capacity": "delegate", "authority_number": "-"},
        "site": {},
        "clearances": {},
    }
)
# The rules of these parts ask other parts too.
_ASKS = {"works": {"kind"}, "building": {"kind", "works"}, "expires_on": {"issued_on"}}


def faults(body: Mapping[str, Any]) -> list[Fault]:
    """Returns the faults of owners and land that don't depend on a missing part. Only a permit from before the system
    has an origin."""
    findings, older_permit = Findings(), "origin" in body
    for place, owner in enumerate(body.get("owners") or ()):
        if owner is not None and {"owner_type", "id_type"} <= owner.keys():
            alone = Findings()
            parse_owners([{**_OWNER, **owner, "share": None}], alone, older=older_permit)
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


def faults_of_older(
    data: Mapping[str, Any],
    broken: Collection[str],
    *,
    today: date,
    towns: Mapping[str, Town] = NO_TOWNS,
) -> list[Fault]:
    """Returns the faults of an older permit whose parts in `broken` have unreadable cells: all faults of the other
    parts, and of the broken parts those that don't depend on such cells. An unreadable field may be named again."""
    whole = {part: value for part, value in data.items() if part not in broken}
    sound = {**_SOUND, "issued_on": today}
    whole |= {part: sound[part] for part in broken if part in sound}
    whole |= {part: _filled(part, data.get(part)) for part in broken if part in _FILLED}
    try:
        older.parse(whole, today=today, towns=towns)
        found: tuple[Fault, ...] = ()
    except InvalidFields as refused:
        found = refused.faults
    told = [fault for fault in found if not _depends_on(fault.field.partition(".")[0], broken)]
    rest = {part: _readable(data.get(part)) for part in ("owners", "land") if part in broken}
    return told + faults({**rest, "origin": data.get("origin")})


def _depends_on(part: str, broken: Collection[str]) -> bool:
    unread = part in broken and part not in _FILLED
    return unread or not _ASKS.get(part, set()).isdisjoint(broken)


def _filled(part: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    known = {**_FILLED[part], **_readable(value or {})}
    if part == "building":
        known["components"] = [{**_COMPONENT, **one} for one in known["components"]]
    numbered = ("survey_decision", "civil_defence")
    return {name: one for name, one in known.items() if name not in numbered or "number" in one}


def _readable(value: Any) -> Any:
    """Returns the data without unreadable parts; places in a list stay."""
    if isinstance(value, Mapping):
        return {name: _readable(one) for name, one in value.items() if one is not None}
    return [_readable(one) for one in value] if isinstance(value, list) else value
