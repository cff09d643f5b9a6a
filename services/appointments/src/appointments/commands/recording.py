"""Shared by the commands: lock departments and appointments in one order, give out keys, record and publish."""

from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from appointments import events
from appointments.domain.actors import require_reach
from appointments.domain.appointments import AHEAD, Action, day_end
from appointments.lookups import KEY_DAYS
from appointments.models import Appointment, AppointmentKey, Department, OfficerNote
from chassis.core.ids import new_id
from chassis.core.link_tokens import hash_token, new_token
from chassis.core.refusals import NotFound
from chassis.data.deadlines import set_deadline
from chassis.data.lock_order import note_lock
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from saudi.days import legal_day, midnight_after

DAY_END = "day-end"  # kinds of deadlines
FREED, LAPSE = "freed", "lapse"


def share_department(session: Session, department_id: str | ScalarSelect[str]) -> Department:
    """Returns the department, locked against a change of its plan until the transaction ends. Bookings don't wait for
    each other. Raises NotFound."""
    named = select(Department).where(Department.department_id == department_id)
    locked = named.with_for_update(read=True).execution_options(populate_existing=True)
    row = session.scalars(locked).one_or_none()
    note_lock(session, Department.__tablename__)
    if row is None:
        raise NotFound
    return row


def lock_appointment(work: UnitOfWork, appointment_id: str) -> Appointment:
    """Returns the appointment, locked. Raises NotFound beyond the actor's reach."""
    row = work.lock(Appointment, appointment_id)
    require_reach(work.actor, row.municipality)
    return row


def lock_with_department(work: UnitOfWork, appointment_id: str) -> tuple[Department, Appointment]:
    """Locks the department and then the appointment, for a command that takes or frees a seat. Raises NotFound."""
    named = select(Appointment.department_id).where(Appointment.appointment_id == appointment_id)
    department = share_department(work.session, named.scalar_subquery())
    return department, lock_appointment(work, appointment_id)


def add_key(
    session: Session, row: Appointment, token: str, until: datetime | None = None
) -> datetime:
    """Lets a token open the appointment, until two days after its day or an earlier moment. Returns until when."""
    latest = midnight_after(legal_day(row.starts_at)) + KEY_DAYS
    key = AppointmentKey(
        token_hash=hash_token(token),
        appointment_id=row.appointment_id,
        expires_at=min(until or latest, latest),
    )
    session.add(key)
    return key.expires_at


def plan_day_end(session: Session, row: Appointment) -> None:
    """Sets the deadline at which an appointment ends that is still open when its day is over."""
    ends = day_end(row.starts_at)
    set_deadline(session, Appointment.aggregate_type, row.appointment_id, DAY_END, ends)


def record_with_link(
    work: UnitOfWork,
    row: Appointment,
    action: Action,
    happened: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> str:
    """Records a change, and has the person told of it by a text with a link. Returns the token of the link."""
    token = new_token()
    record_appointment(work, row, action, happened, note=note, details=details, token=token)
    add_key(work.session, row, token)
    return token


def record_appointment(
    work: UnitOfWork,
    row: Appointment,
    action: Action,
    happened: str,
    *,
    note: str | None = None,
    token: str | None = None,
    details: dict[str, Any] | None = None,
) -> Appointment:
    """Counts, journals and publishes a change. `happened`: the past participle in the name of the event. `note`: what
    an officer wrote. `token`: the secret of the link in the text that the person gets."""
    if row.status not in AHEAD:
        row.waits_since = row.offer_until = None
    work.record_change(row, action, details=details)
    keep_note(work, row, action, note)
    work.session.flush()
    record = row.record()
    inquiry = events.inquiry_of(record, row.person, is_identified=row.checked_in_at is not None)
    event = events.appointment_event(
        happened,
        record,
        version=row.version,
        inquiry=inquiries_of(work.session).block(inquiry),
        contacts=contacts_of(work.session).seal(row.appointment_id, _contacts(row, token)),
        now=work.now,
    )
    publish(work.session, event)
    return row


def keep_note(work: UnitOfWork, row: Appointment, action: Action, note: str | None) -> None:
    """Keeps what an officer wrote. The journal gets no text, because nothing empties the journal."""
    if note is None:
        return
    kept = OfficerNote(
        note_id=new_id(),
        appointment_id=row.appointment_id,
        action=action.value,
        at=work.now,
        subject=work.actor.subject,
        text=note,
    )
    work.session.add(kept)


def _contacts(row: Appointment, token: str | None) -> list[Contact]:
    """Returns the person as a contact; nobody once the appointment is emptied."""
    mobile = row.mobile
    if mobile is None:
        return []
    return [
        Contact(role="applicant", mobile=mobile, language=row.language, confirmed=True, token=token)
    ]
