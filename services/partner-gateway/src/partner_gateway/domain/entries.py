"""Rules of what a partner's named staff enter about a building: insulation that was seen, supply that was given.

Who may enter, how an entry names its permit, and what a body has to say. Whether an entry takes effect is decided by
permits, which knows the building.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chassis.core.refusals import Fault, InvalidFields, Refusal, says_something
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_queries import PERMIT_NUMBER
from saudi import Malformed
from saudi.insulation import USUAL_U_VALUES, doubtful_findings, is_usual_u_value
from saudi.measures import parse_decimal
from saudi.person_numbers import holds_long_number
from saudi.text import compact, number_key, parse_name

INSULATION, SUPPLY = "insulation", "supply"
INSPECTION, CERTIFICATE, REVOCATION = "inspection", "certificate", "revocation"
COORDINATION, ENERGISED = "coordination", "energised"
DISCONNECTED, RECONNECTED, ACKNOWLEDGED = (
    "disconnected",
    "reconnected",
    "disconnection_acknowledged",
)
PASS, FAIL = "pass", "fail"
PENDING, EFFECTIVE, REFUSED = "pending", "effective", "refused"

TITLES: Mapping[str, Mapping[str, str]] = {
    INSULATION: {"ar": "معاينات العزل", "en": "insulation"},
    SUPPLY: {"ar": "الإمداد بالكهرباء", "en": "supply"},
}
# operation → area and kind of what it enters
OPERATIONS: Mapping[str, tuple[str, str]] = {
    "enter_insulation_inspection": (INSULATION, INSPECTION),
    "enter_insulation_certificate": (INSULATION, CERTIFICATE),
    "enter_insulation_revocation": (INSULATION, REVOCATION),
    "enter_coordination_certificate": (SUPPLY, COORDINATION),
    "enter_energisation": (SUPPLY, ENERGISED),
    "enter_disconnection": (SUPPLY, DISCONNECTED),
    "enter_reconnection": (SUPPLY, RECONNECTED),
    "acknowledge_disconnection": (SUPPLY, ACKNOWLEDGED),
}
_PERMIT_NUMBER_TITLE = {"ar": "رقم الرخصة", "en": "permit number"}
_DAYS = {"inspected_on", "happened_on"}
# Names and typed texts of an entry, which are emptied in time (contracts/reference/entry-retention.yaml).
# Permits keeps the materials, which prove something; here they're one more text that somebody typed.
_OF_PEOPLE = {"entered_by", "inspector", "reason", "meter_place", "materials"}
_METER = re.compile("10[0-9]{8}")


class PartnerStaffOnly(Refusal):
    """The caller is no named employee of a partner, whatever the token's scopes say."""

    problem = "partner-staff-only"


class NotGranted(Refusal):
    """The organisation's grant doesn't cover the entry; `code` says what is missing."""

    problem = "grant-refused"

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        super().__init__(**params)


class PermitUnknown(Refusal):
    """The gateway knows no permit of that name, and so nothing can be entered about it."""

    problem = "permit-unknown-here"

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        super().__init__()


@dataclass(frozen=True)
class Named:
    """The name of an entry's permit: an id, or a number and a municipality. `number` is folded (`number_key`)."""

    permit_id: str | None = None
    number: str | None = None
    municipality: str | None = None


def check_caller(kind: str, organisation_kind: str) -> None:
    """`kind` is the client's, `organisation_kind` the registration's. Raises PartnerStaffOnly."""
    if (kind, organisation_kind) != ("staff", "partner"):
        raise PartnerStaffOnly


def check_grant(grant: Grant | None, area: str, now: datetime) -> None:
    """An entry names a permit, so the grant has to cover the area and queries by permit number: else the answer would
    tell more than a query may. Raises NotGranted."""
    if grant is None or not grant.in_force(now):
        raise NotGranted("no-grant")
    if area not in grant.entry_kinds:
        raise NotGranted("entry-kind-not-granted", entry_kind=TITLES[area])
    if PERMIT_NUMBER not in grant.query_kinds:
        raise NotGranted("query-kind-not-granted", query_kind=_PERMIT_NUMBER_TITLE)


def named_permit(body: Mapping[str, Any]) -> Named:
    """Reads the permit's name from a body without faults."""
    if permit_id := body.get("permit_id"):
        return Named(permit_id=permit_id.lower())
    return Named(number=number_key(body["permit_number"]), municipality=body["municipality"])


def form_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields the faults of an entry that a schema can't name. Parts may be missing; an item that the schema refused is
    None, so that the other items keep their places. A text of blanks or points counts as missing."""
    yield from _permit_faults(body)
    yield from _result_faults(body)
    for name in ("inspector", "materials", "reason", "meter_place"):
        if body.get(name) is not None and not says_something(body[name]):
            yield Fault(name, "required")
        elif name == "inspector" and body.get(name) is not None and not _is_name(body[name]):
            yield Fault(name, "name")
    for place, text in enumerate(body.get("defects") or ()):
        if text is not None and not says_something(text):
            yield Fault(f"defects.{place}", "required")
    yield from _meter_faults(body.get("meter_numbers") or ())
    if body.get("load_kva") is not None and not Decimal(compact(body["load_kva"])):
        yield Fault("load_kva", "positive")


def _is_name(text: str) -> bool:
    """Returns whether the text has letters, and no number of nine digits: an identity number is no name, nor part of
    one."""
    try:
        return not holds_long_number(parse_name(text))
    except Malformed:
        return False


def _permit_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    by_id, by_number = "permit_id" in body, "permit_number" in body
    if by_id and (by_number or "municipality" in body):
        yield Fault("permit_id", "permit-named-twice")
    elif not by_id and not by_number:
        yield Fault("permit_number", "required")
    elif by_number and "municipality" not in body:
        yield Fault("municipality", "required")


def _result_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields faults of a stage's result. A failed stage needs defects, which the owner is handed; a passed stage has
    none."""
    if body.get("result") == FAIL and not body.get("defects"):
        yield Fault("defects", "defects-of-a-failure")
    elif body.get("result") == PASS and body.get("defects"):
        yield Fault("defects", "defects-of-a-pass")
    if body.get("result") == PASS and body.get("stage") is not None:
        u_value = body.get("u_value")
        exact = None if u_value is None else parse_decimal(u_value)
        found = doubtful_findings(body["stage"], exact, body.get("materials"))
        yield from (Fault(name, code) for name, code in found.items())


def _meter_faults(numbers: Sequence[str | None]) -> Iterator[Fault]:
    """Account numbers of meters: ten digits that begin with 10, each once."""
    plain = {place: compact(one) for place, one in enumerate(numbers) if one is not None}
    for place, digits in plain.items():
        if not _METER.fullmatch(digits):
            yield Fault(f"meter_numbers.{place}", "meter-number")
    if len(set(plain.values())) < len(plain):
        yield Fault("meter_numbers", "not-unique")


def check_entry(body: Mapping[str, Any], today: date) -> None:
    """Raises InvalidFields that names every field at fault; what is still to come wasn't seen and didn't happen."""
    faults = list(form_faults(body))
    for name in _DAYS & body.keys():
        if body[name] > today:
            faults.append(Fault(name, "future-date"))
    if faults:
        raise InvalidFields(faults)


def emptied(content: Mapping[str, Any]) -> dict[str, Any]:
    """Removes names and typed texts from an entry. Stage, result, days, figures and numbers stay."""
    left = {name: None if name in _OF_PEOPLE else value for name, value in content.items()}
    return {**left, **{name: [] for name in ("defects",) if name in content}}


def u_value_warnings(stage: str | None, u_value: str | None) -> list[Fault]:
    """Returns a warning of an unusual U-value, which is accepted all the same."""
    if stage is None or u_value is None:
        return []
    if is_usual_u_value(stage, Decimal(u_value)):
        return []
    least, most = USUAL_U_VALUES[stage]
    return [Fault("u_value", "u-value-unusual", {"least": least, "most": most})]
