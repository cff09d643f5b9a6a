"""Owners: one person, several, heirs, an endowment, a government body, a company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from permits.domain.reading import Findings, read, read_name
from saudi.ids import parse_id
from saudi.mobiles import parse_mobile
from saudi.text import compact, tidy

_IDENTITIES = {
    "individual": {"national_id", "iqama", "border_number"},
    "heirs": {"none", "national_id", "iqama"},
    "waqf": {"none", "unified_number"},
    "government": {"none", "unified_number"},
    "company": {"unified_number"},
}

ID_TITLES = {
    "national_id": "هوية وطنية",
    "iqama": "هوية مقيم",
    "border_number": "رقم حدود",
    "unified_number": "رقم وطني موحد",
}
OWNER_TITLES = {
    "individual": "فرد",
    "heirs": "ورثة",
    "waqf": "وقف",
    "government": "جهة حكومية",
    "company": "شركة",
}


@dataclass(frozen=True)
class Owner:
    """`id_number` is None exactly when `id_type` is `none`; `share` is a fraction, 1/2; `mobile` E.164."""

    name: str
    owner_type: str
    id_type: str
    id_number: str | None
    share: str | None
    mobile: str | None


def parse_owners(data: Sequence[Mapping[str, Any]], findings: Findings) -> tuple[Owner, ...]:
    """Owners in the order of the deed: one person, several, heirs, an endowment, a government body, a company."""
    if not data:
        findings.fault("owners", "too-few", limit=1)
    owners = tuple(_owner(item, f"owners.{n}", findings) for n, item in enumerate(data))
    numbers = [owner.id_number for owner in owners]
    for n, number in enumerate(numbers):
        if number is not None and number in numbers[:n]:
            findings.fault(f"owners.{n}.id_number", "repeated")
    findings.fault("owners", _shares_fault([owner.share for owner in owners]))
    return owners


def _owner(data: Mapping[str, Any], path: str, findings: Findings) -> Owner:
    owner_type, id_type = data["owner_type"], data["id_type"]
    number = compact(data.get("id_number") or "") or None
    if id_type not in _IDENTITIES[owner_type]:
        findings.fault(f"{path}.id_type", "not-of-owner-type")
    if id_type == "none":
        findings.fault(f"{path}.id_number", "not-allowed" if number else None)
    elif number is None:
        findings.fault(f"{path}.id_number", "required")
    else:
        read(findings, f"{path}.id_number", parse_id, id_type, number)
    mobile = tidy(data.get("mobile") or "")
    return Owner(
        read_name(data["name"], f"{path}.name", findings),
        owner_type,
        id_type,
        number,
        compact(data.get("share") or "") or None,
        read(findings, f"{path}.mobile", parse_mobile, mobile) if mobile else None,
    )


def _shares_fault(shares: Sequence[str | None]) -> str | None:
    given = [share for share in shares if share is not None]
    if not given:
        return None
    if len(given) < len(shares) or sum(map(Fraction, given)) != 1:
        return "shares-sum"
    return None
