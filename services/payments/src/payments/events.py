"""What is published of bills and payments: their whole public state, built from their records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.core.cloudevents import Event

_OF_THE_BILL = ("bill_id", "invoice_id", "service", "subject", "municipality")
Record = Mapping[str, Any]


def bill_event(
    happened: str, record: Record, contacts: Sequence[Record], *, version: int, now: datetime
) -> Event:
    """`happened` is the past participle of a type of payments.bill; `contacts` are sealed for the bill."""
    return Event(
        type=f"sa.gov.qatif.payments.bill.{happened}.v1",
        topic="payments.bill",
        aggregate_type="bill",
        aggregate_id=record["bill_id"],
        version=version,
        data={**record, "contacts": list(contacts)},
        time=now,
    )


def payment_event(
    happened: str, record: Record, bill: Record | None, *, version: int, now: datetime
) -> Event:
    """`happened` is the past participle of a type of payments.payment; `bill` is the record of the bill that the money
    is for, None where nobody knows."""
    of_the_bill = {name: bill[name] if bill else None for name in _OF_THE_BILL}
    return Event(
        type=f"sa.gov.qatif.payments.payment.{happened}.v1",
        topic="payments.payment",
        aggregate_type="payment",
        aggregate_id=record["payment_id"],
        version=version,
        data={**record, **of_the_bill},
        time=now,
    )
