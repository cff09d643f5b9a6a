"""What somebody who asks with a number is told of a permit or a certificate: its kind, who acts next, what has to be
known beside the number."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from permits.domain.certificates import CertificateKind
from permits.domain.certificates import Status as CertificateStatus
from permits.domain.permits import EXPIRED, Kind, Status

# Works that people ask about as a kind of their own.
_APART = {Kind.DEMOLITION, Kind.RESTORATION}
_BY = {
    "national_id": "person_id",
    "iqama": "person_id",
    "border_number": "person_id",
    "unified_number": "establishment",
}
# Numbers of persons, whose things belong together; an establishment's don't belong to a person.
_PERSONS = {"national_id", "iqama"}


def kind_of_permit(works: str) -> str:
    """Returns the inquiry's kind of a permit. `works`: what is built; a renewal has the works of the permit before."""
    return "demolition_restoration_permit" if works in _APART else "building_permit"


def kind_of_certificate(kind: str) -> str:
    """Returns the inquiry's kind of a certificate, because inquiries aren't only about certificates."""
    return f"{CertificateKind(kind)}_certificate"


def next_step_of_permit(status: str) -> str:
    """Returns who acts next: the owner of a suspended permit, and of an expired permit, who renews it. `status`: as
    recorded, or as of today."""
    return "applicant" if status in (Status.SUSPENDED, EXPIRED) else "none"


def next_step_of_certificate(status: str, *, flagged: bool) -> str:
    """Returns who acts next: the municipality decides pending and flagged certificates."""
    if status == CertificateStatus.PENDING or (flagged and status == CertificateStatus.ISSUED):
        return "municipality"
    return "applicant" if status == CertificateStatus.REJECTED else "none"


_RELEASE_STEPS = {
    "submitted": "applicant",
    "permit_checked": "outside_body",
    "insulation_ok": "municipality",
    "site_inspection": "municipality",
    "partial_release_approved": "outside_body",
    "occupancy_issued": "municipality",
    "full_release_approved": "outside_body",
    "returned": "applicant",
    "disconnection_requested": "outside_body",
    "disconnected": "applicant",
    "reconnection_allowed": "outside_body",
}


def next_step_of_release(status: str, *, flagged: bool) -> str:
    """Returns who acts next. The electricity company is the outside body; the municipality checks a flag."""
    step = _RELEASE_STEPS.get(status, "none")
    return "municipality" if step == "none" and flagged else step


def parties_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the parties who get texts about a permit or request and may inquire about it: the owners, and the
    representative where no owner has a mobile. A waqf and heirs often have none."""
    owners, agent = record["owners"], record["representative"]
    mobile = agent and agent.get("mobile")
    if not mobile or any(owner["mobile"] for owner in owners):
        return list(owners)
    return [*owners, {"mobile": mobile, "id_type": "none", "id_number": None}]


def verified_parties_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the parties of a permit or request, and nobody of an older permit until it is verified: one person alone
    wrote the numbers and mobiles, and they may be another person's."""
    return parties_of(record) if record.get("verified", True) else []


def reached_by(record: Mapping[str, Any]) -> frozenset[tuple[Any, ...]]:
    """Returns the numbers and mobiles of the parties. Two records with the same ones are told and found alike."""
    names = ("mobile", "id_type", "id_number")
    return frozenset(tuple(party[name] for name in names) for party in parties_of(record))


def readers_of(record: Mapping[str, Any]) -> frozenset[tuple[Any, ...]]:
    """Returns the numbers and mobiles by which people are told of a permit, find the permit and read it."""
    agent = record["representative"] or {}
    return reached_by(record) | {("representative", agent.get("id_number"))}


def known_of(owners: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Returns (by, value) of each owner's number and mobile."""
    for owner in owners:
        if owner["mobile"]:
            yield "mobile", owner["mobile"]
        if owner["id_number"]:
            yield _BY[owner["id_type"]], owner["id_number"]


def persons_of(owners: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns the identity numbers of the owners who are persons."""
    return [owner["id_number"] for owner in owners if owner["id_type"] in _PERSONS]


def mobiles_of(owners: Iterable[Mapping[str, Any]]) -> list[str]:
    """Returns the owners' mobiles, each once, in the order of the deed."""
    return list(dict.fromkeys(owner["mobile"] for owner in owners if owner["mobile"]))
