"""Violations: for the staff of their municipality, and for an inquirer who knows number and offender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, Select, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from chassis.files.attachments import Attachment, attachments_of
from invoicing.rules import Status as InvoiceStatus
from licences.domain.actors import (
    municipality_bound,
    require_access,
    require_municipality,
)
from licences.domain.violations import NUMBER_BRANCH, OBJECTION_FILES, PAYABLE, VIOLATION_FILES
from licences.models import FineInvoice, Objection, Violation


@dataclass(frozen=True, kw_only=True)
class ViolationSearch:
    """Filters of the list; they combine. `overdue`: an objection isn't decided in time, an inspector has to look
    again, or the bill system refused the bill of a fine that is owed."""

    status: str | None = None
    municipality: str | None = None
    item: str | None = None
    licence_no: str | None = None
    establishment: str | None = None
    overdue: bool | None = None


class NotMatched(NotFound):
    """No violation has this number and this offender."""

    problem = "violation-not-matched"


def get_violation(session: Session, actor: Actor, violation_id: str) -> Violation:
    """Returns one. Raises NotFound, also for another municipality's violation."""
    row = session.get(Violation, violation_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def files_of_violation(session: Session, violation_id: str) -> list[Attachment]:
    """Returns the inspector's pictures, then the papers of the objection."""
    return [
        file
        for owner in (VIOLATION_FILES, OBJECTION_FILES)
        for file in attachments_of(session, owner, [violation_id])
    ]


def file_of_violation(session: Session, row: Violation, attachment_id: str) -> Attachment:
    """Returns one of the violation's files. Raises NotFound."""
    for file in files_of_violation(session, row.violation_id):
        if file.attachment_id == attachment_id:
            return file
    raise NotFound


def objections_of(session: Session, rows: Sequence[Violation]) -> Mapping[str, Objection]:
    """Returns violation → objection for a page, in one statement."""
    ids = [row.violation_id for row in rows]
    found = session.scalars(select(Objection).where(Objection.violation_id.in_(ids)))
    return {one.violation_id: one for one in found}


def refunds_of(session: Session, rows: Sequence[Violation]) -> Mapping[str, list[FineInvoice]]:
    """Returns violation → the invoices whose money goes back or went back, for a page, in one statement."""
    ids = [row.violation_id for row in rows]
    goes_back = (InvoiceStatus.REFUND_REQUESTED, InvoiceStatus.REFUNDING, InvoiceStatus.REFUNDED)
    statement = select(FineInvoice).where(
        FineInvoice.violation_id.in_(ids), FineInvoice.status.in_(goes_back)
    )
    found: dict[str, list[FineInvoice]] = {one: [] for one in ids}
    for invoice in session.scalars(statement.order_by(FineInvoice.invoice_id)):
        found[invoice.violation_id].append(invoice)
    return found


def has_open_bill(session: Session, row: Violation) -> bool:
    """Returns whether the fine has a bill that can be paid, or a bill on its way."""
    invoice = session.get(FineInvoice, row.invoice_id) if row.invoice_id else None
    return invoice is not None and invoice.status == InvoiceStatus.REQUESTED


def withdrawn_bill_of(session: Session, row: Violation) -> dict[str, str] | None:
    """Returns the numbers of the fine's last bill if that bill was withdrawn: for an open objection or lawsuit, or for
    good. None for a bill that never had numbers."""
    invoice = session.get(FineInvoice, row.invoice_id) if row.invoice_id else None
    if invoice is None or invoice.status != InvoiceStatus.WITHDRAWN:
        return None
    return invoice.bill


def list_violations(
    session: Session, actor: Actor, search: ViolationSearch, page: PageRequest
) -> Page[Violation]:
    """Returns a page, newest first. Raises InvalidFields for another municipality, or a cursor of another search."""
    if search.municipality is None:
        search = replace(search, municipality=municipality_bound(actor))
    else:
        require_municipality(actor, search.municipality)
    key = (Violation.observed_at, Violation.violation_id)
    return keyset(session, _filtered(search), key, page, search=search, newest_first=True)


def _filtered(search: ViolationSearch) -> Select[Violation]:
    statement: Select[Any] = select(Violation)
    for name in ("status", "municipality", "item", "licence_no", "establishment"):
        if (value := getattr(search, name)) is not None:
            statement = statement.where(getattr(Violation, name) == value)
    if search.overdue is not None:
        open_and_late = select(Objection.violation_id).where(
            Objection.overdue, Objection.decided_at.is_(None)
        )
        refused = select(FineInvoice.invoice_id).where(
            FineInvoice.invoice_id == Violation.invoice_id,
            FineInvoice.status == InvoiceStatus.ENDED,
        )
        late = Violation.ended_at.is_(None) & or_(
            Violation.seen_again_from.is_not(None),
            Violation.violation_id.in_(open_and_late),
            Violation.status.in_(PAYABLE) & refused.exists(),
        )
        statement = statement.where(late if search.overdue else ~late)
    return statement


def history_of_violation(
    session: Session, actor: Actor, violation_id: str
) -> Sequence[JournalEntry]:
    """Returns the journal, oldest first. Raises NotFound."""
    get_violation(session, actor, violation_id)
    return history(session, (Violation.aggregate_type, violation_id))


def violation_for_inquirer(session: Session, number: str, offender_number: str) -> Violation:
    """Returns the violation of a number and its offender's number, in one statement, whichever number is wrong.
    Raises NotMatched, also for a violation that the offender hasn't heard of."""
    keys = keys_of(session).index.keys(offender_number)
    asked = Violation.violation_no == number, Violation.offender_key.in_(keys)
    row = session.scalar(select(Violation).where(*asked, Violation.told_ones()))
    if row is None:
        raise NotMatched
    return row


def numbered_violations() -> Select[str, int, int]:
    """Selects branch, Hijri year and serial of every violation, for `licences numbers check`."""
    year, serial = (
        cast(func.substr(Violation.violation_no, *part), Integer) for part in ((1, 4), (5,))
    )
    return select(
        literal(NUMBER_BRANCH).label("branch"), year.label("year"), serial.label("number")
    )
