"""The offender: a person, an establishment, or the holder of a licence; and what an inquirer types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chassis.core.refusals import Findings, InvalidFields
from licences.domain.fines import SIZES
from saudi import Malformed
from saudi.ids import IdType, parse_id
from saudi.mobiles import parse_mobile
from saudi.text import compact, parse_name


class Kind(StrEnum):
    PERSON = "person"
    ESTABLISHMENT = "establishment"
    LICENCE = "licence"


_ID_TYPES = {
    Kind.PERSON: (IdType.NATIONAL_ID, IdType.IQAMA, IdType.BORDER_NUMBER),
    Kind.ESTABLISHMENT: (IdType.UNIFIED_NUMBER,),
}


@dataclass(frozen=True)
class Offender:
    """`size` None: an offender without an establishment. `licence_id`, `licence_no`: of a licence's holder.
    `confirmed`: the mobile is known to be the offender's, as the inspector says who wrote it down."""

    kind: Kind
    name: str
    id_type: str
    id_number: str
    mobile: str | None
    language: str = "ar"
    size: str | None = None
    licence_id: str | None = None
    licence_no: str | None = None
    confirmed: bool = True

    @property
    def establishment(self) -> str | None:
        """Returns the unified number of an establishment."""
        return self.id_number if self.id_type == IdType.UNIFIED_NUMBER else None

    def record(self) -> dict[str, Any]:
        """Returns the sealed part."""
        names = ("name", "id_type", "id_number", "mobile", "language", "confirmed")
        return {name: getattr(self, name) for name in names}


def parse_offender(document: Mapping[str, Any], findings: Findings) -> Offender | None:
    """Returns a person or an establishment in the shape of the contract's `NewOffender`, and notes faults."""
    before = len(findings.faults)
    kind = Kind(document["kind"])
    id_type = document.get("id_type") or IdType.UNIFIED_NUMBER
    if id_type not in _ID_TYPES[kind]:
        findings.fault("offender.id_type", "offender-id-type")
    name = _parse_field(findings, "offender.name", lambda: parse_name(document.get("name") or ""))
    number = _parse_field(
        findings,
        "offender.id_number",
        lambda: parse_id(id_type, document.get("id_number") or ""),
    )
    mobile = None
    if document.get("mobile"):
        mobile = _parse_field(findings, "offender.mobile", lambda: parse_mobile(document["mobile"]))
    size = document.get("size")
    if kind is Kind.ESTABLISHMENT and size not in SIZES:
        findings.fault("offender.size", "required")
    if len(findings.faults) > before:
        return None
    return Offender(
        kind=kind,
        name=name or "",
        id_type=id_type,
        id_number=number or "",
        mobile=mobile,
        language=document.get("language") or "ar",
        size=size if kind is Kind.ESTABLISHMENT else None,
    )


def holder_of(
    licence_id: str, licence_no: str, body: Mapping[str, Any], *, size: str | None
) -> Offender:
    """Returns the holder of a licence, by the licence's application: the establishment, or the professional.

    `size`: as the inspector saw it; the owner's declaration is no fact, and a fine depends on the size. Raises
    InvalidFields for an establishment without a size.
    """
    owner, establishment = body["owner"], body.get("establishment")
    named = {
        "name": (establishment["trade_name"]["ar"] if establishment else owner["name"]),
        "id_type": IdType.UNIFIED_NUMBER if establishment else owner["id_type"],
        "id_number": establishment["unified_number"] if establishment else owner["id_number"],
    }
    if establishment and size not in SIZES:
        raise InvalidFields.of("offender.size", "required")
    return Offender(
        kind=Kind.LICENCE,
        **named,
        mobile=owner.get("mobile"),
        language=owner.get("language", "ar"),
        size=size if establishment else None,
        licence_id=licence_id,
        licence_no=licence_no,
        confirmed=bool(owner.get("confirmed")),
    )


def correct_offender(
    offender: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Returns the stored offender with another name, mobile or type of number, and the names of the changed fields.
    The number stays. An inspector vouches for the new mobile. Raises InvalidFields."""
    findings, number = Findings(), offender["id_number"]
    wanted = {name: value for name, value in changes.items() if value is not None}
    found = dict(wanted)
    if id_type := wanted.get("id_type"):
        kind = (
            Kind.ESTABLISHMENT
            if offender["id_type"] in _ID_TYPES[Kind.ESTABLISHMENT]
            else Kind.PERSON
        )
        if id_type not in _ID_TYPES[kind]:
            findings.fault("offender.id_type", "offender-id-type")
        else:
            _parse_field(findings, "offender.id_type", lambda: parse_id(id_type, number))
    if "name" in wanted:
        found["name"] = _parse_field(findings, "offender.name", lambda: parse_name(wanted["name"]))
    if "mobile" in wanted:
        mobile = _parse_field(findings, "offender.mobile", lambda: parse_mobile(wanted["mobile"]))
        found |= {"mobile": mobile, "confirmed": True}
    findings.settle()
    named = [
        name
        for name in ("name", "id_type", "mobile")
        if found.get(name, offender[name]) != offender[name]
    ]
    return {**offender, **found}, named


def _parse_field(findings: Findings, path: str, parse: Any) -> str | None:
    try:
        parsed: str = parse()
    except Malformed as error:
        findings.fault(path, error.code, **error.params)
        return None
    return parsed


_VIOLATION = re.compile(r"1[0-9]{9,12}")
_OFFENDER = re.compile(r"[1-57][0-9]{9}")


def parse_inquiry(violation_no: str, offender_number: str) -> tuple[str, str]:
    """Returns the numbers of a violation and its offender in ASCII digits, without blanks. Raises InvalidFields by
    the form of the numbers, whatever violations there are; ignores check digits."""
    findings = Findings()
    number, offender = compact(violation_no), compact(offender_number)
    if not _VIOLATION.fullmatch(number):
        findings.fault("violation_no", "violation-number")
    if not _OFFENDER.fullmatch(offender):
        findings.fault("offender_number", "offender-number")
    findings.settle()
    return number, offender
