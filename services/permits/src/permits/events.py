"""Events: the whole public state of a request, a permit or a certificate, built from its
record."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events.contacts import Contact, Contacts, contacts_of
from chassis.events.inquiry import Inquiries, Inquiry, Known, inquiries_of
from permits.domain import inquiry
from permits.domain.appeals import Status as Appealed
from permits.domain.certificates import TITLES, CertificateKind
from permits.domain.land import published_land
from permits.domain.requests import Status, next_step
from saudi.formats import with_hijri

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permits/permit.v1.schema.json, owners


_OFFICE = ("name", "licence_number")
_OWNER = ("name", "owner_type", "id_type", "id_number", "share")
_PERMIT = (
    *("permit_id", "permit_number", "year_hijri", "municipality", "kind", "use_class", "status"),
    *("issued_on", "expires_on", "previous_permit_id", "building_id", "predecessor", "successor"),
    *("request_number", "transaction_number", "origin", "verified"),
    *("land", "building", "engineering_office", "insulation_pledge"),
    *("suspension", "suspensions", "cancellation", "completion", "occupancy"),
)
# Days and moments of law: each has its Hijri day beside it, in events and in answers.
DAYS = frozenset(
    (
        *("due_on", "paid_at", "since", "at", "issued_on", "expires_on", "valid_until"),
        *("inspected_on", "flagged_on", "submitted_on", "decided_on", "ended_on"),
        *("requested_on", "decide_by", "approved_on", "energised_on", "ordered_on"),
        *("acknowledged_on", "executed_on", "withdrawn_on", "reconnection_allowed_on"),
        *("reconnected_on", "certified_on", "noticed_on", "filed_on"),
        *("handed_in_on", "authorised_on"),
    )
)
_REQUEST = (
    *("request_id", "request_number", "transaction_number", "kind", "municipality", "status"),
    *("submitted_on", "decided_on", "due_on", "ended_on", "previous_permit_id", "reason_code"),
)
_STAGE = ("stage", "result", "inspected_on", "materials", "u_value", "defects", "warnings", "by")
_CERTIFICATE = (
    *("certificate_id", "kind", "certificate_number", "permit_id", "permit_number"),
    *("municipality", "status", "issued_on", "valid_until", "insulation_certificate_id"),
    *("reason", "flagged", "flag_reason", "flagged_on", "ended_on"),
    *("partner_certificate_number", "inspected_on", "defects", "refusals"),
)


_OCCUPANCY = (
    *("kind", "requested_on", "decide_by", "overdue", "completion_certificate_id", "use"),
    *("occupants", "fire_protection", "inspection"),
)
_RELEASE = (
    *("release_id", "release_number", "permit_id", "permit_number", "building_id"),
    *("municipality", "extent", "status", "submitted_on", "site_inspection", "disconnection"),
    *("coordination", "reason", "flagged", "flag_reason"),
)
_APPEAL = (
    *("appeal_id", "appeal_number", "against", "permit_id", "permit_number", "request_id"),
    *("request_number", "certificate_id", "municipality", "status"),
    *("noticed_on", "filed_on", "decide_by", "ended_on"),
)
_APPROVAL = ("extent", "approved_on", "occupancy_certificate_id", "insulation_certificate_id")


Owners = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Seals:
    """The keys and hashes that seal parts of an event."""

    owners: Sealer
    contacts: Contacts
    inquiries: Inquiries


def permit_event(happened: str, record: Mapping[str, Any], seals: Seals, now: datetime) -> Event:
    """Builds an event of the topic permits.permit. `happened`: the past participle of the type. The owners leave the
    house sealed. Nobody is told of an unverified older permit, because its mobiles may be others' by now."""
    state = permit_state(record)
    told = inquiry.verified_parties_of(record)
    owners = json.dumps(state["owners"], ensure_ascii=False, separators=(",", ":"))
    context = OWNERS_CONTEXT.format(permit_id=record["permit_id"])
    data = {**state, "owners": seals.owners.seal_text(owners, context)}
    return _event("permit", happened, record, data, seals, _of_permit(record), told, now)


def certificate_event(
    happened: str, record: Mapping[str, Any], owners: Owners, seals: Seals, now: datetime
) -> Event:
    """Builds an event of the topic permits.certificate. `happened`: the past participle of the type. `owners`: those
    of inquiry.verified_parties_of the permit; `record` has the permit's building_id too."""
    data = {**certificate_state(record), "building_id": record["building_id"]}
    about = _of_certificate(record, owners)
    return _event("certificate", happened, record, data, seals, about, owners, now)


def request_event(
    happened: str,
    record: Mapping[str, Any],
    seals: Seals,
    now: datetime,
    *,
    permit: Mapping[str, str] | None = None,
) -> Event:
    """Builds an event of the topic permits.request. `happened`: the past participle of the type; `permit`: id and
    number of the issued permit."""
    state = {name: record[name] for name in _REQUEST}
    issued: Mapping[str, str | None] = permit or {"permit_id": None, "permit_number": None}
    data = {
        **with_hijri(state, DAYS),
        **{name: issued[name] for name in ("permit_id", "permit_number")},
        "next_step": next_step(Status(record["status"])),
    }
    about = _of_request(record)
    told = inquiry.parties_of(record)
    return _event("request", happened, record, data, seals, about, told, now)


def release_event(
    happened: str, record: Mapping[str, Any], owners: Owners, seals: Seals, now: datetime
) -> Event:
    """Builds an event of the topic permits.release. `happened`: the past participle of the type; `owners`: those of
    inquiry.verified_parties_of the permit."""
    about = _of_release(record, owners)
    return _event("release", happened, record, release_state(record), seals, about, owners, now)


def appeal_event(
    happened: str, record: Mapping[str, Any], owners: Owners, seals: Seals, now: datetime
) -> Event:
    """Builds an event of the topic permits.appeal. `happened`: the past participle of the type; `owners`: those of
    inquiry.verified_parties_of the permit or request."""
    about = _of_appeal(record, owners)
    return _event("appeal", happened, record, appeal_state(record), seals, about, owners, now)


def _event(
    kind: str,
    happened: str,
    record: Mapping[str, Any],
    data: Mapping[str, Any],
    seals: Seals,
    about: Inquiry,
    told: Owners,
    now: datetime,
) -> Event:
    """Builds an event of the topic permits.<kind>, with the blocks of inquiry and contacts."""
    key = record[f"{kind}_id"]
    return Event(
        type=f"sa.gov.qatif.permits.{kind}.{happened}.v1",
        topic=f"permits.{kind}",
        aggregate_type="permit-request" if kind == "request" else kind,
        aggregate_id=key,
        version=record["version"],
        data={
            **data,
            "inquiry": seals.inquiries.block(about),
            "contacts": _contacts(seals, key, told),
        },
        time=now,
    )


def _of_request(record: Mapping[str, Any]) -> Inquiry:
    return Inquiry(
        kind="permit_request",
        number=record["request_number"],
        status=record["status"],
        opened_on=date.fromisoformat(record["submitted_on"]),
        due_on=_day(record["due_on"]),
        decided_on=_day(record["decided_on"]),
        municipality=record["municipality"],
        next_step=next_step(Status(record["status"])),
        known=_known(inquiry.parties_of(record)),
        persons=inquiry.persons_of(record["owners"]),
    )


def _of_permit(record: Mapping[str, Any]) -> Inquiry:
    issued_on = date.fromisoformat(record["issued_on"])
    return Inquiry(
        kind=inquiry.kind_of_permit(record["works"]),
        number=record["permit_number"],
        status=record["status"],
        opened_on=issued_on,
        decided_on=issued_on,
        expires_on=date.fromisoformat(record["expires_on"]),
        municipality=record["municipality"],
        next_step=inquiry.next_step_of_permit(record["status"]),
        known=_known(inquiry.parties_of(record)),
        persons=inquiry.persons_of(record["owners"]),
    )


def _of_certificate(record: Mapping[str, Any], owners: Owners) -> Inquiry:
    """Returns the number by which people ask for a certificate: the permit's until the certificate has a number."""
    return Inquiry(
        kind=inquiry.kind_of_certificate(record["kind"]),
        number=record["certificate_number"] or record["permit_number"],
        status=record["status"],
        opened_on=date.fromisoformat(record["opened_on"]),
        due_on=_due(record),
        decided_on=_day(record["issued_on"]),
        expires_on=_day(record["valid_until"]),
        municipality=record["municipality"],
        next_step=inquiry.next_step_of_certificate(record["status"], flagged=record["flagged"]),
        known=_known(owners),
        persons=inquiry.persons_of(owners),
    )


def _of_release(record: Mapping[str, Any], owners: Owners) -> Inquiry:
    approval = _approval(record)
    return Inquiry(
        kind="electricity_release",
        number=record["release_number"],
        status=record["status"],
        opened_on=date.fromisoformat(record["submitted_on"]),
        decided_on=_day(approval["approved_on"]) if approval else None,
        municipality=record["municipality"],
        next_step=inquiry.next_step_of_release(record["status"], flagged=record["flagged"]),
        known=_known(owners),
        persons=inquiry.persons_of(owners),
    )


def _of_appeal(record: Mapping[str, Any], owners: Owners) -> Inquiry:
    received = record["status"] == Appealed.RECEIVED
    decided = record["status"] in (Appealed.ACCEPTED, Appealed.REJECTED)
    return Inquiry(
        kind="appeal",
        number=record["appeal_number"],
        status=record["status"],
        opened_on=date.fromisoformat(record["filed_on"]),
        due_on=date.fromisoformat(record["decide_by"]) if received else None,
        decided_on=_day(record["ended_on"]) if decided else None,
        municipality=record["municipality"],
        next_step="municipality" if received else "none",
        known=_known(owners),
        persons=inquiry.persons_of(owners),
    )


def _known(owners: Owners) -> list[Known]:
    return [Known(by=by, value=value) for by, value in inquiry.known_of(owners)]


def _contacts(seals: Seals, aggregate_id: str, owners: Owners) -> list[dict[str, Any]]:
    mobiles = inquiry.mobiles_of(owners)
    return seals.contacts.seal(aggregate_id, [owner_told(one) for one in mobiles])


def owner_told(mobile: str) -> Contact:
    """Returns the contact of an owner. The municipality that took the application vouches for the mobile, so no text
    about money waits for a code."""
    return Contact(role="owner", mobile=mobile, confirmed=True)


def _due(record: Mapping[str, Any]) -> date | None:
    """Returns the last day to decide a pending occupancy certificate."""
    part = record["occupancy"]
    return date.fromisoformat(part["decide_by"]) if part and record["status"] == "pending" else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def entry_event(answer: Mapping[str, Any], now: datetime) -> Event:
    """Builds the answer to a partner's entry, in the shape of events/permits/entry.v1.schema.json without its time."""
    happened = "took_effect" if answer["outcome"] == "effective" else "refused"
    return Event(
        type=f"sa.gov.qatif.permits.entry.{happened}.v1",
        topic="permits.entry",
        aggregate_type="entry",
        aggregate_id=answer["entry_id"],
        version=1,
        data={**answer, "decided_at": rfc3339(now)},
        time=now,
    )


def permit_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns events/permits/permit.v1.schema.json before its owners are sealed: without their mobiles, with the
    Hijri dates."""
    state = {
        **{name: record[name] for name in _PERMIT},
        **_successor(record["successor"]),
        "land": published_land(record["land"]),
        "engineering_office": {name: record["engineering_office"][name] for name in _OFFICE},
        "owners": [{name: owner[name] for name in _OWNER} for owner in record["owners"]],
    }
    return with_hijri(state, DAYS)


def _successor(named: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns the permit that replaced this permit, and its kind; the kind isn't known of earlier replacements."""
    if named is None:
        return {"successor": None, "successor_kind": None}
    kind = named.get("kind")
    reference = {name: named[name] for name in ("permit_id", "permit_number")}
    return {"successor": reference, "successor_kind": kind}


def certificate_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns events/permits/certificate.v1.schema.json without the inspectors' names, with title and Hijri date."""
    ar, en = TITLES[CertificateKind(record["kind"])]
    state = {
        **{name: record[name] for name in _CERTIFICATE},
        "title": {"ar": ar, "en": en},
        "stages": [{name: stage[name] for name in _STAGE} for stage in record["stages"]],
        "occupancy": _occupancy(record["occupancy"]),
    }
    return with_hijri(state, DAYS)


def _occupancy(part: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Returns the occupancy part without the signatory."""
    return {name: part[name] for name in _OCCUPANCY} if part else None


def release_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns events/permits/release.v1.schema.json without its blocks, with only the approval that stands."""
    supply = record["supply"]
    state = {
        **{name: record[name] for name in _RELEASE},
        "approval": _approval(record),
        "supply": {**supply, "connected": _connected(record)},
    }
    return with_hijri(state, DAYS)


def appeal_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns events/permits/appeal.v1.schema.json without its blocks, grounds and reasons."""
    return with_hijri({name: record[name] for name in _APPEAL}, DAYS)


def _approval(record: Mapping[str, Any]) -> dict[str, Any] | None:
    standing = [one for one in record["approvals"] if one["withdrawn_on"] is None]
    full = [one for one in standing if one["extent"] == "full"]
    shown = next(iter(full or standing), None)
    return {name: shown[name] for name in _APPROVAL} if shown else None


def _connected(record: Mapping[str, Any]) -> bool:
    """Returns whether current flows."""
    order = record["disconnection"]
    cut = order is not None and order["executed_on"] and not order["reconnected_on"]
    return record["supply"]["extent"] != "none" and not cut


def seals_of(session: Session) -> Seals:
    """Returns the seals by the keys of the session's database."""
    return Seals(keys_of(session).events, contacts_of(session), inquiries_of(session))
