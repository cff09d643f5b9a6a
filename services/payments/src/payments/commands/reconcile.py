"""Reconciles a day: compares the bank's lines with the payments of the notices, and lists the differences.

A day may be reconciled again at any time. The last result replaces the result before.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, Text, and_, cast, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import JournalEntry
from chassis.data.lock_order import note_lock
from chassis.data.unit_of_work import UnitOfWork
from payments.domain import settlement
from payments.domain.payments import Source, Status
from payments.domain.settlement import ComparedPayment, Line
from payments.models import Difference, Notice, Payment, Reconciliation, SettlementLine

_RESULT = (
    *("made_at", "made_by", "lines", "lines_halalas", "payments", "payments_halalas"),
    *("told", "matched", "differences"),
)


def settle_counter_day(work: UnitOfWork, day: date, lines: Sequence[Line]) -> Reconciliation:
    """Reconciles the counters' day with the bank's file. Raises InvalidFields, and TookMoneyOfDay for a person who took
    any of the money that is compared: money of the day, and money that the file or the file before names."""
    _lock_ended_day(work, Source.COUNTER, day)
    named = {one.reference for one in lines} | _references_of(work.session, day)
    compared = _compare_day(work, Source.COUNTER, day, lines)
    if _took_money(
        work, day, named
    ):  # asked last: what was taken meanwhile may be among the compared
        raise settlement.TookMoneyOfDay
    return compared


def reconcile(work: UnitOfWork, source: Source, day: date, lines: Sequence[Line]) -> Reconciliation:
    """Stores the bank's lines of a day in place of the lines before, compares, and stores the differences.

    The journal keeps the person and the sums. The bank may settle a payment on another day than the day of payment, so
    the payments that the lines name are compared too. Raises InvalidFields for a day that isn't over.
    """
    _lock_ended_day(work, source, day)
    return _compare_day(work, source, day, lines)


def _compare_day(
    work: UnitOfWork, source: Source, day: date, lines: Sequence[Line]
) -> Reconciliation:
    _replace_lines(work.session, source, day, lines)
    named = {one.reference for one in lines}
    payments = _lock_payments_to_compare(work, source, day, named)
    of_day = [one for one in payments if one.paid_on == day]
    standing = [one for one in of_day if one.status != Status.DISMISSED]
    standing_ids = {one.payment_id for one in standing}
    # A dismissed payment never arrived, unless the bank has it all the same.
    compared = _with_notices(
        work.session,
        [one for one in payments if one.payment_id in standing_ids or one.reference in named],
    )
    references = named | {one.reference for one in compared}
    earlier = _lines_of_other_days(work.session, source, day, references)
    matched, differences = settlement.compare([*earlier, *lines], compared)
    _replace_differences(work.session, source, day, differences)
    row = work.session.get_one(Reconciliation, (source.value, day), populate_existing=True)
    row.lines, row.lines_halalas = len(lines), sum(one.amount_halalas for one in lines)
    row.payments = len(standing)
    row.payments_halalas = sum(one.amount_halalas for one in standing)
    row.told = len(of_day)
    row.matched, row.differences = matched, len(differences)
    work.record_change(row, "reconcile", details=row.record())
    work.session.flush()
    return row


def _references_of(session: Session, day: date) -> set[str]:
    """Returns the references of the counter's lines of the day, which another file replaces."""
    lines = select(SettlementLine.reference).where(
        SettlementLine.source == Source.COUNTER.value, SettlementLine.day == day
    )
    return set(session.scalars(lines))


def _took_money(work: UnitOfWork, day: date, references: Collection[str]) -> bool:
    """Returns whether the actor entered a payment of the day or one of these payments."""
    compared = or_(Payment.paid_on == day, Payment.reference.in_(references))
    entered = _entries_of_counter_payments().where(
        compared, JournalEntry.subject == work.actor.subject
    )
    return work.session.scalar(select(entered.exists())) or False


def _entries_of_counter_payments() -> Select[str, str]:
    """Returns references and people: the first journal entry of a payment names the person who entered the payment."""
    return (
        select(Payment.reference, JournalEntry.subject)
        .join(JournalEntry, cast(Payment.payment_id, Text) == JournalEntry.aggregate_id)
        .where(
            Payment.source == Source.COUNTER.value,
            JournalEntry.aggregate_type == Payment.aggregate_type,
            JournalEntry.version == 1,
        )
    )


def _lock_ended_day(work: UnitOfWork, source: Source, day: date) -> None:
    """Inserts or updates the day's row, which locks the row until the transaction ends. Raises InvalidFields."""
    if not settlement.is_over(day, work.now):
        raise InvalidFields.of("day", "future-day")
    note_lock(work.session, Reconciliation.__tablename__)
    empty = dict.fromkeys(_RESULT[2:], 0)
    which = {"source": source.value, "day": day, "version": 0}
    values = {**which, "made_at": work.now, "made_by": work.actor.subject, **empty}
    statement = upsert(Reconciliation).values(values)
    work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "day"],
            set_={name: getattr(statement.excluded, name) for name in _RESULT},
        )
    )


def _replace_lines(session: Session, source: Source, day: date, lines: Sequence[Line]) -> None:
    old = (SettlementLine.source == source.value, SettlementLine.day == day)
    session.execute(delete(SettlementLine).where(*old))
    rows = [{"source": source.value, "day": day, **vars(one)} for one in lines]
    if rows:
        session.execute(insert(SettlementLine), rows)


def _lock_payments_to_compare(
    work: UnitOfWork, source: Source, day: date, named: Collection[str]
) -> Sequence[Payment]:
    """Returns the payments of the day, and the payments that the bank's lines name. They stay locked: a payment that
    is dismissed meanwhile is compared as dismissed, or its dismissal reads these lines."""
    of_day_or_named = or_(Payment.paid_on == day, Payment.reference.in_(named))
    return work.lock_where(Payment, and_(Payment.source == source.value, of_day_or_named))


def _with_notices(session: Session, rows: Sequence[Payment]) -> list[ComparedPayment]:
    notices = _notices_of(session, [one.payment_id for one in rows])
    return [
        ComparedPayment(
            payment_id=one.payment_id,
            reference=one.reference,
            bill_number=one.bill_number,
            amount_halalas=one.amount_halalas,
            suspended=one.status == Status.SUSPENDED,
            dismissed=one.status == Status.DISMISSED,
            notices=frozenset(notices[one.payment_id]),
        )
        for one in rows
    ]


def _notices_of(session: Session, payment_ids: list[str]) -> dict[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    statement = select(Notice.payment_id, Notice.bill_number, Notice.amount_halalas)
    for key, number, halalas in session.execute(
        statement.where(Notice.payment_id.in_(payment_ids))
    ):
        found[key].add((number, halalas))
    return found


def _lines_of_other_days(
    session: Session, source: Source, day: date, references: set[str]
) -> list[Line]:
    """Returns the lines of other days that name these payments. Leaves out a line that the person uploaded who took the
    payment afterwards: he could name his next receipts in the file of an older day."""
    takers: set[tuple[str, str]] = set()
    if source is Source.COUNTER:
        entries = _entries_of_counter_payments().where(Payment.reference.in_(references))
        takers = {(reference, subject) for reference, subject in session.execute(entries)}
    statement = (
        select(SettlementLine, Reconciliation.made_by)
        .join(
            Reconciliation,
            (Reconciliation.source == SettlementLine.source)
            & (Reconciliation.day == SettlementLine.day),
        )
        .where(
            SettlementLine.source == source.value,
            SettlementLine.day != day,
            SettlementLine.reference.in_(references),
        )
        .order_by(SettlementLine.day, SettlementLine.line_id)
    )
    return [
        Line(
            line_id=row.line_id,
            reference=row.reference,
            bill_number=row.bill_number,
            amount_halalas=row.amount_halalas,
        )
        for row, made_by in session.execute(statement)
        if (row.reference, made_by) not in takers
    ]


def _replace_differences(
    session: Session, source: Source, day: date, found: Sequence[settlement.Difference]
) -> None:
    old = (Difference.source == source.value, Difference.day == day)
    session.execute(delete(Difference).where(*old))
    rows = [
        {"source": source.value, "day": day, **vars(one), "kind": one.kind.value} for one in found
    ]
    if rows:
        session.execute(insert(Difference), rows)
