"""Reads. The staff of an affiliated municipality sees the rows of its own municipality only."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, undefer

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from payments.domain.decisions import DecisionStatus
from payments.domain.payments import (
    FOR_CLERKS,
    SECRET_PAYERS,
    Source,
    Status,
    municipality_of,
    require_reach,
)
from payments.domain.refunds import Payer
from payments.domain.settlement import (
    MOST_DAYS_BACK,
    LastReconciliation,
    PaymentCount,
    days_due,
    is_outdated,
)
from payments.models import Attempt, Bill, Decision, Difference, Payment, Reconciliation
from saudi.money import riyals

USUAL = 50
MOST = 200
MOST_DIFFERENCES = 1_000
HEADING = ("kind", "reference", "bill_number", "line_amount", "payment_amount", "payment_id")


@dataclass(frozen=True, kw_only=True)
class BillSearch:
    """Filters of the list. A row has to meet all of them."""

    status: str | None = None
    bill_number: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentSearch:
    """Filters of the list. A row has to meet all of them."""

    status: str | None = None
    refund_wanted: bool | None = None


def get_bill(session: Session, actor: Actor, bill_id: str) -> Bill:
    """Returns the bill with its payer. Raises NotFound."""
    row = session.get(Bill, bill_id, options=[undefer(Bill.payer)])
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def list_bills(session: Session, actor: Actor, search: BillSearch, page: PageRequest) -> Page[Bill]:
    """Returns a page, newest first. Raises InvalidFields for a cursor of another search."""
    only = municipality_of(actor)
    statement: Select[Bill] = select(Bill)
    for name, value in vars(search).items():
        if value is not None:
            statement = statement.where(getattr(Bill, name) == value)
    if only is not None:
        statement = statement.where(Bill.municipality == only)
    bound = {"list": "bills", "municipality": only, **vars(search)}
    key = (Bill.created_at, Bill.bill_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def search_bills(session: Session, actor: Actor, number: str, page: PageRequest) -> Page[Bill]:
    """Returns a page of the bills with this number: the payer's, the bill's, or the number of what is paid for. Newest
    first. The payer's number doesn't find a bill whose payer staff doesn't read. Raises InvalidFields for a cursor of
    another search."""
    only = municipality_of(actor)
    keys = keys_of(session).index.keys(number)
    of_payer = and_(Bill.payer_key.in_(keys), _shows_payer())
    statement = select(Bill).where(
        or_(Bill.bill_number == number, Bill.subject_number == number, of_payer)
    )
    if only is not None:
        statement = statement.where(Bill.municipality == only)
    bound = {"list": "bill-searches", "municipality": only, "number": number}
    key = (Bill.created_at, Bill.bill_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def _shows_payer() -> ColumnElement[bool]:
    """Returns the condition for bills whose payer staff reads: `shows_payer`, as SQL."""
    has_money_for_clerks = exists().where(Payment.bill_id == Bill.bill_id, _goes_back())
    return or_(Bill.subject_type.not_in(SECRET_PAYERS), has_money_for_clerks)


def attempts_of(session: Session, bill_id: str) -> Sequence[Attempt]:
    """Returns the last 200 calls of the bill system, oldest first."""
    statement = (
        select(Attempt)
        .where(Attempt.bill_id == bill_id)
        .order_by(Attempt.number.desc())
        .limit(MOST)
    )
    return session.scalars(statement).all()[::-1]


def payments_of(session: Session, bill_id: str) -> Sequence[Payment]:
    """Returns the payments of a bill, oldest first, 200 at most."""
    statement = select(Payment).where(Payment.bill_id == bill_id)
    ordered = statement.order_by(Payment.received_at, Payment.payment_id).limit(MOST)
    return session.scalars(ordered).all()


def get_payment(session: Session, actor: Actor, payment_id: str) -> Payment:
    """Returns the payment. Raises NotFound."""
    row = session.get(Payment, payment_id)
    if row is None:
        raise NotFound
    require_reach(actor, row.municipality)
    return row


def list_payments(
    session: Session, actor: Actor, search: PaymentSearch, page: PageRequest
) -> Page[Payment]:
    """Returns a page, newest first. Raises InvalidFields for a cursor of another search."""
    only = municipality_of(actor)
    statement: Select[Payment] = select(Payment)
    if search.status is not None:
        statement = statement.where(Payment.status == search.status)
    if search.refund_wanted is not None:
        wanted = Payment.refund_wanted.is_not(None)
        statement = statement.where(wanted if search.refund_wanted else ~wanted)
    if only is not None:
        statement = statement.where(Payment.municipality == only)
    bound = {"list": "payments", "municipality": only, **vars(search)}
    key = (Payment.received_at, Payment.payment_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def payments_by_id(session: Session, payment_ids: Sequence[str]) -> dict[str, Payment]:
    statement = select(Payment).where(Payment.payment_id.in_(payment_ids))
    return {row.payment_id: row for row in session.scalars(statement)}


def decisions_of(session: Session, payment_id: str) -> Sequence[Decision]:
    """Returns the decisions of a payment, oldest first, 200 at most."""
    statement = select(Decision).where(Decision.payment_id == payment_id)
    ordered = statement.order_by(Decision.proposed_at, Decision.decision_id).limit(MOST)
    return session.scalars(ordered).all()


def get_decision(session: Session, actor: Actor, decision_id: str) -> tuple[Decision, Payment]:
    """Returns the decision and its payment. Raises NotFound."""
    row = session.get(Decision, decision_id)
    if row is None:
        raise NotFound
    return row, get_payment(session, actor, row.payment_id)


def list_my_refunds(session: Session, payer: Payer, page: PageRequest) -> Page[Payment]:
    """Returns a page of the payer's money that settled nothing, is to go back, or went back, newest first. Raises
    InvalidFields for a cursor of another search."""
    statement = select(Payment).where(_is_refund_of(session, payer))
    key = (Payment.received_at, Payment.payment_id)
    return keyset(session, statement, key, page, search="my-refunds", newest_first=True)


def my_refund(session: Session, payer: Payer, payment_id: str) -> Payment:
    """Returns the payment. Raises NotFound for another payer's, and for money that doesn't go back."""
    statement = select(Payment).where(
        Payment.payment_id == payment_id, _is_refund_of(session, payer)
    )
    row = session.scalar(statement)
    if row is None:
        raise NotFound
    return row


def _is_refund_of(session: Session, payer: Payer) -> ColumnElement[bool]:
    """Returns the condition for the payer's money that goes back: `goes_back`, as SQL. Money of no known bill has no
    known payer."""
    index = keys_of(session).index
    keys = [key for number in payer.numbers for key in index.keys(number)]
    bills = select(Bill.bill_id).where(Bill.payer_key.in_(keys))
    return and_(Payment.bill_id.in_(bills), _goes_back())


def _goes_back() -> ColumnElement[bool]:
    return or_(Payment.status.in_(FOR_CLERKS), Payment.refund_wanted.is_not(None))


def is_refund_due() -> ColumnElement[bool]:
    """Returns the condition for money whose refund is wanted or agreed to, or whose transfer the bank has returned."""
    return or_(
        Payment.status == Status.REFUNDING.value,
        Payment.refund_wanted.is_not(None),
        Payment.transfer_returned_at.is_not(None),
    )


def may_go_back() -> ColumnElement[bool]:
    """Returns the condition for money that may still go back to its payer, or about which a proposal is open."""
    is_proposed = exists().where(
        Decision.payment_id == Payment.payment_id, Decision.status == DecisionStatus.PROPOSED.value
    )
    return or_(Payment.status == Status.SUSPENDED.value, is_refund_due(), is_proposed)


def bills_with_payers(session: Session, rows: Sequence[Payment]) -> dict[str, Bill]:
    """Returns the bills of the payments by their ids, with their payers."""
    bill_ids = {row.bill_id for row in rows}
    statement = select(Bill).where(Bill.bill_id.in_(bill_ids)).options(undefer(Bill.payer))
    return {bill.bill_id: bill for bill in session.scalars(statement)}


def unreplaced_decisions(session: Session, rows: Sequence[Payment]) -> dict[str, list[Decision]]:
    """Returns the decisions of each payment but those that another one has replaced."""
    statement = select(Decision).where(
        Decision.payment_id.in_([row.payment_id for row in rows]),
        Decision.status != DecisionStatus.REPLACED.value,
    )
    found: dict[str, list[Decision]] = {row.payment_id: [] for row in rows}
    for decision in session.scalars(statement):
        found[decision.payment_id].append(decision)
    return found


def list_decisions(
    session: Session, actor: Actor, status: str | None, page: PageRequest
) -> Page[Decision]:
    """Returns a page, newest first. Raises InvalidFields for a cursor of another search."""
    only = municipality_of(actor)
    statement: Select[Decision] = select(Decision)
    if status is not None:
        statement = statement.where(Decision.status == status)
    if only is not None:
        of_municipality = select(Payment.payment_id).where(Payment.municipality == only)
        statement = statement.where(Decision.payment_id.in_(of_municipality))
    bound = {"list": "decisions", "municipality": only, "status": status}
    key = (Decision.proposed_at, Decision.decision_id)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def list_reconciliations(
    session: Session, source: str | None, page: PageRequest
) -> Page[Reconciliation]:
    """Returns a page, newest day first. Raises InvalidFields for a cursor of another search."""
    statement: Select[Reconciliation] = select(Reconciliation)
    if source is not None:
        statement = statement.where(Reconciliation.source == source)
    bound = {"list": "reconciliations", "source": source}
    key = (Reconciliation.day, Reconciliation.source)
    return keyset(session, statement, key, page, search=bound, newest_first=True)


def list_unreconciled_days(session: Session, last: date) -> list[date]:
    """Returns the days up to `last` that the worker has to reconcile with the bill system, oldest first."""
    since = last - timedelta(days=MOST_DAYS_BACK - 1)
    reconciled = _last_reconciliations(session, Source.SADAD, since, last)
    return days_due(last, reconciled, _count_payments(session, Source.SADAD, since, last))


def list_open_counter_days(session: Session, last: date) -> list[date]:
    """Returns the days up to `last` whose counter payments weren't all compared with a file of the bank, oldest first,
    a year back at most."""
    since = last - timedelta(days=MOST_DAYS_BACK - 1)
    reconciled = _last_reconciliations(session, Source.COUNTER, since, last)
    counts = _count_payments(session, Source.COUNTER, since, last)
    return sorted(
        day
        for day, count in counts.items()
        if day not in reconciled or is_outdated(day, reconciled[day], count)
    )


def _last_reconciliations(
    session: Session, source: Source, since: date, last: date
) -> dict[date, LastReconciliation]:
    statement = select(Reconciliation).where(
        Reconciliation.source == source.value, Reconciliation.day.between(since, last)
    )
    return {
        row.day: LastReconciliation(
            at=row.made_at, count=PaymentCount(payments=row.told, standing=row.payments)
        )
        for row in session.scalars(statement)
    }


def _count_payments(
    session: Session, source: Source, since: date, last: date
) -> dict[date, PaymentCount]:
    standing = func.count().filter(Payment.status != Status.DISMISSED.value)
    statement = (
        select(Payment.paid_on, func.count(), standing)
        .where(Payment.source == source.value, Payment.paid_on.between(since, last))
        .group_by(Payment.paid_on)
    )
    rows = session.execute(statement)
    return {day: PaymentCount(payments=count, standing=stands) for day, count, stands in rows}


def count_differences(session: Session, since: date) -> dict[str, int]:
    """Returns the differences by source, of all days since `since`, as the days were reconciled last."""
    statement = (
        select(Reconciliation.source, func.sum(Reconciliation.differences))
        .where(Reconciliation.day >= since)
        .group_by(Reconciliation.source)
    )
    found = {source: int(count) for source, count in session.execute(statement)}
    return {source.value: found.get(source.value, 0) for source in Source}


def get_reconciliation(session: Session, source: str, day: date) -> Reconciliation:
    """Returns the reconciliation. Raises NotFound for a day that wasn't reconciled yet."""
    row = session.get(Reconciliation, (source, day))
    if row is None:
        raise NotFound
    return row


def differences_of(
    session: Session, source: str, day: date, *, most: int | None = None
) -> Sequence[Difference]:
    """Returns the differences in the order of their references: all, or the first `most`."""
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
