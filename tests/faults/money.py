"""The money of the load. Where payments doesn't run, the harness publishes what payments would say of a bill."""

import threading
from datetime import UTC, datetime

from chassis.core import contracts
from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.events.kafka import Producer, Record
from chassis.events.outbox import envelope

# What permits follows and nobody here owns.
TOPICS = ("payments.bill", "payments.payment")
TOPIC = "payments.payment"


class Money:
    """Settles invoices at the broker's own address, so that no proxy loses what the load does.

    Clients take turns: a producer that gives up its connection isn't made for several threads."""

    def __init__(self, bootstrap: str) -> None:
        self._turn = threading.Lock()
        self._producer = Producer(bootstrap, client_id="faults-money")

    def settle(self, invoice_id: str, service: str = "permits") -> bool:
        """Publishes a settlement; twice does no harm. Returns whether the broker took the record."""
        key, now = new_id(), datetime.now(UTC)
        event_type = "sa.gov.qatif.payments.payment.settled.v1"
        moment = now.isoformat().replace("+00:00", "Z")
        data = {
            **contracts.event_example(event_type),
            "payment_id": key,
            "invoice_id": invoice_id,
            "service": service,
            "paid_at": moment,
            "settled_at": moment,
        }
        event = Event(
            type=event_type, topic=TOPIC, aggregate_type="payment",
            aggregate_id=key, version=1, data=data, time=now,
        )  # fmt: skip
        with self._turn:
            [error] = self._producer.publish([Record(TOPIC, key, envelope(event, new_id(), None))])
        return error is None

    def close(self) -> None:
        self._producer.close()
