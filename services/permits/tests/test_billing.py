"""The money of a request: invoices for payments, and what its events make of the request."""

import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.context import Context
from chassis.core.refusals import IllegalTransition
from chassis.events.contacts import contacts_of
from chassis.events.invoices import invoices_of
from permits import queries
from permits.commands import bill, issue, review
from permits.consumers import HANDLERS
from permits.domain.requests import Status as RequestStatus
from permits.models import Invoice, PermitRequest

Desk = Any
Case = Any


@pytest.fixture
def deliver(context: Context[Any, Any]) -> Any:
    """Gives the consumer an event of payments about an invoice, made of the contract's example."""

    def send(kind: str, happened: str, invoice_id: str | None, **changes: Any) -> None:
        event_type = f"sa.gov.qatif.payments.{kind}.{happened}.v1"
        example = contracts.event_example(event_type)
        data = {**example, "invoice_id": invoice_id, "service": "permits", **changes}
        event = Received(
            id=str(uuid4()),
            type=event_type,
            subject=data[f"{kind}_id"],
            sequence=1,
            time=context.now,
            data=data,
        )
        HANDLERS[f"payments.{kind}"][event_type](context, event)

    return send


def invoice_of(desk: Desk, request: Any) -> Invoice:
    desk.session.flush()
    return desk.session.get_one(Invoice, request.invoice_id)  # type: ignore[no-any-return]


def happened(desk: Desk, key: str) -> list[str]:
    desk.session.flush()
    rows = desk.published(key)
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))
    return [row.happened for row in rows]


def test_payments_hears_who_pays_what_and_for_what(desk: Desk, session: Session) -> None:
    request = desk.billed()
    [event] = desk.published(request.invoice_id)

    contracts.check_event("sa.gov.qatif.permits.invoice.requested.v1", event.data)
    data = event.data
    assert data["subject"] == {
        "type": "permit_request",
        "id": request.request_id,
        "number": request.request_number,
    }
    assert (data["service"], data["amount_halalas"]) == ("permits", 74_460)
    assert data["due_on"] == request.due_on.isoformat() == "2026-12-24"
    payer = invoices_of(session).payer(request.invoice_id, data["payer"])
    assert (payer["id_type"], payer["id_number"]) == ("national_id", "1000000008")
    [told] = contacts_of(session).open(request.invoice_id, data["contacts"])
    assert (told.role, told.mobile, told.confirmed) == ("owner", "+966501234567", True)


def test_a_payer_without_a_mobile_is_told_through_the_owners(desk: Desk, session: Session) -> None:
    request = desk.approved()
    payer = {"name": "وصي تجربة", "id_type": "iqama", "id_number": "2000000006"}
    wanted = bill.PaymentRequest(payer=payer)
    bill.request_payment(desk.work, request.request_id, wanted)

    [event] = desk.published(request.invoice_id)

    assert invoices_of(session).payer(request.invoice_id, event.data["payer"]) == payer
    [told] = contacts_of(session).open(request.invoice_id, event.data["contacts"])
    assert told.mobile == "+966501234567"


def test_the_settled_bill_leads_to_the_permit(desk: Desk, deliver: Any) -> None:
    request = desk.billed()
    key = request.invoice_id

    deliver("bill", "registered", key, biller_code="901", bill_number="4482000001")
    deliver("payment", "settled", key)
    deliver("bill", "settled", key)
    deliver("payment", "settled", key)

    invoice = invoice_of(desk, request)
    assert (invoice.bill_number, invoice.biller_code, invoice.status) == (
        *("4482000001", "901", "paid"),
    )
    assert (request.status, request.due_on) == ("paid", None)
    assert happened(desk, request.request_id)[-2:] == ["billed", "paid"]
    issue.issue_permit(desk.work, request.request_id)
    assert happened(desk, request.request_id)[-1] == "issued"


@pytest.mark.parametrize("status", RequestStatus)
def test_only_a_request_that_was_billed_waits_for_money(status: RequestStatus) -> None:
    request = PermitRequest(status=status.value)

    assert bill.INVOICING.waits_for_money(request) == (status is RequestStatus.AWAITING_PAYMENT)


@pytest.mark.parametrize("owner", ["licences", None])
def test_another_services_money_pays_nothing(desk: Desk, deliver: Any, owner: str | None) -> None:
    request = desk.billed()

    deliver("payment", "settled", request.invoice_id, service=owner)
    deliver("payment", "settled", None, service=None)
    deliver("payment", "settled", str(uuid4()))
    deliver("bill", "registered", str(uuid4()))
    deliver("bill", "expired", str(uuid4()))

    assert request.status == "awaiting_payment"


@pytest.mark.parametrize("kind", ["suspended", "dismissed", "refunding", "refunded"])
def test_money_that_settles_nothing_changes_nothing(desk: Desk, deliver: Any, kind: str) -> None:
    request = desk.billed()

    deliver("payment", kind, request.invoice_id, settled_at=None)

    assert (request.status, invoice_of(desk, request).status) == ("awaiting_payment", "requested")


@pytest.mark.parametrize(
    ("how", "status", "reason", "event"),
    [
        ("expired", "expired_unpaid", "unpaid", "expired"),
        ("refused", "approved", "bill-refused", "unbilled"),
        ("cancelled", "approved", "bill-cancelled", "unbilled"),
    ],
)
def test_a_bill_that_ends_unpaid_leads_on(
    desk: Desk, deliver: Any, how: str, status: str, reason: str, event: str
) -> None:
    request = desk.billed()

    deliver("bill", how, request.invoice_id)
    deliver("bill", how, request.invoice_id)

    assert (request.status, request.reason_code) == (status, reason)
    assert invoice_of(desk, request).status == "ended"
    assert happened(desk, request.request_id)[-2:] == ["billed", event]


def test_what_the_bill_system_refused_is_billed_anew(desk: Desk, deliver: Any) -> None:
    request = desk.billed()
    first = request.invoice_id
    deliver("bill", "refused", first)

    desk.pay(desk.bill(request))

    assert (request.status, request.reason_code) == ("paid", None)
    assert request.invoice_id != first
    assert request.invoice.status == "paid"


def test_a_bill_that_is_asked_for_twice_stays(desk: Desk) -> None:
    request = desk.billed()
    first, version = request.invoice_id, request.version

    bill.request_payment(desk.work, request.request_id, bill.PaymentRequest())

    assert (request.invoice_id, request.version) == (first, version)
    assert happened(desk, first) == ["requested"]


def test_a_wrong_bill_is_withdrawn_before_another_is_asked_for(desk: Desk, deliver: Any) -> None:
    request = desk.billed()
    first = request.invoice_id

    desk.bill(request, days=31)
    deliver("bill", "cancelled", first)

    assert happened(desk, first) == ["requested", "withdrawn"]
    assert desk.published(first)[-1].data["reason"] == "billed-anew"
    assert happened(desk, request.invoice_id) == ["requested"]
    assert request.status == "awaiting_payment"


@pytest.mark.parametrize("way", ["cancel_request", "return_request"])
def test_nobody_pays_any_more_for_what_was_given_up(desk: Desk, deliver: Any, way: str) -> None:
    request = desk.billed()
    notes = {"notes": "عدلوا الارتداد"} if way == "return_request" else {}
    getattr(review, way)(desk.work, request.request_id, **notes)

    assert happened(desk, request.invoice_id) == ["requested", "withdrawn"]


def test_money_that_comes_after_the_cancellation_goes_back_once(desk: Desk, deliver: Any) -> None:
    request = desk.billed()
    review.cancel_request(desk.work, request.request_id)

    deliver("payment", "settled", request.invoice_id)
    deliver("payment", "settled", request.invoice_id)
    deliver("payment", "refunded", request.invoice_id, settled_at="2026-11-26T09:30:00Z")

    assert happened(desk, request.invoice_id) == ["requested", "withdrawn", "refund_requested"]
    assert request.status == "cancelled_by_applicant"
    assert invoice_of(desk, request).status == "refunded"


def test_an_invoice_whose_payer_is_emptied_is_withdrawn_without_a_payer(
    desk: Desk, session: Session
) -> None:
    request = desk.billed()
    invoice_of(desk, request).payer = None

    review.cancel_request(desk.work, request.request_id)

    [_, withdrawn] = desk.published(request.invoice_id)
    contracts.check_event("sa.gov.qatif.permits.invoice.withdrawn.v1", withdrawn.data)
    assert withdrawn.data["payer"] is None
    [told] = contacts_of(session).open(request.invoice_id, withdrawn.data["contacts"])
    assert told.mobile == "+966501234567"


def test_who_cancels_after_paying_gets_the_money_back(desk: Desk, deliver: Any) -> None:
    request = desk.paid()
    review.cancel_request(desk.work, request.request_id)

    assert happened(desk, request.invoice_id) == ["requested", "refund_requested"]
    asked = desk.published(request.invoice_id)[-1].data
    assert (asked["reason"], asked["amount_halalas"]) == ("request-cancelled", 74_460)
    with pytest.raises(IllegalTransition):
        issue.issue_permit(desk.work, request.request_id)


def test_money_for_a_bill_of_before_goes_back_and_the_new_one_is_still_owed(
    desk: Desk, deliver: Any
) -> None:
    request = desk.billed()
    first = request.invoice_id
    desk.bill(request, days=31)

    deliver("payment", "settled", first)

    assert request.status == "awaiting_payment"
    assert happened(desk, first)[-1] == "refund_requested"


def test_no_permit_for_money_that_went_back(desk: Desk, deliver: Any) -> None:
    request = desk.paid()

    deliver("payment", "refunded", request.invoice_id, settled_at="2026-11-26T09:30:00Z")

    assert (request.status, request.reason_code) == ("approved", "payment-refunded")
    desk.pay(desk.bill(request))
    issued = issue.issue_permit(desk.work, request.request_id)
    assert issued.status == "valid"


SETTLED_AT = "2026-11-26T09:30:00Z"


def test_no_permit_for_money_whose_refund_was_agreed(desk: Desk, deliver: Any) -> None:
    request = desk.paid()
    first = request.invoice_id

    deliver("payment", "refunding", first, settled_at=SETTLED_AT)
    with pytest.raises(IllegalTransition):
        issue.issue_permit(desk.work, request.request_id)
    deliver("payment", "refunded", first, settled_at=SETTLED_AT)

    assert (request.status, request.reason_code) == ("approved", "payment-refunding")
    assert happened(desk, request.request_id)[-2:] == ["paid", "unbilled"]
    assert happened(desk, first) == ["requested"]  # payments needs no word of ours for it
    assert invoice_of(desk, request).status == "refunded"
    desk.pay(desk.bill(request))
    issued = issue.issue_permit(desk.work, request.request_id)
    assert issued.status == "valid"


def test_a_refund_that_is_known_before_the_settlement_holds(desk: Desk, deliver: Any) -> None:
    request = desk.billed()

    deliver("payment", "refunding", request.invoice_id, settled_at=SETTLED_AT)
    deliver("payment", "settled", request.invoice_id)

    assert (request.status, request.reason_code) == ("approved", "payment-refunding")
    assert invoice_of(desk, request).status == "refunding"


def test_a_refund_of_a_bill_of_before_leaves_the_paid_one_alone(desk: Desk, deliver: Any) -> None:
    request = desk.billed()
    first = request.invoice_id
    desk.pay(desk.bill(request, days=31))

    deliver("payment", "refunding", first, settled_at=SETTLED_AT)

    assert request.status == "paid"
    assert invoice_of(desk, request).status == "paid"


@pytest.mark.parametrize("heard", [("refunding", "refunded"), ("refunded",)])
def test_a_refund_after_the_issue_stands_in_the_histories_for_people(
    desk: Desk, deliver: Any, heard: tuple[str, ...]
) -> None:
    request = desk.paid()
    permit = issue.issue_permit(desk.work, request.request_id)

    for one in heard:
        deliver("payment", one, request.invoice_id, settled_at=SETTLED_AT)

    assert (request.status, permit.status) == ("issued", "valid")
    of_both = [
        queries.history_of_request(desk.session, desk.officer, request.request_id),
        queries.history_of_permit(desk.session, desk.officer, permit.permit_id),
    ]
    told = [[one.action for one in rows].count("refund_after_issue") for rows in of_both]
    assert told[0] == 1
    assert told[1] >= 1
    assert invoice_of(desk, request).status == "refunded"


def test_the_payer_stands_sealed_in_the_table(desk: Desk, session: Session) -> None:
    request = desk.billed()
    session.flush()

    row = session.execute(
        text("SELECT i::text FROM invoice i WHERE invoice_id = :id"), {"id": request.invoice_id}
    ).scalar_one()

    assert b"1000000008".hex() not in row
    assert json.dumps("1000000008") not in row
    session.expire_all()
    assert invoice_of(desk, request).payer["id_number"] == "1000000008"
