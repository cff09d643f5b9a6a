"""Locks an application within its officer's reach, and records each change: its version, the journal, the event."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from licences import events
from licences.domain.actors import require_access
from licences.events import Seals
from licences.models import Application, Licence, Remark


def lock_application(work: UnitOfWork, application_id: str) -> Application:
    """Locks the application until the transaction ends. Raises NotFound, also for another municipality's."""
    row = work.lock(Application, application_id)
    require_access(work.actor, row.municipality)
    return row


def record_application(
    work: UnitOfWork,
    row: Application,
    action: str,
    happened: str,
    *,
    note: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Application:
    """Counts, journals and publishes a change of an application. `happened` is the event's past participle.

    The row is written with the next query or the commit, so that several changes of a transaction are one UPDATE.
    `note` is a text that a person wrote. The note stands beside the journal, because the journal is never emptied.
    """
    work.record_change(row, action, details=dict(details) if details else None)
    _keep_remark(work.session, row, action, note)
    event = events.application_event(happened, row.record(), seals_of(work.session), work.now)
    publish(work.session, event)
    return row


def record_licence(
    work: UnitOfWork, row: Licence, action: str, happened: str, *, note: str | None = None
) -> Licence:
    """Counts, journals and publishes a change of a licence. `happened` and `note` as in `record_application`."""
    row.changed_at = work.now
    work.record_change(row, action)
    _keep_remark(work.session, row, action, note)
    event = events.licence_event(happened, row.record(), seals_of(work.session), work.now)
    publish(work.session, event)
    return row


def seals_of(session: Session) -> Seals:
    """Returns what seals the parts of an event, with the keys of the session's database."""
    keys = keys_of(session)
    return Seals(
        data=Sealer(keys.ring("licence_data_key")),
        contacts=contacts_of(session),
        inquiries=inquiries_of(session),
    )


def _keep_remark(
    session: Session, row: Application | Licence, action: str, note: str | None
) -> None:
    if note:
        key = {"aggregate_type": row.aggregate_type, "aggregate_id": row.aggregate_id}
        session.add(Remark(**key, version=row.version, action=str(action), text=note))
