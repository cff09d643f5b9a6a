"""What is published: the whole public state of a permit or of a certificate, built from its
record."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from chassis.outbox import Event
from permits.domain.certificates import TITLES, CertificateKind
from permits.hijri import hijri_text
from permits.personal import sealed_owners

_OWNER = ("name", "owner_type", "id_type", "id_number", "share")
_PERMIT = (
    *("permit_id", "permit_number", "year_hijri", "municipality", "kind", "use_class", "status"),
    *("issued_on", "expires_on", "previous_permit_id", "request_number", "transaction_number"),
    *("land", "building", "engineering_office", "insulation_pledge"),
    *("suspension", "cancellation", "completion"),
)
_STAGE = ("stage", "result", "inspected_on", "materials", "u_value")
_CERTIFICATE = (
    *("certificate_id", "kind", "certificate_number", "permit_id", "permit_number"),
    *("municipality", "status", "issued_on", "valid_until", "insulation_certificate_id"),
    *("reason", "flagged", "flag_reason"),
)


def permit_event(happened: str, record: Mapping[str, Any], now: datetime) -> Event:
    """`happened` is the past participle of a type of the topic permits.permit. The owners leave the
    house sealed."""
    state = permit_state(record)
    published = {**state, "owners": sealed_owners(record["permit_id"], state["owners"])}
    return Event(
        type=f"sa.gov.qatif.permits.permit.{happened}.v1",
        topic="permits.permit",
        aggregate_type="permit",
        aggregate_id=record["permit_id"],
        version=record["version"],
        data=published,
        time=now,
    )


def certificate_event(happened: str, record: Mapping[str, Any], now: datetime) -> Event:
    """`happened` is the past participle of a type of the topic permits.certificate."""
    return Event(
        type=f"sa.gov.qatif.permits.certificate.{happened}.v1",
        topic="permits.certificate",
        aggregate_type="certificate",
        aggregate_id=record["certificate_id"],
        version=record["version"],
        data=certificate_state(record),
        time=now,
    )


def permit_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """events/permit.v1.schema.json before its owners are sealed: without their mobiles, with the
    Hijri dates."""
    return {
        **{name: record[name] for name in _PERMIT},
        "issued_on_hijri": _hijri(record["issued_on"]),
        "expires_on_hijri": _hijri(record["expires_on"]),
        "owners": [{name: owner[name] for name in _OWNER} for owner in record["owners"]],
    }


def certificate_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """events/certificate.v1.schema.json: without the inspectors' names, with title and Hijri
    date."""
    ar, en = TITLES[CertificateKind(record["kind"])]
    return {
        **{name: record[name] for name in _CERTIFICATE},
        "title": {"ar": ar, "en": en},
        "issued_on_hijri": _hijri(record["issued_on"]) if record["issued_on"] else None,
        "stages": [{name: stage[name] for name in _STAGE} for stage in record["stages"]],
    }


def _hijri(day: str) -> str:
    return hijri_text(date.fromisoformat(day))
