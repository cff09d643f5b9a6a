"""Records each change of an application or licence (its version, the journal, the event), and ends an application or
returns it to its applicant."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.deadlines import drop_deadlines, set_deadline
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from licences import events
from licences.domain.actors import require_access
from licences.domain.applications import Action, Status
from licences.domain.rules import Rules
from licences.events import Seals
from licences.models import Application, Ask, Inspection, Licence, Remark
from saudi.days import legal_day, midnight_after

SYSTEM = SystemActor("licences", "licences")
# Kinds of deadlines.
WAITING, COMPLETION, PAYMENT = "waiting", "completion", "payment"
REDECISION = "redecision"


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
    to_applicant: bool = True,
) -> Application:
    """Counts, journals and publishes a change of an application. `happened` is the event's past participle;
    `to_applicant`: the event names whom to tell.

    The row is written with the next query or the commit, so that several changes of a transaction are one UPDATE.
    `note` is a text that a person wrote. The note stands beside the journal, because the journal is never emptied.
    """
    work.record_change(row, action, details=dict(details) if details else None)
    _keep_remark(work.session, row, action, note)
    record = {**row.record(), "tells_applicant": to_applicant}
    event = events.application_event(happened, record, seals_of(work.session), work.now)
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


# The ends of an application, and its return to the applicant.


def return_to_applicant(
    work: UnitOfWork,
    row: Application,
    reason_code: str,
    reasons: Sequence[Mapping[str, Any]],
    rules: Rules,
) -> Application:
    """Returns the locked application for `reasons`, each `{ar, en}`, and publishes `returned`. The application ends if
    nobody completes it within the days that the rules give: no application stays open for ever."""
    row.status, row.reason_code = Status.RETURNED.value, reason_code
    row.reasons = [dict(reason) for reason in reasons]
    set_end(work, row, COMPLETION, timedelta(days=rules.parameters.completion_days))
    return record_application(work, row, Action.RETURN, "returned")


def set_end(work: UnitOfWork, row: Application, kind: str, after: timedelta) -> None:
    """Sets the last day, which people read, `after` so many days, and the deadline at which the locked application ends
    by itself. The deadline is the midnight after the last day: the applicant has the whole last day."""
    row.ends_on = legal_day(work.now) + after
    due_at = midnight_after(row.ends_on)
    with work.session.no_autoflush:  # the row is written once, with its new version
        set_deadline(work.session, Application.aggregate_type, row.application_id, kind, due_at)


def refuse_application(work: UnitOfWork, row: Application, reason_code: str) -> None:
    """Refuses the locked application for `row.reasons`, and publishes `refused`."""
    row.status, row.reason_code = Status.REFUSED.value, reason_code
    row.waits_for, row.decided_at = [], work.now
    close_application(work, row)
    record_application(work, row, Action.REFUSE, "refused")


def end_withdrawn(work: UnitOfWork, row: Application, reason_code: str) -> None:
    """Withdraws the locked application by the system, and publishes `withdrawn`."""
    row.status, row.reason_code = Status.WITHDRAWN.value, reason_code
    close_application(work, row)
    record_application(work, row, Action.WITHDRAW, "withdrawn")


def close_application(work: UnitOfWork, row: Application) -> None:
    """Stops everything that would happen to the application by itself."""
    row.closed_at = work.now
    drop_pending_work(work, row)
    drop_visits(work, row)


def drop_pending_work(work: UnitOfWork, row: Application) -> None:
    """Drops the questions to outside bodies and all deadlines of the application."""
    row.review_until = row.ends_on = None
    with work.session.no_autoflush:  # the row is written once, with its new version
        work.session.execute(delete(Ask).where(Ask.application_id == row.application_id))
        drop_deadlines(work.session, Application.aggregate_type, row.application_id)


def drop_visits(work: UnitOfWork, row: Application) -> None:
    """Drops the visits before the decision. The visit of an issued licence stays."""
    row.inspection = None
    due = select(Inspection).where(
        Inspection.application_id == row.application_id,
        Inspection.licence_id.is_(None),
        Inspection.result.is_(None),
    )
    with work.session.no_autoflush:
        for visit in work.session.scalars(due):
            visit.result = "dropped"
