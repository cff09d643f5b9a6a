"""Shared by the commands: changes counted, journaled and published."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.data.aggregates import record_change
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events.contacts import Contact, contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.invoices import Invoice as Published
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish, publish_all
from health_certs import catalogue, events
from health_certs.domain.applicants import ESTABLISHMENT
from health_certs.events import Seals
from health_certs.models import Certificate, Invoice, Request

SYSTEM = SystemActor("health-certs", "health-certs")


def seals_of(session: Session) -> Seals:
    """With the keys of the session's database."""
    keys = keys_of(session)
    return Seals(
        examinees=Sealer(keys.ring("examination_key")),
        index=keys.index,
        contacts=contacts_of(session),
        inquiries=inquiries_of(session),
    )


def record_request(
    session: Session,
    row: Request,
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
) -> Request:
    """Counts and journals a change, and publishes it; `happened` is the event's past participle."""
    record_requests(session, [row], actor, action, happened, now=now, note=note)
    return row


def record_requests(
    session: Session,
    rows: Sequence[Request],
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
) -> None:
    """The same change of several, written together."""
    for row in rows:
        record_change(session, row, actor, action, now=now, note=note)
    session.flush()
    seals, professions = seals_of(session), catalogue.professions().by_code
    publish_all(
        session,
        (
            events.request_event(happened, row.record(), professions[row.profession], seals, now)
            for row in rows
        ),
    )


def record_certificate(
    session: Session,
    row: Certificate,
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
) -> Certificate:
    """The same for a certificate."""
    record_certificates(session, [row], actor, action, happened, now=now, note=note)
    return row


def record_certificates(
    session: Session,
    rows: Sequence[Certificate],
    actor: Actor,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
) -> None:
    """The same change of several certificates, written together."""
    for row in rows:
        row.changed_at = now
        record_change(session, row, actor, action, now=now, note=note)
    session.flush()
    seals, professions = seals_of(session), catalogue.professions().by_code
    publish_all(
        session,
        (
            events.certificate_event(
                happened, row.record(), professions[row.profession], seals, now
            )
            for row in rows
        ),
    )


def record_invoice(
    session: Session, row: Invoice, request: Request, actor: Actor, *, now: datetime
) -> Invoice:
    """The same for an invoice, whose status is what happened."""
    record_change(session, row, actor, row.status, now=now)
    session.flush()
    subject = {"type": "health_request", "id": request.request_id, "number": request.request_no}
    published = Published(
        **row.record(), subject=subject, payer=_payer(request), told=_told(request)
    )
    publish(session, invoices_of(session).event("health-certs", published, now))
    return row


def _payer(row: Request) -> dict[str, Any] | None:
    """In whose name it was asked for: the worker, or the establishment. None once that's emptied."""
    if row.applied_by == ESTABLISHMENT and row.establishment:
        name = row.trade_name or f"منشأة {row.establishment}"
        return {"name": name, "id_type": "unified_number", "id_number": row.establishment}
    if row.worker is None:
        return None
    name = row.worker["name"]["ar"] or row.worker["name"]["en"]
    return {"name": name, **{one: row.worker[one] for one in ("id_type", "id_number")}}


def _told(row: Request) -> list[Contact]:
    """The payer, in the role that invoices have for him."""
    if row.applied_by == ESTABLISHMENT:
        mobile = (row.applicant or {}).get("mobile")
        return [Contact(role="owner", mobile=mobile, confirmed=True)] if mobile else []
    worker = row.worker
    if worker is None:
        return []
    confirmed = bool(worker.get("confirmed"))
    return [
        Contact(
            role="owner", mobile=worker["mobile"], language=worker["language"], confirmed=confirmed
        )
    ]
