"""An event of another service takes effect once, whatever comes again or late; money of others is none of ours."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.service import Alone
from health_certs.consumers import HANDLERS
from health_certs.models import Invoice, KnownApplication, KnownLicence

LICENCE = "sa.gov.qatif.licences.licence.issued.v1"
APPLICATION = "sa.gov.qatif.licences.application.waiting.v1"
PAID = "sa.gov.qatif.payments.payment.settled.v1"
TOPIC_OF = {kind: topic for topic, kinds in HANDLERS.items() for kind in kinds}


def deliver(context: Any, kind: str, sequence: int = 1, **changes: Any) -> None:
    data = {**contracts.read(f"examples/{contracts.event_file(kind)}.full.json"), **changes}
    handler: Any = HANDLERS[TOPIC_OF[kind]][kind]
    handler = handler.handler if isinstance(handler, Alone) else handler
    event = Received(
        id=new_id(),
        type=kind,
        subject="01937c5e-8f00-7a11-8c2e-000000000001",
        sequence=sequence,
        time=datetime.now(UTC),
        data=data,
    )
    handler(context, event)


@pytest.mark.parametrize(
    ("kind", "model"), [(LICENCE, KnownLicence), (APPLICATION, KnownApplication)]
)
def test_the_newest_version_stays_though_an_older_event_comes_later(
    context: Any, kind: str, model: Any
) -> None:
    for sequence, status in ((1, "waiting"), (3, "valid"), (2, "suspended"), (3, "waiting")):
        deliver(context, kind, sequence, status=status)

    (known,) = context.session.query(model).all()
    assert (known.version, known.status) == (3, "valid")


def test_every_event_of_a_topic_is_taken(context: Any) -> None:
    for kind in TOPIC_OF:
        deliver(context, kind, invoice_id=new_id()) if "payments" in kind else deliver(
            context, kind
        )


def test_money_settles_once(context: Any, asked: Any, told: Any) -> None:
    row = asked()

    for _ in range(2):
        deliver(context, PAID, invoice_id=row.invoice_id, service="health-certs")

    assert row.status == "awaiting_examination"
    assert told("request") == ["submitted", "moved"]
    assert told("invoice") == ["requested"]


def test_money_of_another_service_is_none_of_ours(context: Any, asked: Any) -> None:
    row = asked()

    deliver(context, PAID, invoice_id=row.invoice_id, service="permits")

    assert row.payment is None


def test_a_bill_gets_its_number_and_may_end(context: Any, asked: Any) -> None:
    row = asked()
    bill = "sa.gov.qatif.payments.bill"

    deliver(context, f"{bill}.registered.v1", invoice_id=row.invoice_id, bill_number="90200000017")
    deliver(context, f"{bill}.expired.v1", invoice_id=row.invoice_id, status="expired")

    invoice = context.session.get(Invoice, row.invoice_id)
    assert (invoice.bill_number, invoice.status) == ("90200000017", "ended")
    assert row.ended_at is None
