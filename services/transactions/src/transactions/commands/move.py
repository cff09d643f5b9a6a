"""Moves a transaction: referral, return for completion, completion, decision, filing, withdrawal, notes."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from saudi.days import legal_day
from transactions.catalogue import catalogue, office
from transactions.commands.enter import add_papers, claim_files
from transactions.commands.recording import (
    LAPSE,
    add_movement,
    advance,
    lock_as_registry_or_department,
    lock_in_charge,
    lock_own,
    lock_seen,
    record_move,
    require_possible,
)
from transactions.domain import due_days
from transactions.domain.access import Citizen, DecisionOwed, reach_of, require_returnable
from transactions.domain.entry import Channel, parse_documents
from transactions.domain.transactions import DECISIONS, Action, Status
from transactions.models import Transaction

NOT_COMPLETED = "not-completed"  # why the clock filed a transaction


def refer(
    work: UnitOfWork, transaction_id: str, *, department: str, note: str, within: int | None
) -> Transaction:
    """Refers the transaction to another department. `within`: the working days in which the department means to be done
    with its step; None: until the transaction is due. The registry too refers on what lies with a department: the note
    says why, and the registry is the one that referred. Publishes `referred`. Raises InvalidFields for an unknown
    department, and for the department that has the transaction."""
    note = not_blank(note, "note")
    row = lock_as_registry_or_department(work, transaction_id)
    if department not in catalogue().departments:
        raise InvalidFields.of("department", "department-unknown")
    advance(row, Action.REFER)
    if department == row.department:
        raise InvalidFields.of("department", "same-department")
    before = row.department
    row.referred_by = before if reach_of(work.actor).has(row) else catalogue().registry
    row.department = department
    if department not in row.departments:
        row.departments = [*row.departments, department]
    _begin_step(work, row, within)
    return record_move(work, row, Action.REFER, text=note, sent_from=before)


def _begin_step(work: UnitOfWork, row: Transaction, days: int | None) -> None:
    """Starts the step of the present department. A step is due with the transaction at the latest, unless the
    transaction is late already."""
    today = legal_day(work.now)
    row.referred_at = work.now
    row.step_due_on = row.due_on
    if days is not None:
        own = office().add_working_days(today, days)
        row.step_due_on = min(own, row.due_on) if row.due_on >= today else own


def return_for_completion(work: UnitOfWork, transaction_id: str, *, note: str) -> Transaction:
    """Returns the transaction to its applicant, who reads the note and completes until a day. Afterwards the clock
    files the transaction. The days of the applicant aren't counted. Publishes `returned`. Raises
    ConfidentialNotReturned."""
    note = not_blank(note, "note")
    row = lock_in_charge(work, transaction_id)
    require_returnable(row)
    advance(row, Action.RETURN)
    row.returned_on = legal_day(work.now)
    row.answer_until = due_days.answer_until(row.returned_on, row.answer_days)
    lapses_at = due_days.lapses_at(row.answer_until)
    set_deadline(work.session, Transaction.aggregate_type, transaction_id, LAPSE, lapses_at)
    return record_move(work, row, Action.RETURN, text=note)


def answer_own(
    work: UnitOfWork,
    citizen: Citizen,
    transaction_id: str,
    *,
    text: str,
    documents: Sequence[Mapping[str, Any]],
) -> Transaction:
    """Completes a returned transaction for its applicant. Publishes `answered`."""
    return _answer(work, lock_own(work, citizen, transaction_id), text, documents)


def answer_at_counter(
    work: UnitOfWork, transaction_id: str, *, text: str, documents: Sequence[Mapping[str, Any]]
) -> Transaction:
    """Records what the applicant brought to a counter or wrote. Publishes `answered`."""
    return _answer(work, lock_seen(work, transaction_id), text, documents)


def _answer(
    work: UnitOfWork, row: Transaction, text: str, documents: Sequence[Mapping[str, Any]]
) -> Transaction:
    """Gives the transaction back to the department that returned it, and moves the due days by the working days that
    the applicant took."""
    findings = Findings()
    with findings.gather():
        text = not_blank(text, "text")
    sent = parse_documents(documents, catalogue(), findings)
    findings.settle()
    require_possible(row, Action.ANSWER)
    claim_files(work, row.transaction_id, sent)
    add_papers(work, row, sent)
    advance(row, Action.ANSWER)
    _count_waiting(row, row.returned_on or row.entered_on, legal_day(work.now))
    drop_deadline(work.session, Transaction.aggregate_type, row.transaction_id, LAPSE)
    return record_move(work, row, Action.ANSWER, text=text)


def _count_waiting(row: Transaction, returned_on: date, today: date) -> None:
    waited = due_days.waited_days(office(), returned_on, today)
    row.waited_days += waited
    row.due_on = due_days.due_on(office(), row.entered_on, row.working_days, row.waited_days)
    row.step_due_on = office().add_working_days(row.step_due_on, waited)
    row.returned_on = row.answer_until = None


def decide(work: UnitOfWork, transaction_id: str, *, outcome: str, note: str) -> Transaction:
    """Decides the transaction: approved, refused or replied. The applicant reads the note. Publishes `decided`."""
    note = not_blank(note, "note")
    row = lock_in_charge(work, transaction_id)
    action = DECISIONS[outcome]
    advance(row, action)
    row.decided_at, row.outcome = work.now, outcome
    row.in_time = legal_day(work.now) <= row.due_on
    return record_move(work, row, action, text=note)


def file_away(work: UnitOfWork, transaction_id: str, *, reason: str) -> Transaction:
    """Files a decided transaction, or one that needs no decision: then the applicant is told, and reads the reason.
    Publishes `filed`. Raises DecisionOwed."""
    reason = not_blank(reason, "reason")
    row = lock_in_charge(work, transaction_id)
    if row.channel == Channel.WEB and row.status == Status.WITH_DEPARTMENT:
        raise DecisionOwed
    advance(row, Action.FILE)
    return _end(work, row, Action.FILE, text=reason)


def file_for_retention(work: UnitOfWork, row: Transaction) -> Transaction:
    """Files a locked transaction that was decided years ago and that nobody filed. Publishes `filed`, without a text to
    the applicant."""
    advance(row, Action.FILE)
    return _end(work, row, Action.FILE)


def lapse(work: UnitOfWork, transaction_id: str) -> Transaction | None:
    """Files a returned transaction that nobody completed in time. Does nothing if the transaction was completed or
    withdrawn meanwhile, or was returned anew. Publishes `filed`."""
    row = work.lock(Transaction, transaction_id)
    if row.status != Status.RETURNED or row.answer_until is None:
        return None
    if work.now < due_days.lapses_at(row.answer_until):
        return None
    advance(row, Action.LAPSE)
    row.reason_code = NOT_COMPLETED
    return _end(work, row, Action.LAPSE)


def withdraw_own(work: UnitOfWork, citizen: Citizen, transaction_id: str) -> Transaction:
    """Withdraws the transaction for its applicant. Publishes `withdrawn`."""
    return _withdraw(work, lock_own(work, citizen, transaction_id), None)


def withdraw_at_counter(work: UnitOfWork, transaction_id: str, *, reason: str) -> Transaction:
    """Records that the applicant takes the transaction back, at the registry or at the department that has it.
    Publishes `withdrawn`."""
    reason = not_blank(reason, "reason")
    return _withdraw(work, lock_as_registry_or_department(work, transaction_id), reason)


def _withdraw(work: UnitOfWork, row: Transaction, reason: str | None) -> Transaction:
    advance(row, Action.WITHDRAW)
    drop_deadline(work.session, Transaction.aggregate_type, row.transaction_id, LAPSE)
    return _end(work, row, Action.WITHDRAW, text=reason)


def _end(
    work: UnitOfWork, row: Transaction, action: Action, *, text: str | None = None
) -> Transaction:
    row.ended_at = work.now
    row.returned_on = row.answer_until = None
    return record_move(work, row, action, text=text)


def note(work: UnitOfWork, transaction_id: str, *, text: str) -> Transaction:
    """Adds a note of the department that has the transaction. The applicant doesn't read it, and no event tells it."""
    text = not_blank(text, "text")
    row = lock_in_charge(work, transaction_id)
    require_possible(row, Action.NOTE)
    add_movement(work, row, Action.NOTE, text=text)
    work.record_action(row, Action.NOTE)
    work.session.flush()
    return row
