"""Builds the events of bills and payments from their records. An event carries the whole public state."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event

_BILL_FIELDS = ("bill_id", "invoice_id", "service", "subject", "municipality", "bill_number")
Record = Mapping[str, Any]


def bill_event(
    happened: str,
    record: Record,
    contacts: Sequence[Record],
    lines: Sequence[Record],
    *,
    version: int,
    now: datetime,
) -> Event:
    """Builds an event of payments.bill. `happened`: the verb of its type; `contacts`: sealed for the bill;
    `lines`: the invoice's."""
    return Event(
        type=f"sa.gov.qatif.payments.bill.{happened}.v1",
        topic="payments.bill",
        aggregate_type="bill",
        aggregate_id=record["bill_id"],
        version=version,
        data={**record, "lines": list(lines), "contacts": list(contacts)},
        time=now,
    )


def payment_event(
    happened: str,
    record: Record,
    bill: Record | None,
    contacts: Sequence[Record],
    *,
    version: int,
    now: datetime,
) -> Event:
    """Builds an event of payments.payment. `happened`: the verb of its type; `bill`: the record of the payment's bill,
    None when no bill is known; `contacts`: sealed for the payment."""
    bill_fields = {name: bill[name] if bill else None for name in _BILL_FIELDS}
    return Event(
        type=f"sa.gov.qatif.payments.payment.{happened}.v1",
        topic="payments.payment",
        aggregate_type="payment",
        aggregate_id=record["payment_id"],
        version=version,
        data={**record, **bill_fields, "contacts": list(contacts)},
        time=now,
    )
