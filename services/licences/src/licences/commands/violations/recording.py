"""What all commands on violations share: the lock, the course, the deadlines, the journal and the event."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.inquiry import Inquiry, Known, inquiries_of
from chassis.events.outbox import publish
from invoicing.rules import Status as InvoiceStatus
from licences import events
from licences.catalogue import violation_table
from licences.domain.actors import require_access
from licences.domain.fines import Fine, Item
from licences.domain.violations import ENDED, NEXT_STEPS, Course, Status, require_another
from licences.models import FineInvoice, Licence, Objection, Violation
from saudi.days import legal_day, midnight_after

# The kinds of a violation's deadlines.
CORRECTION, FINALITY = "violation-correction", "violation-finality"
DECISION, CLOSING = "violation-decision", "violation-closing"


def lock_violation(work: UnitOfWork, violation_id: str) -> Violation:
    """Locks the violation until the transaction ends. Raises NotFound, also for another municipality's violation."""
    row = work.lock(Violation, violation_id)
    require_access(work.actor, row.municipality)
    return row


def people_of(session: Session, row: Violation) -> Sequence[str]:
    """Returns the people who had a part in the violation, and so decide nothing about it: who recorded or confirmed the
    violation, took its objection, or closed the place for it, as long as the place is closed."""
    objection = session.get(Objection, row.violation_id)
    closed = session.get(Licence, row.closed_licence_id) if row.closed_licence_id else None
    closings = (closed.closings if closed else None) or ()
    people = (
        *(row.recorded_by, row.confirmed_by, objection.filed_by if objection else None),
        *(
            one
            for each in closings
            if each["violation_id"] == row.violation_id
            for one in each["people"]
        ),
    )
    return sorted({one for one in people if one is not None})


def require_another_person(work: UnitOfWork, row: Violation) -> None:
    """Raises AnotherPerson for a person who had a part in the violation."""
    require_another(work.actor.subject, *people_of(work.session, row))


def course_of(row: Violation) -> Course:
    """Returns the violation as the rules see it."""
    return Course(Status(row.status), judged=row.judged, final=row.final, until=row.until)


def set_course(work: UnitOfWork, row: Violation, after: Course) -> None:
    """Stores where the violation stands, and plans the day on which it becomes final. Nobody looks again at a violation
    that has ended."""
    row.status = after.status.value
    row.judged, row.final, row.until = after.judged, after.final, after.until
    row.ended_at = work.now if after.status in ENDED else None
    row.seen_again_from = None if after.status in ENDED else row.seen_again_from
    plan_day(work, row, FINALITY, after.until)


def plan_day(work: UnitOfWork, row: Violation, kind: str, last: date | None) -> None:
    """Sets the deadline of the kind to the end of the last day; None drops the deadline."""
    with work.session.no_autoflush:  # the row is written once, with its new version
        if last is None:
            drop_deadline(work.session, Violation.aggregate_type, row.violation_id, kind)
        else:
            due_at = midnight_after(last)
            set_deadline(work.session, Violation.aggregate_type, row.violation_id, kind, due_at)


def item_of(row: Violation) -> Item:
    """Returns the violation's item, also an item that isn't in force any more."""
    return violation_table().items[row.item]


def set_fine(row: Violation, fine: Fine) -> None:
    """Stores how the amount came about."""
    row.base_halalas, row.municipality_class = fine.base, fine.municipality_class
    row.size_percent, row.repetition, row.factor = fine.size_percent, fine.repetition, fine.factor
    row.cap_halalas, row.reduced_to_percent = fine.cap, fine.reduced_to
    row.amount_halalas = fine.amount


def add_note(row: Violation, text: str | None) -> None:
    """Adds a line to the notes."""
    row.note = "\n".join(part for part in (row.note, text) if part) or None


def record_violation_change(
    work: UnitOfWork,
    row: Violation,
    action: str,
    happened: str,
    *,
    details: Mapping[str, Any] | None = None,
    to_offender: bool = False,
) -> Violation:
    """Counts, journals and publishes a change of a violation. `happened` is the event's past participle;
    `to_offender`: the offender gets a message. An offender who hasn't heard of the violation gets none: what is taken
    back so early was usually another person's. A reason that a person wrote isn't in the journal, because the journal
    is never emptied."""
    row.updated_at = work.now
    work.record_change(row, action, details=dict(details or {}) or None)
    work.session.flush()
    contacts = offender_contacts(row) if to_offender and row.was_told else ()
    objection = work.session.get(Objection, row.violation_id)
    record = {**row.record(), **money_on_its_way_back(work.session, row.violation_id)}
    event = events.violation_event(
        happened,
        events.violation_state(record, item_of(row), objection_days(objection)),
        row.version,
        inquiry=inquiries_of(work.session).block(_inquiry(row, objection)),
        contacts=contacts_of(work.session).seal(row.violation_id, contacts),
        now=work.now,
    )
    publish(work.session, event)
    return row


def money_on_its_way_back(session: Session, violation_id: str) -> dict[str, int]:
    """Returns the offender's money that is to go back, and that went back, in halalas."""
    amount = func.sum(FineInvoice.amount_halalas)
    to_go = FineInvoice.status.in_((InvoiceStatus.REFUND_REQUESTED, InvoiceStatus.REFUNDING))
    gone = FineInvoice.status == InvoiceStatus.REFUNDED
    statement = select(
        func.coalesce(amount.filter(to_go), 0), func.coalesce(amount.filter(gone), 0)
    ).where(FineInvoice.violation_id == violation_id)
    refunding, refunded = session.execute(statement).one()
    return {"refunding_halalas": int(refunding), "refunded_halalas": int(refunded)}


def objection_days(row: Objection | None) -> Mapping[str, Any] | None:
    """Returns what is published of an objection."""
    if row is None:
        return None
    return {
        "filed_at": row.filed_at,
        "decided_at": row.decided_at,
        "decide_until": row.decide_until if row.decided_at is None else None,
    }


def offender_contacts(row: Violation) -> Sequence[Contact]:
    """Returns the offender as a contact; nobody without a mobile."""
    offender = row.offender or {}
    if not offender.get("mobile"):
        return []
    return [
        Contact(
            role="owner",
            mobile=offender["mobile"],
            language=offender.get("language", "ar"),
            confirmed=offender.get("confirmed", True),
        )
    ]


def _due_day(row: Violation) -> date | None:
    """Returns the last day of the step that waits: the offender's day to correct counts only while he is warned."""
    return row.until or (row.correct_until if row.status == Status.WARNED else None)


def _inquiry(row: Violation, objection: Objection | None) -> Inquiry:
    """Returns the facts of the inquiry. Nobody finds a violation of which the offender hasn't heard: the numbers of
    violations follow each other."""
    number = row.offender_number if row.was_told else None
    by = "establishment" if (number or "").startswith("7") else "person_id"
    is_open = objection is not None and objection.decided_at is None
    decided_at = objection.decided_at if objection else None
    return Inquiry(
        kind="violation",
        number=row.violation_no,
        status=row.status,
        opened_on=legal_day(row.observed_at),
        due_on=objection.decide_until if objection and is_open else _due_day(row),
        decided_on=legal_day(decided_at) if decided_at else None,
        municipality=row.municipality,
        next_step=NEXT_STEPS[Status(row.status)],
        known=[Known(by=by, value=number)] if number else [],
        persons=[number] if number and by == "person_id" else [],
    )
