"""The person who books. Parsing checks and normalises in one step, and names every field at fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.core.refusals import Fault, Findings, read_field
from saudi.ids import parse_id
from saudi.mobiles import parse_mobile
from saudi.text import compact, parse_name, tidy


@dataclass(frozen=True)
class Person:
    """`mobile` in E.164. `reference`: the number of the thing that the person comes for. `note`: in the person's own
    words."""

    name: str = field(repr=False)
    mobile: str = field(repr=False)
    language: str
    id_type: str | None
    id_number: str | None = field(repr=False)
    reference: str | None
    note: str | None = field(repr=False)

    def record(self) -> dict[str, Any]:
        """Returns the facts as they are sealed."""
        names = ("name", "mobile", "id_type", "id_number", "reference", "note")
        return {name: getattr(self, name) for name in names}


def parse_person(data: Mapping[str, Any]) -> Person:
    """Reads the person of a booking in the shape of the contract's `Booking`. Raises InvalidFields."""
    findings = Findings()
    name = _read(findings, "name", parse_name, data.get("name"))
    mobile = _read(findings, "mobile", parse_mobile, data.get("mobile"))
    id_type, number = data.get("id_type"), compact(data.get("id_number") or "") or None
    if number and not id_type:
        findings.fault("id_type", "required")
    elif number and id_type:
        number = _read(findings, "id_number", lambda text: parse_id(id_type, text), number)
    findings.settle()
    return Person(
        name or "",
        mobile or "",
        data.get("language", "ar"),
        id_type if number else None,
        number,
        tidy(data.get("reference") or "") or None,
        tidy(data.get("note") or "") or None,
    )


def person_faults(data: Mapping[str, Any]) -> Sequence[Fault]:
    """Returns the faults of a booking from which the schema took fields: a caller reads both at once."""
    findings = Findings()
    with findings.gather():
        parse_person(data)
    return findings.faults


def parse_mobile_field(written: str) -> str:
    """Returns the mobile in E.164. Raises InvalidFields on `mobile`."""
    return read_field("mobile", parse_mobile, written)


def _read(findings: Findings, path: str, parse: Any, written: str | None) -> str | None:
    if written is None:
        return None
    if not tidy(written):
        findings.fault(path, "required")
        return None
    found: str | None = findings.read(path, parse, written)
    return found
