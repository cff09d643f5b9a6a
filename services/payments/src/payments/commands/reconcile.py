"""A day is reconciled: the bank's lines beside the payments that we were told of, and what has no partner is listed.

It may be done again at any time: the last result replaces the one before.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Text, cast, delete, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from payments.domain import settlement
from payments.domain.payments import Source, Status
from payments.domain.settlement import Line, Taken
from payments.models import Difference, Notice, Payment, Reconciliation, SettlementLine

_RESULT = (
    *("made_at", "made_by", "lines", "lines_halalas", "payments", "payments_halalas"),
    *("told", "matched", "differences"),
)


def settle_counter_day(work: UnitOfWork, day: date, lines: Sequence[Line]) -> Reconciliation:
    """The counters' day by the bank's file, from somebody who took none of its money. Raises InvalidFields,
    TookMoneyOfDay."""
    if _took_money(work, day):
        raise settlement.TookMoneyOfDay
    return reconcile(work, Source.COUNTER, day, lines)


def reconcile(work: UnitOfWork, source: Source, day: date, lines: Sequence[Line]) -> Reconciliation:
    """Keeps the bank's lines of a day in the place of those before, compares, and lists the differences; the journal
    keeps who did it and the sums. A payment may be settled on another day than it was made on. Raises InvalidFields
    for a day that isn't over."""
    if not settlement.is_over(day, work.now):
        raise InvalidFields.of("day", "future-day")
    _lock(work, source, day, work.actor.subject)
    _keep_lines(work.session, source, day, lines)
    named = {one.reference for one in lines}
    found = _payments(work.session, source, day, named)
    of_day = [one for one in found if one.paid_on == day]
    standing = [one for one in of_day if one.status != Status.DISMISSED]
    counted = {one.payment_id for one in standing}
    taken = _taken(
        work.session, [one for one in found if one.payment_id in counted or one.reference in named]
    )
    references = named | {one.reference for one in taken}
    earlier = _lines_of_other_days(work.session, source, day, references)
    matched, differences = settlement.compare([*earlier, *lines], taken)
    _keep_differences(work.session, source, day, differences)
    row = work.session.get_one(Reconciliation, (source.value, day), populate_existing=True)
    row.lines, row.lines_halalas = len(lines), sum(one.amount_halalas for one in lines)
    row.payments = len(standing)
    row.payments_halalas = sum(one.amount_halalas for one in standing)
    row.told = len(of_day)
    row.matched, row.differences = matched, len(differences)
    work.record_change(row, "reconcile", details=row.record())
    work.session.flush()
    return row


def _took_money(work: UnitOfWork, day: date) -> bool:
    """By the journal: the first entry of a payment is that of who entered it."""
    entered = (
        select(JournalEntry.entry_id)
        .join(Payment, cast(Payment.payment_id, Text) == JournalEntry.aggregate_id)
        .where(
            Payment.source == Source.COUNTER.value,
            Payment.paid_on == day,
            JournalEntry.aggregate_type == Payment.aggregate_type,
            JournalEntry.version == 1,
            JournalEntry.subject == work.actor.subject,
        )
    )
    return work.session.scalar(select(entered.exists())) or False


def _lock(work: UnitOfWork, source: Source, day: date, by: str) -> None:
    """The day's row, made or taken over, locked until the transaction ends."""
    empty = dict.fromkeys(_RESULT[2:], 0)
    which = {"source": source.value, "day": day, "version": 0}
    values = {**which, "made_at": work.now, "made_by": by, **empty}
    statement = upsert(Reconciliation).values(values)
    work.session.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "day"],
            set_={name: getattr(statement.excluded, name) for name in _RESULT},
        )
    )


def _keep_lines(session: Session, source: Source, day: date, lines: Sequence[Line]) -> None:
    old = (SettlementLine.source == source.value, SettlementLine.day == day)
    session.execute(delete(SettlementLine).where(*old))
    rows = [{"source": source.value, "day": day, **vars(one)} for one in lines]
    if rows:
        session.execute(insert(SettlementLine), rows)


def _payments(
    session: Session, source: Source, day: date, named: Collection[str]
) -> Sequence[Payment]:
    """All payments of the day, and those that the bank's lines name."""
    of_day_or_named = or_(Payment.paid_on == day, Payment.reference.in_(named))
    statement = select(Payment).where(Payment.source == source.value, of_day_or_named)
    return session.scalars(statement).all()


def _taken(session: Session, rows: Sequence[Payment]) -> list[Taken]:
    """What is compared: one that was dismissed never came, unless the bank has it all the same."""
    told = _notices(session, [one.payment_id for one in rows])
    return [
        Taken(
            payment_id=one.payment_id,
            reference=one.reference,
            bill_number=one.bill_number,
            amount_halalas=one.amount_halalas,
            suspended=one.status == Status.SUSPENDED,
            dismissed=one.status == Status.DISMISSED,
            told=frozenset(told[one.payment_id]),
        )
        for one in rows
    ]


def _notices(session: Session, payment_ids: list[str]) -> dict[str, set[tuple[str, int]]]:
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
    statement = (
        select(SettlementLine)
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
        for row in session.scalars(statement)
    ]


def _keep_differences(
    session: Session, source: Source, day: date, found: Sequence[settlement.Difference]
) -> None:
    old = (Difference.source == source.value, Difference.day == day)
    session.execute(delete(Difference).where(*old))
    rows = [
        {"source": source.value, "day": day, **vars(one), "kind": one.kind.value} for one in found
    ]
    if rows:
        session.execute(insert(Difference), rows)
