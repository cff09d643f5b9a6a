"""Records changes of bills and payments: counts the version, journals, publishes."""

from typing import Any

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.events.outbox import publish
from payments import events
from payments.models import Bill, Payment

BILL_SYSTEM = SystemActor("bill-system", "bill-system")
INVOICES = SystemActor("invoices", "payments")
CLOCK = SystemActor("clock", "payments")
RETENTION = SystemActor("retention", "payments")
# The events of a payment that carry the payer's contacts. The bill's event tells the payer that the bill is settled.
HEARD_BY_PAYER = frozenset({"suspended", "refund_wanted", "account_wanted", "refunded"})


def record_bill(
    work: UnitOfWork,
    row: Bill,
    action: str,
    happened: str | None,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Records a change of a bill. `happened`: the event type to publish; None publishes nothing."""
    work.record_change(row, action, note=note, details=details)
    work.session.flush()
    if happened is None:
        return
    sealed = _seal_contacts(work, row, row.bill_id)
    event = events.bill_event(
        happened, row.record(), sealed, row.lines, version=row.version, now=work.now
    )
    publish(work.session, event)


def record_payment(
    work: UnitOfWork,
    row: Payment,
    action: str,
    happened: str | None,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Records a change of a payment. The event names the payment's bill, if the bill is known."""
    work.record_change(row, action, note=note, details=details)
    work.session.flush()
    if happened is None:
        return
    bill = work.session.get(Bill, row.bill_id) if row.bill_id else None
    bill_record = bill.record() if bill else None
    heard = bill is not None and happened in HEARD_BY_PAYER
    sealed = _seal_contacts(work, bill, row.payment_id) if bill and heard else []
    event = events.payment_event(
        happened, row.record(), bill_record, sealed, version=row.version, now=work.now
    )
    publish(work.session, event)


def _seal_contacts(work: UnitOfWork, bill: Bill, subject: str) -> list[dict[str, Any]]:
    """Returns the bill's contacts, sealed for an event about `subject`."""
    contacts = [Contact(**one) for one in bill.contacts or []]
    return contacts_of(work.session).seal(subject, contacts)
