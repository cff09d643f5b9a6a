"""An event of another service takes effect once, whatever comes again or late; money of others is none of ours."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.aggregates import history
from chassis.data.unit_of_work import UnitOfWork
from health_certs.api.views import request_view
from health_certs.commands import amend
from health_certs.consumers import HANDLERS
from health_certs.models import Certificate, Invoice, KnownApplication, KnownLicence

from .people import DELEGATE

LICENCE = "sa.gov.qatif.licences.licence.issued.v1"
APPLICATION = "sa.gov.qatif.licences.application.waiting.v1"
PAID = "sa.gov.qatif.payments.payment.settled.v1"
TOPIC_OF = {kind: topic for topic, kinds in HANDLERS.items() for kind in kinds}


def deliver(context: Any, kind: str, sequence: int = 1, **changes: Any) -> None:
    data = {**contracts.event_example(kind), **changes}
    handler: Any = HANDLERS[TOPIC_OF[kind]][kind]
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


def test_it_is_known_which_licence_took_anothers_place(context: Any) -> None:
    deliver(context, LICENCE, status="cancelled", replaced_by="144804000033")

    (known,) = context.session.query(KnownLicence).all()
    assert (known.status, known.replaced_by) == ("cancelled", "144804000033")


def test_every_event_of_a_topic_is_taken(context: Any) -> None:
    for kind in TOPIC_OF:
        deliver(context, kind, invoice_id=new_id()) if "payments" in kind else deliver(
            context, kind
        )


def test_money_settles_once(context: Any, make_request: Any, event_names: Any) -> None:
    row = make_request()

    for _ in range(2):
        deliver(context, PAID, invoice_id=row.invoice_id, service="health-certs")

    assert row.status == "awaiting_examination"
    assert event_names("request") == ["submitted", "moved"]
    assert event_names("invoice") == ["requested"]


def test_money_of_another_service_is_none_of_ours(context: Any, make_request: Any) -> None:
    row = make_request()

    deliver(context, PAID, invoice_id=row.invoice_id, service="permits")

    assert row.payment is None


def test_a_bill_gets_its_number_and_may_end(context: Any, make_request: Any) -> None:
    row = make_request()
    bill = "sa.gov.qatif.payments.bill"

    deliver(context, f"{bill}.registered.v1", invoice_id=row.invoice_id, bill_number="90200000017")
    deliver(context, f"{bill}.expired.v1", invoice_id=row.invoice_id, status="expired")

    invoice = context.session.get(Invoice, row.invoice_id)
    assert (invoice.bill_number, invoice.status) == ("90200000017", "ended")
    assert row.ended_at is None


def goes_back(context: Any, invoice_id: str, happened: str = "refunding", **changes: Any) -> None:
    """Payments has agreed to a refund of what had settled the invoice; or it was paid out."""
    kind = f"sa.gov.qatif.payments.payment.{happened}.v1"
    data = {"service": "health-certs", "settled_at": "2026-11-26T09:30:00Z", **changes}
    deliver(context, kind, invoice_id=invoice_id, **data)


@pytest.mark.parametrize("heard", [("refunding", "refunded"), ("refunded", "refunding")])
def test_a_request_whose_money_goes_back_waits_for_another_bill(
    context: Any, make_request: Any, pays: Any, enters: Any, event_names: Any, now: Any, heard: Any
) -> None:
    row, session = make_request(), context.session
    pays(row)
    first = row.invoice_id

    for one in heard:
        goes_back(context, first, one)
    deliver(context, PAID, invoice_id=first, service="health-certs")
    enters(row, "fit")

    assert (row.status, row.certificate_id) == ("awaiting_payment", None)
    assert session.get(Invoice, first).status == "refunded"
    assert event_names("request") == ["submitted", "moved", "moved"]
    amend.bill_again(UnitOfWork(session, DELEGATE, now), DELEGATE.applicant(), row.request_id)
    pays(row)
    assert row.status == "issued"


def test_a_certificate_whose_fee_goes_back_stays_and_the_fee_shows_as_returned(
    context: Any, make_request: Any, pays: Any, enters: Any
) -> None:
    row, session = make_request(), context.session
    pays(row)
    enters(row, "fit")
    assert request_view(row)["fee_returned"] is False

    goes_back(context, row.invoice_id)
    goes_back(context, row.invoice_id, "refunded")

    certificate = session.get(Certificate, row.certificate_id)
    assert (row.status, certificate.status) == ("issued", "valid")
    assert request_view(row)["fee_returned"] is True
    session.flush()
    for one in (row, certificate):
        rows = history(session, (one.aggregate_type, one.aggregate_id))
        assert [entry.action for entry in rows].count("refund-after-issue") == 1


@pytest.mark.parametrize("changes", [{"settled_at": None}, {"service": "permits"}])
def test_a_refund_of_what_settled_nothing_of_ours_changes_nothing(
    context: Any, make_request: Any, pays: Any, changes: Any
) -> None:
    row = make_request()
    pays(row)

    goes_back(context, row.invoice_id, **changes)

    assert row.status == "awaiting_examination"
