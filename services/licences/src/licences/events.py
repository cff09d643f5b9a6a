"""Events: the whole public state of an activity, an application, a licence or a violation, built from its record.

A record holds the row and the body as declared. Names and reasons leave the service sealed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.data.sealing import Sealer
from chassis.events.contacts import Contact, Contacts
from chassis.events.inquiry import Inquiries, Inquiry, Known
from licences.domain.applications import (
    INQUIRY_KIND,
    KIND_OF_LICENCE,
    PARTNER,
    Status,
    inquirer_numbers,
    next_step,
)
from licences.domain.declarations import main_first
from licences.domain.fines import Item
from licences.domain.missing import APPLICANT, asked_of_applicant
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id

Record = Mapping[str, Any]
LICENCE_DATA = "licence-data/{id}"
_APPLICATION = (
    *("application_id", "application_no", "request", "kind", "municipality", "channel", "status"),
    *("licence_no", "licence_id", "establishment", "workers", "waits_for", "fee_halalas"),
    *("invoice_id", "reason_code", "submitted_at", "decided_at", "review_until"),
)
_LICENCE = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "status"),
    *("establishment", "trade_name", "activities", "town", "issued_on", "expires_on", "years"),
    *("renewable_from", "visit_due_on", "reason_code", "replaced_by"),
)


@dataclass(frozen=True)
class Seals:
    """Seals the parts of an event that not everybody may read."""

    data: Sealer
    contacts: Contacts
    inquiries: Inquiries


def activity_event(happened: str, state: Record, version: int, now: datetime) -> Event:
    """Builds an event of the topic licences.activity; `happened` is the past participle of its type."""
    return _event("activity", happened, state["code"], version, dict(state), now)


def application_event(happened: str, record: Record, seals: Seals, now: datetime) -> Event:
    """Builds an event of the topic licences.application; `happened` is the past participle of its type."""
    key, body = record["application_id"], record["body"]
    state = {
        **{name: record[name] for name in _APPLICATION},
        "activities": [dict(one) for one in main_first(record["activities"])],
        "ends_on": record["ends_on"],
        "asked": asked_of_applicant(record["missing"]),
        "inspection": record["inspection"],
        "decision": _decision(record["decision"], record["outcome_at"]),
        "sealed": _sealed(seals, key, _sealed_part(record)) if body else None,
        "inquiry": seals.inquiries.block(_application_inquiry(record)),
        "contacts": _contacts(seals, key, body) if record["tells_applicant"] else [],
    }
    return _event("application", happened, key, record["version"], state, now)


def licence_event(happened: str, record: Record, seals: Seals, now: datetime) -> Event:
    """Builds an event of the topic licences.licence; `happened` is the past participle of its type."""
    key, body = record["licence_id"], record["body"]
    shown = {**_holder_and_place(body), "reason": record["reason"]} if body else None
    state = {
        **with_hijri({name: record[name] for name in _LICENCE}, ("issued_on", "expires_on")),
        "sealed": _sealed(seals, key, shown) if shown else None,
        "inquiry": seals.inquiries.block(_licence_inquiry(record)),
        "contacts": _contacts(seals, key, body),
    }
    return _event("licence", happened, key, record["version"], state, now)


def _event(
    aggregate: str, happened: str, key: str, version: int, state: dict[str, Any], now: datetime
) -> Event:
    return Event(
        type=f"sa.gov.qatif.licences.{aggregate}.{happened}.v1",
        topic=f"licences.{aggregate}",
        aggregate_type=aggregate,
        aggregate_id=key,
        version=version,
        data=state,
        time=now,
    )


def _decision(decision: Record | None, at: str | None) -> dict[str, Any] | None:
    """Returns the decision without its inputs, which stand in the sealed part, in words."""
    if decision is None or at is None:
        return None
    conditions = [
        {
            "code": one["code"],
            "satisfied": one["satisfied"],
            "source": one["source"]["kind"] if one["source"] else None,
        }
        for one in decision["findings"]
    ]
    return {
        "rules": decision["rules"],
        "outcome": decision["outcome"],
        "decided_at": at,
        "conditions": conditions,
    }


def _sealed_part(record: Record) -> dict[str, Any]:
    """Returns $defs/data of events/licences/application.v1.schema.json."""
    body = record["body"]
    names = ("code", "satisfied", "ar", "en")
    return {
        "trade_name": _trade_name(body),
        **_holder_and_place(body),
        **({"form": _form_without_people(body)} if record["channel"] == PARTNER else {}),
        "reasons": record["reasons"],
        "explanation": [{name: one[name] for name in names} for one in record["explanation"]],
    }


# The parts of an application that are about no person: a correction at the gateway begins with them.
_FORM_PARTS = (
    *("years", "area_m2", "building_permit_no", "replaces_licence_no", "cleaning_contract"),
    *("place", "lease", "safety_certificate", "sign", "engineering"),
)
_ESTABLISHMENT_PARTS = ("size", "cr_number")


def _form_without_people(body: Record) -> dict[str, Any]:
    """Returns the application as it was declared, without its people and the name of the establishment."""
    establishment = body.get("establishment") or {}
    firm = {name: establishment[name] for name in _ESTABLISHMENT_PARTS if name in establishment}
    parts = {name: body[name] for name in _FORM_PARTS if body.get(name) is not None}
    return {**parts, **({"establishment": firm} if firm else {})}


def _holder_and_place(body: Record) -> dict[str, Any]:
    owner = body["owner"]
    return {
        "owner": {"name": owner["name"], "id_number": mask_id(owner["id_number"])},
        "place": {name: body["place"][name] for name in ("town", "district")},
    }


def _trade_name(body: Record) -> dict[str, Any] | None:
    named = (body.get("establishment") or {}).get("trade_name")
    return {"ar": named["ar"], "en": named.get("en")} if named else None


def _application_inquiry(record: Record) -> Inquiry:
    known = inquirer_numbers(record["body"], record["establishment"])
    return Inquiry(
        kind=INQUIRY_KIND,
        number=record["application_no"],
        status=record["status"],
        opened_on=_day(record["submitted_at"]),
        decided_on=_day(record["decided_at"]) if record["decided_at"] else None,
        municipality=record["municipality"],
        next_step=_next_step(record),
        known=[Known(by=by, value=value) for by, value in known],
        persons=_persons(record["body"]),
    )


def _next_step(record: Record) -> str:
    """Returns who acts next: the applicant, where an application waits for what the applicant has to give."""
    if record["status"] == Status.WAITING and asked_of_applicant(record["missing"]):
        return APPLICANT
    return next_step(record["status"])


def _licence_inquiry(record: Record) -> Inquiry:
    """Returns the inquiry about a licence. Anybody may ask whether a licence is valid: its number hangs on the wall."""
    known = inquirer_numbers(record["body"], record["establishment"])
    issued_on = date.fromisoformat(record["issued_on"])
    return Inquiry(
        kind=KIND_OF_LICENCE[record["kind"]],
        number=record["licence_no"],
        status=record["status"],
        opened_on=issued_on,
        decided_on=issued_on,
        expires_on=date.fromisoformat(record["expires_on"]),
        municipality=record["municipality"],
        next_step="none",
        known=[Known(by=by, value=value) for by, value in known],
        persons=_persons(record["body"]),
        public=True,
    )


def _persons(body: Record | None) -> list[str]:
    return [body["owner"]["id_number"]] if body else []


def owner_contact(owner: Record) -> Contact:
    """Returns the owner as a contact. `domain.forms.with_confirmed_mobile` says whether the mobile is known to
    be the owner's."""
    return Contact(
        role="owner",
        mobile=owner["mobile"],
        language=owner["language"],
        confirmed=bool(owner.get("confirmed")),
    )


def _contacts(seals: Seals, key: str, body: Record | None) -> list[dict[str, Any]]:
    return seals.contacts.seal(key, [owner_contact(body["owner"])]) if body else []


def _sealed(seals: Seals, key: str, shown: Record) -> str:
    return seals.data.seal_text(_text(shown), LICENCE_DATA.format(id=key))


def _text(document: Record) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _day(moment: str) -> date:
    return legal_day(datetime.fromisoformat(moment))


def violation_event(
    happened: str,
    state: Mapping[str, Any],
    version: int,
    *,
    inquiry: Mapping[str, Any],
    contacts: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Event:
    """Builds an event of the topic licences.violation; `happened` is the past participle of its type, `contacts` get
    a message."""
    return Event(
        type=f"sa.gov.qatif.licences.violation.{happened}.v1",
        topic="licences.violation",
        aggregate_type="violation",
        aggregate_id=state["violation_id"],
        version=version,
        data={**state, "inquiry": inquiry, "contacts": contacts},
        time=now,
    )


def violation_state(
    record: Mapping[str, Any], item: Item, objection: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Returns events/licences/violation.v1.schema.json without contacts and inquiry. `objection`: when it was filed
    and decided, and the last day to decide."""
    published_otherwise = {"item", "group_code", "grave", "version"}
    filed = objection or {"filed_at": None, "decided_at": None, "decide_until": None}
    moments = {"objected_at": filed["filed_at"], "decided_at": filed["decided_at"]}
    decide_until = filed["decide_until"]
    return {
        **{name: value for name, value in record.items() if name not in published_otherwise},
        "item": {
            "code": item.code,
            "group": item.group,
            "grave": record["grave"],
            "name": item.words.ar,
            "name_en": item.words.en,
        },
        **{name: rfc3339(at) if at else None for name, at in moments.items()},
        "decide_until": decide_until.isoformat() if decide_until else None,
    }
