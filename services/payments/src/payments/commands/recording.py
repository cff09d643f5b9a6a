"""Shared by the commands: a change of a bill or of a payment, counted, journaled and published."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.data.aggregates import record_change
from chassis.events.contacts import Contact, contacts_of
from chassis.events.outbox import publish
from payments import events
from payments.models import Bill, Payment

BILL_SYSTEM = SystemActor("bill-system", "bill-system")
INVOICES = SystemActor("invoices", "payments")
CLOCK = SystemActor("clock", "payments")


def record_bill(
    session: Session,
    row: Bill,
    actor: Actor,
    action: str,
    happened: str | None,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """`happened`: the event type to publish, None for a change that nobody outside is told of."""
    record_change(session, row, actor, action, now=now, note=note, details=details)
    session.flush()
    if happened is None:
        return
    told = [Contact(**one) for one in row.contacts or []]
    sealed = contacts_of(session).seal(row.bill_id, told)
    event = events.bill_event(happened, row.record(), sealed, version=row.version, now=now)
    publish(session, event)


def record_payment(
    session: Session,
    row: Payment,
    actor: Actor,
    action: str,
    happened: str | None,
    *,
    now: datetime,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """As `record_bill`; the event names the bill that the payment is for, as far as that's known."""
    record_change(session, row, actor, action, now=now, note=note, details=details)
    session.flush()
    if happened is None:
        return
    bill = session.get(Bill, row.bill_id) if row.bill_id else None
    of_bill = bill.record() if bill else None
    event = events.payment_event(happened, row.record(), of_bill, version=row.version, now=now)
    publish(session, event)
