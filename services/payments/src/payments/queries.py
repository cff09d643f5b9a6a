"""Reads. Somebody of an affiliated municipality sees its own alone."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, undefer

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from payments.domain.access import municipality_of, require_reach
from payments.domain.payments import Source, Status
from payments.domain.settlement import MOST_DAYS_BACK, Came, Made, days_due, has_moved
from payments.models import Attempt, Bill, Decision, Difference, Payment, Reconciliation
from saudi.money import riyals

MOST = 200
MOST_DIFFERENCES = 1_000
HEADING = ("kind", "reference", "bill_number", "line_amount", "payment_amount", "payment_id")


@dataclass(frozen=True, kw_only=True)
class BillSearch:
    """Filters of the list; they combine."""

    status: str | None = None
    bill_number: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentSearch:
    """Filters of the list; they combine."""

    status: str | None = None
    refund_wanted: bool | None = None


def get_bill(session: Session, actor: Actor, bill_id: str) -> Bill:
    """With its payer. Raises NotFound."""
    row = session.get(Bill, bill_id, options=[undefer(Bill.payer)])
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def list_bills(session: Session, actor: Actor, search: BillSearch, page: PageRequest) -> Page[Bill]:
    """Newest first. Raises InvalidFields for a cursor of another search."""
    own = municipality_of(actor)
    statement: Select[Bill] = select(Bill)
    for name, value in vars(search).items():
        if value is not None:
            statement = statement.where(getattr(Bill, name) == value)
    if own is not None:
        statement = statement.where(Bill.municipality == own)
    bound = {"list": "bills", "municipality": own, **vars(search)}
    key = (Bill.created_at, Bill.bill_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def attempts_of(session: Session, bill_id: str) -> Sequence[Attempt]:
    """The last calls of the bill system, oldest first."""
    statement = (
        select(Attempt)
        .where(Attempt.bill_id == bill_id)
        .order_by(Attempt.number.desc())
        .limit(MOST)
    )
    return session.scalars(statement).all()[::-1]


def payments_of(session: Session, bill_id: str) -> Sequence[Payment]:
    """The money that came for a bill, oldest first."""
    statement = select(Payment).where(Payment.bill_id == bill_id)
    ordered = statement.order_by(Payment.received_at, Payment.payment_id).limit(MOST)
    return session.scalars(ordered).all()


def get_payment(session: Session, actor: Actor, payment_id: str) -> Payment:
    """Raises NotFound."""
    row = session.get(Payment, payment_id)
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def list_payments(
    session: Session, actor: Actor, search: PaymentSearch, page: PageRequest
) -> Page[Payment]:
    """Newest first. Raises InvalidFields for a cursor of another search."""
    own = municipality_of(actor)
    statement: Select[Payment] = select(Payment)
    if search.status is not None:
        statement = statement.where(Payment.status == search.status)
    if search.refund_wanted is not None:
        wanted = Payment.refund_wanted.is_not(None)
        statement = statement.where(wanted if search.refund_wanted else ~wanted)
    if own is not None:
        statement = statement.where(Payment.municipality == own)
    bound = {"list": "payments", "municipality": own, **vars(search)}
    key = (Payment.received_at, Payment.payment_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def decisions_of(session: Session, payment_id: str) -> Sequence[Decision]:
    """Oldest first."""
    statement = select(Decision).where(Decision.payment_id == payment_id)
    ordered = statement.order_by(Decision.proposed_at, Decision.decision_id).limit(MOST)
    return session.scalars(ordered).all()


def get_decision(session: Session, actor: Actor, decision_id: str) -> tuple[Decision, Payment]:
    """The decision and its payment. Raises NotFound."""
    row = session.get(Decision, decision_id)
    if row is None:
        raise NotFound
    return row, get_payment(session, actor, row.payment_id)


def list_decisions(
    session: Session, actor: Actor, status: str | None, page: PageRequest
) -> Page[Decision]:
    """Newest first. Raises InvalidFields for a cursor of another search."""
    own = municipality_of(actor)
    statement: Select[Decision] = select(Decision)
    if status is not None:
        statement = statement.where(Decision.status == status)
    if own is not None:
        ours = select(Payment.payment_id).where(Payment.municipality == own)
        statement = statement.where(Decision.payment_id.in_(ours))
    bound = {"list": "decisions", "municipality": own, "status": status}
    key = (Decision.proposed_at, Decision.decision_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def list_reconciliations(
    session: Session, source: str | None, page: PageRequest
) -> Page[Reconciliation]:
    """Newest day first. Raises InvalidFields for a cursor of another search."""
    statement: Select[Reconciliation] = select(Reconciliation)
    if source is not None:
        statement = statement.where(Reconciliation.source == source)
    bound = {"list": "reconciliations", "source": source}
    key = (Reconciliation.day, Reconciliation.source)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def days_unreconciled(session: Session, last: date) -> list[date]:
    """The days of the bill system up to `last` that the worker has to reconcile, or once more, the oldest first."""
    since = last - timedelta(days=MOST_DAYS_BACK - 1)
    made = _made(session, Source.SADAD, since, last)
    return days_due(last, made, _came(session, Source.SADAD, since, last))


def counter_days_open(session: Session, last: date) -> list[date]:
    """The days up to `last` on which counters took money and of which no file of the bank was compared with all of it,
    the oldest first. A year back at most."""
    since = last - timedelta(days=MOST_DAYS_BACK - 1)
    made = _made(session, Source.COUNTER, since, last)
    came = _came(session, Source.COUNTER, since, last)
    return sorted(
        day
        for day, all_of_it in came.items()
        if day not in made or has_moved(day, made[day], all_of_it)
    )


def _made(session: Session, source: Source, since: date, last: date) -> dict[date, Made]:
    statement = select(Reconciliation).where(
        Reconciliation.source == source.value, Reconciliation.day.between(since, last)
    )
    return {
        row.day: Made(at=row.made_at, came=Came(payments=row.told, standing=row.payments))
        for row in session.scalars(statement)
    }


def _came(session: Session, source: Source, since: date, last: date) -> dict[date, Came]:
    standing = func.count().filter(Payment.status != Status.DISMISSED.value)
    statement = (
        select(Payment.paid_on, func.count(), standing)
        .where(Payment.source == source.value, Payment.paid_on.between(since, last))
        .group_by(Payment.paid_on)
    )
    rows = session.execute(statement)
    return {day: Came(payments=count, standing=stands) for day, count, stands in rows}


def standing_differences(session: Session, since: date) -> dict[str, int]:
    """Source → what has no partner, of all days since then, as they were reconciled last."""
    statement = (
        select(Reconciliation.source, func.sum(Reconciliation.differences))
        .where(Reconciliation.day >= since)
        .group_by(Reconciliation.source)
    )
    found = {source: int(count) for source, count in session.execute(statement)}
    return {source.value: found.get(source.value, 0) for source in Source}


def get_reconciliation(session: Session, source: str, day: date) -> Reconciliation:
    """Raises NotFound for a day that wasn't reconciled yet."""
    row = session.get(Reconciliation, (source, day))
    if row is None:
        raise NotFound
    return row


def differences_of(
    session: Session, source: str, day: date, *, most: int | None = None
) -> Sequence[Difference]:
    """In the order of their references; all of them, or the first so many."""
    statement = (
        select(Difference)
        .where(Difference.source == source, Difference.day == day)
        .order_by(Difference.difference_id)
        .limit(most)
    )
    return session.scalars(statement).all()


def differences_csv(rows: Sequence[Difference]) -> str:
    """Returns the differences as a file. Every value is a code, a number or an amount, so that no value is a
    formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADING)
    writer.writerows(
        (
            row.kind,
            row.reference,
            row.bill_number or "",
            riyals(row.line_halalas) if row.line_halalas is not None else "",
            riyals(row.payment_halalas) if row.payment_halalas is not None else "",
            row.payment_id or "",
        )
        for row in rows
    )
    return text.getvalue()
