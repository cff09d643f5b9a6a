"""Events: the whole public state of a request or a certificate, made from the record of its row.

No event tells a result, or why something ended: every request without a certificate ends in one state, and a cancelled
certificate has no reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.core.cloudevents import Event
from chassis.data.sealing import BlindIndex, Sealer
from chassis.events.contacts import Contact, Contacts
from chassis.events.inquiry import Inquiries, Inquiry, Known
from health_certs.domain.access import WORKER
from health_certs.domain.examinations import ANSWER_BYTES, EXAMINEE_BYTES, padded
from health_certs.domain.reference import Centre, Profession
from health_certs.domain.requests import CERTIFICATE, OPEN, REQUEST_KIND, next_step
from saudi.days import legal_day
from saudi.formats import with_hijri

Record = Mapping[str, Any]
EXAMINEE = "examinee/{request_id}"
ANSWER = "health-certs.examination/{examination_id}"
ISSUED = "issued"
_REQUEST = (
    *("request_id", "request_no", "kind", "municipality", "status", "invoice_id"),
    *("certificate_id", "certificate_no"),
)
_CERTIFICATE = (
    *("certificate_id", "certificate_no", "request_id", "municipality", "status", "issued_on"),
    *("valid_until", "replaced_by"),
)
_PLACE = ("licence_no", "application_no")


@dataclass(frozen=True)
class Seals:
    """What seals the parts of an event that not everybody may read."""

    examinees: Sealer
    index: BlindIndex
    contacts: Contacts
    inquiries: Inquiries


@dataclass(frozen=True)
class ListEntries:
    """The listed profession and centre that a request names."""

    profession: Profession
    centre: Centre


def request_event(
    happened: str, record: Record, entries: ListEntries, seals: Seals, now: datetime
) -> Event:
    """`happened` is the past participle of a type of the topic health-certs.request."""
    profession = entries.profession
    key, submitted_on = record["request_id"], _day(record["submitted_at"])
    is_open = record["status"] in OPEN
    state = {
        **{name: record[name] for name in _REQUEST},
        "next_step": next_step(record["status"]),
        "profession": _profession(profession),
        "seasonal": profession.season is not None,
        "centre": _centre(entries.centre),
        "establishment": _establishment(record),
        "submitted_on": submitted_on.isoformat(),
        "due_on": _day(record["examined_until"]).isoformat(),
        "ended_on": _day(record["ended_at"]).isoformat() if record["ended_at"] else None,
        "examination": _examinee(record, seals) if is_open else None,
        "inquiry": seals.inquiries.block(_request_inquiry(record, submitted_on)),
        "contacts": _sealed_contacts(record["worker"], record, key, seals),
    }
    days = ("submitted_on", "due_on", "ended_on")
    return _event("request", happened, key, record["version"], with_hijri(state, days), now)


def certificate_event(
    happened: str, record: Record, profession: Profession, seals: Seals, now: datetime
) -> Event:
    """`happened` is the past participle of a type of the topic health-certs.certificate."""
    key = record["certificate_id"]
    state = {
        **{name: record[name] for name in _CERTIFICATE},
        "profession": _profession(profession),
        "seasonal": record["season"] is not None,
        "establishment": _establishment(record),
        "worker": _worker_of_establishment(record, seals),
        "inquiry": seals.inquiries.block(_certificate_inquiry(record)),
        "contacts": _sealed_contacts(_worker_to_tell(happened, record), record, key, seals),
    }
    days = ("issued_on", "valid_until")
    return _event("certificate", happened, key, record["version"], with_hijri(state, days), now)


def examination_answer(answer: Record, version: int, sealer: Sealer, now: datetime) -> Event:
    """Tells a medical centre what became of its entry, in a text of one length. `version` counts the answers."""
    document = {name: answer[name] for name in ("outcome", "reason", "recorded_at")}
    key = answer["examination_id"]
    context = ANSWER.format(examination_id=key)
    sealed = sealer.seal_text(padded(document, ANSWER_BYTES), context)
    state = {"examination_id": key, "sealed": sealed}
    return _event("examination", "answered", key, version, state, now)


def worker_contact(worker: Record) -> Contact:
    """Returns the worker as a contact of messages."""
    return Contact(
        role="worker",
        mobile=worker["mobile"],
        language=worker["language"],
        confirmed=bool(worker.get("confirmed")),
    )


def _event(
    aggregate: str, happened: str, key: str, version: int, state: dict[str, Any], now: datetime
) -> Event:
    return Event(
        type=f"sa.gov.qatif.health-certs.{aggregate}.{happened}.v1",
        topic=f"health-certs.{aggregate}",
        aggregate_type=aggregate,
        aggregate_id=key,
        version=version,
        data=state,
        time=now,
    )


def _profession(profession: Profession) -> dict[str, Any]:
    return {"code": profession.code, **profession.words.pair()}


def _centre(centre: Centre) -> dict[str, Any]:
    words = centre.words
    return {"organisation": centre.organisation, "name": words.ar, "name_en": words.en}


def _establishment(record: Record) -> dict[str, Any] | None:
    named = {name: record[name] for name in _PLACE}
    if record["establishment"] is None and not any(named.values()):
        return None
    return {"unified_number": record["establishment"], **named}


def _examinee(record: Record, seals: Seals) -> str | None:
    """Seals the worker as the chosen centre sees the worker: $defs/examinee of
    events/health-certs/request.v1.schema.json."""
    worker = record["worker"]
    if worker is None:
        return None
    names = ("name", "id_type", "id_number", "nationality", "birth_date", "sex")
    document = {
        "request_no": record["request_no"],
        "centre": record["centre"],
        **{name: worker[name] for name in names},
        "revision": record["revision"],
        "until": record["examined_until"],
    }
    context = EXAMINEE.format(request_id=record["request_id"])
    return seals.examinees.seal_text(padded(document, EXAMINEE_BYTES), context)


def _worker_of_establishment(record: Record, seals: Seals) -> str | None:
    """Returns a keyed hash of the worker within the establishment. Readers can count an establishment's workers, and
    can't follow a worker from one establishment to another."""
    if record["worker"] is None or record["establishment"] is None:
        return None
    return seals.index.key(f"{record['establishment']}|{record['worker']['id_number']}")


def _request_inquiry(record: Record, submitted_on: date) -> Inquiry:
    worker = record["worker"]
    known = (
        [] if worker is None else [("mobile", worker["mobile"]), ("person_id", worker["id_number"])]
    )
    ended_on = _day(record["ended_at"]) if record["ended_at"] else None
    return Inquiry(
        kind=REQUEST_KIND,
        number=record["request_no"],
        status=record["status"],
        opened_on=submitted_on,
        due_on=_day(record["examined_until"]),
        decided_on=ended_on,
        municipality=record["municipality"],
        next_step=next_step(record["status"]),
        known=[Known(by=by, value=value) for by, value in known],
        persons=_persons(worker),
    )


def _certificate_inquiry(record: Record) -> Inquiry:
    worker = record["worker"]
    issued_on = date.fromisoformat(record["issued_on"])
    return Inquiry(
        kind=CERTIFICATE,
        number=record["certificate_no"],
        status=record["status"],
        opened_on=issued_on,
        decided_on=issued_on,
        expires_on=date.fromisoformat(record["valid_until"]),
        municipality=record["municipality"],
        next_step="none",
        known=[Known(by="person_id", value=number) for number in _persons(worker)],
        persons=_persons(worker),
    )


def _persons(worker: Record | None) -> list[str]:
    return [worker["id_number"]] if worker else []


def _worker_to_tell(happened: str, record: Record) -> Record | None:
    """Returns the worker with what is known of the mobile; None if the mobile may be a former employer's.

    The issue is told to every mobile: it's no secret from the delegate who applied, and a text that waits for a code
    never comes. Nobody floods a telephone with certificates, since each was paid for and its worker was examined.
    Later texts go to a mobile that a delegate wrote only while the certificate is with the delegate's establishment."""
    worker: Record | None = record["worker"]
    if worker is None or worker.get("confirmed"):
        return worker
    mobile_from = worker.get("mobile_from")
    if mobile_from == WORKER:
        return {**worker, "confirmed": happened == ISSUED}
    is_with_writer = mobile_from is not None and mobile_from == record["establishment"]
    return {**worker, "confirmed": True} if is_with_writer or happened == ISSUED else None


def _sealed_contacts(
    worker: Record | None, record: Record, key: str, seals: Seals
) -> list[dict[str, Any]]:
    """Seals the worker and, where an establishment applied, its delegate."""
    applicant = record["applicant"]
    contacts = [worker_contact(worker)] if worker else []
    if applicant and applicant["mobile"]:
        contacts.append(Contact(role="establishment", mobile=applicant["mobile"], confirmed=True))
    return seals.contacts.seal(key, contacts)


def _day(moment: str) -> date:
    return legal_day(datetime.fromisoformat(moment))
