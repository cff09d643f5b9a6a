"""Shared by the commands: lock a transaction, note its movement, count, journal and publish a change."""

from datetime import date
from typing import Any

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.events.inquiry import inquiries_of
from chassis.events.outbox import publish
from transactions import events
from transactions.domain.access import (
    Citizen,
    require_charge,
    require_registry_or_department,
    require_sight,
)
from transactions.domain.transactions import LIFE, Action, Status, move_of
from transactions.models import Movement, Transaction

LAPSE = "lapse"  # the kind of a returned transaction's deadline
# The moves that lead the transaction to a department.
_LEADS_ELSEWHERE = (Action.ENTER, Action.REFER)


def lock_seen(work: UnitOfWork, transaction_id: str) -> Transaction:
    """Returns the transaction, locked until the transaction of the database ends. Raises NotFound for a transaction
    that the officer may not know."""
    row = work.lock(Transaction, transaction_id)
    require_sight(work.actor, row)
    return row


def lock_in_charge(work: UnitOfWork, transaction_id: str) -> Transaction:
    """Returns a transaction that is with a department of the officer, locked. Raises NotFound and OtherDepartment."""
    row = work.lock(Transaction, transaction_id)
    require_charge(work.actor, row)
    return row


def lock_as_registry_or_department(work: UnitOfWork, transaction_id: str) -> Transaction:
    """Returns a transaction that the registry or the officer's department handles, locked. Raises NotFound and
    OtherDepartment."""
    row = work.lock(Transaction, transaction_id)
    require_registry_or_department(work.actor, row)
    return row


def lock_own(work: UnitOfWork, citizen: Citizen, transaction_id: str) -> Transaction:
    """Returns a transaction of the citizen, locked. Raises NotFound for another person's, and for a confidential
    one."""
    row = work.lock(Transaction, transaction_id)
    if row.confidential or row.applicant_number not in citizen.numbers:
        raise NotFound
    return row


def advance(row: Transaction, action: Action) -> None:
    """Sets the status after the action. Raises IllegalTransition, which names the possible actions."""
    row.status = LIFE.after(action, row.status).value


def require_possible(row: Transaction, action: Action) -> None:
    """Raises IllegalTransition unless the status allows an action that doesn't change the status."""
    LIFE.after(action, row.status)


def record_move(
    work: UnitOfWork,
    row: Transaction,
    action: Action,
    *,
    text: str | None = None,
    sent_from: str | None = None,
) -> Transaction:
    """Notes the movement, counts and journals the change, and publishes it, as `move_of` says. `sent_from`: the
    department that gave the transaction away."""
    move = move_of(action, row.outcome)
    work.record_change(row, action, details=_details(row, sent_from))
    work.session.flush()
    due_on = row.step_due_on if row.status == Status.WITH_DEPARTMENT else None
    add_movement(
        work, row, action, text=text, shown=move.is_shown, sent_from=sent_from, due_on=due_on
    )
    record, contacts = row.record(), []
    if move.is_told:
        contacts = events.applicant_contact(row.applicant, confidential=row.confidential)
    event = events.transaction_event(
        move.happened,
        record,
        inquiry=inquiries_of(work.session).block(events.inquiry_of(record, row.applicant)),
        contacts=contacts_of(work.session).seal(row.transaction_id, contacts),
        now=work.now,
    )
    publish(work.session, event)
    return row


def add_movement(
    work: UnitOfWork,
    row: Transaction,
    action: Action,
    *,
    text: str | None = None,
    shown: bool = False,
    sent_from: str | None = None,
    due_on: date | None = None,
) -> None:
    """Adds a line to the history. The journal gets no text, because nothing empties the journal."""
    movement = Movement(
        transaction_id=row.transaction_id,
        action=action.value,
        status=row.status,
        from_department=sent_from,
        to_department=row.department if action in _LEADS_ELSEWHERE else None,
        due_on=due_on,
        text=text,
        shown=shown,
        at=work.now,
        subject=work.actor.subject,
        name=work.actor.name,
    )
    work.session.add(movement)


def _details(row: Transaction, sent_from: str | None) -> dict[str, Any]:
    return {"status": row.status, "from": sent_from, "department": row.department}
