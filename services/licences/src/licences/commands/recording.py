"""Shared by the commands: rows locked within the actor's reach, changes counted, journaled and published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor as Acting
from chassis.data.aggregates import lock, record_change
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.invoices import Invoice as Published
from chassis.events.invoices import invoices_of
from chassis.events.outbox import publish
from licences import events
from licences.domain.actors import Actor, require_access
from licences.events import Seals
from licences.models import Application, Invoice, Licence, Remark

Details = Mapping[str, Any] | None


def seals_of(session: Session) -> Seals:
    """With the keys of the session's database."""
    keys = keys_of(session)
    return Seals(
        data=Sealer(keys.ring("licence_data_key")),
        contacts=contacts_of(session),
        inquiries=inquiries_of(session),
    )


def lock_application(session: Session, actor: Actor, application_id: str) -> Application:
    """The application, locked until the transaction ends. Raises NotFound, also for another municipality's."""
    row = lock(session, Application, application_id)
    require_access(actor, row.municipality)
    return row


def record_application(
    session: Session,
    row: Application,
    actor: Acting,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
    details: Details = None,
) -> Application:
    """Counts and journals a change, and publishes it; `happened` is the event's past participle. `note` is what
    somebody wrote: it's kept beside the journal, and goes with the personal data."""
    found = dict(details) if details else None
    record_change(session, row, actor, action, now=now, details=found)
    _remark(session, row, action, note)
    session.flush()
    publish(session, events.application_event(happened, row.record(), seals_of(session), now))
    return row


def record_licence(
    session: Session,
    row: Licence,
    actor: Acting,
    action: str,
    happened: str,
    *,
    now: datetime,
    note: str | None = None,
) -> Licence:
    """The same for a licence."""
    row.changed_at = now
    record_change(session, row, actor, action, now=now)
    _remark(session, row, action, note)
    session.flush()
    publish(session, events.licence_event(happened, row.record(), seals_of(session), now))
    return row


def _remark(session: Session, row: Application | Licence, action: str, note: str | None) -> None:
    if note:
        key = {"aggregate_type": row.aggregate_type, "aggregate_id": row.aggregate_id}
        session.add(Remark(**key, version=row.version, action=str(action), text=note))


def record_invoice(
    session: Session, row: Invoice, application: Application, actor: Acting, *, now: datetime
) -> Invoice:
    """The same for an invoice, whose status is what happened. Of an emptied application nobody is named: payments has
    the payer from before."""
    record_change(session, row, actor, row.status, now=now)
    session.flush()
    number = application.application_no
    owner = application.body["owner"] if application.body else None
    published = Published(
        **row.record(),
        subject={"type": "licence_application", "id": application.application_id, "number": number},
        payer={name: owner[name] for name in ("name", "id_type", "id_number")} if owner else None,
        told=[events.owner_told(owner)] if owner else [],
    )
    publish(session, invoices_of(session).event("licences", published, now))
    return row
