"""Owners and their representatives: who they are, how they're identified, where they're reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from permits.domain.land import day_text
from permits.domain.reading import Findings, read_name, required
from saudi.ids import mask_id, parse_civil_id, parse_id
from saudi.mobiles import mask_mobile, parse_mobile
from saudi.text import compact, tidy

_IDENTITIES = {
    "individual": {"national_id", "iqama", "border_number"},
    "heirs": {"none", "national_id", "iqama"},
    "waqf": {"none", "unified_number"},
    "government": {"none", "unified_number"},
    "company": {"unified_number"},
}


WITHOUT_NUMBER = "owner-without-number"
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


def parse_owners(
    data: Sequence[Mapping[str, Any]], findings: Findings, *, older: bool = False
) -> tuple[Owner, ...]:
    """Parses owners in the order of the deed: one person, several persons, heirs, an endowment, a government body, a
    company. `older`: an owner of a permit from before the system may be a person without a number, with a warning:
    papers of the 1390s have the number of a family book, or none."""
    if not data:
        findings.fault("owners", "too-few", limit=1)
    owners = tuple(_owner(item, f"owners.{n}", findings, older) for n, item in enumerate(data))
    numbers = [owner.id_number for owner in owners]
    for n, number in enumerate(numbers):
        if number is not None and number in numbers[:n]:
            findings.fault(f"owners.{n}.id_number", "repeated")
    findings.fault("owners", _shares_fault([owner.share for owner in owners]))
    return owners


def _owner(data: Mapping[str, Any], path: str, findings: Findings, older: bool) -> Owner:
    owner_type, id_type = data["owner_type"], data["id_type"]
    number = compact(data.get("id_number") or "") or None
    if older and lacks_number(owner_type, id_type):
        findings.warn(f"{path}.id_type", WITHOUT_NUMBER)
    elif id_type not in _IDENTITIES[owner_type]:
        findings.fault(f"{path}.id_type", "not-of-owner-type")
    if id_type == "none":
        findings.fault(f"{path}.id_number", "not-allowed" if number else None)
    elif number is None:
        findings.fault(f"{path}.id_number", "required")
    else:
        findings.read(f"{path}.id_number", parse_id, id_type, number)
    return Owner(
        read_name(data["name"], f"{path}.name", findings),
        owner_type,
        id_type,
        number,
        compact(data.get("share") or "") or None,
        _mobile(data, path, findings),
    )


def lacks_number(owner_type: str, id_type: str) -> bool:
    """Returns whether the owner is a person without a number, as only an older permit has them."""
    return (owner_type, id_type) == ("individual", "none")


def _mobile(data: Mapping[str, Any], path: str, findings: Findings) -> str | None:
    written = tidy(data.get("mobile") or "")
    return findings.read(f"{path}.mobile", parse_mobile, written) if written else None


_MASKS = {"id_number": mask_id, "mobile": mask_mobile}


def history_value(field: str, value: Any) -> Any:
    """Returns an owner's value as the history keeps it: numbers masked, and no name, since the history is for ever."""
    if value is None or field == "name":
        return None
    mask = _MASKS.get(field)
    return mask(value) if mask else value


def _shares_fault(shares: Sequence[str | None]) -> str | None:
    given = [share for share in shares if share is not None]
    if not given:
        return None
    if len(given) < len(shares) or sum(map(Fraction, given)) != 1:
        return "shares-sum"
    return None


CAPACITIES = {
    "legal_agent": ("وكيل شرعي", "Legal agent"),
    "delegate": ("مفوض", "Delegate"),
    "nazir": ("ناظر الوقف", "Nazir of the waqf"),
    "guardian": ("ولي", "Guardian"),
    "executor": ("وصي", "Executor"),
}


@dataclass(frozen=True)
class Representative:
    """The person who applies for the owner, in one of CAPACITIES. `authorised_on` is ISO 8601, `mobile` E.164,
    `id_number` a national ID or iqama."""

    name: str
    capacity: str
    authority_number: str
    authorised_on: str | None
    mobile: str | None = None
    id_number: str | None = None


def parse_representative(
    application: Mapping[str, Any], findings: Findings, today: date
) -> Representative | None:
    """Parses the representative of an application; None if the owner applies. Only a waqf has a nazir."""
    data = application.get("representative")
    if data is None:
        return None
    if data["capacity"] == "nazir" and all(
        one["owner_type"] != "waqf" for one in application["owners"]
    ):
        findings.fault("representative.capacity", "nazir-without-waqf")
    name = read_name(data["name"], "representative.name", findings)
    number = required(data["authority_number"], "representative.authority_number", findings)
    day = day_text(data.get("authorised_on"))
    if day is not None and date.fromisoformat(day) > today:
        findings.fault("representative.authorised_on", "future-date")
    mobile = _mobile(data, "representative", findings)
    written = compact(data.get("id_number") or "")
    field = "representative.id_number"
    id_number = findings.read(field, parse_civil_id, written) if written else None
    return Representative(name, data["capacity"], tidy(number), day, mobile, id_number)
