"""Requests are taken, of workers and of delegates, for what is on today's lists; once each."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.files.attachments import Attachment
from health_certs.commands import amend, bill, decide
from health_certs.commands.recording import SYSTEM
from health_certs.commands.uniqueness import RequestOpen
from health_certs.domain.requests import EndReason, PaymentTimeOver, last_day_to_pay
from health_certs.models import Invoice
from saudi.days import midnight_after

from .conftest import LICENCE_NO
from .people import DELEGATE, HIMSELF, SHOP, STRANGER


def test_a_delegate_asks_for_a_worker_and_the_bill_follows(
    make_request: Any, session: Any, event_names: Any
) -> None:
    row = make_request()

    assert (row.status, row.municipality, row.applied_by) == (
        *("awaiting_payment", "saihat", "establishment"),
    )
    assert (row.establishment, row.licence_no, row.request_no) == (
        *(SHOP, LICENCE_NO, "1448049000001"),
    )
    assert event_names("request") == ["submitted"]
    assert event_names("invoice") == ["requested"]
    assert session.get(Invoice, row.invoice_id).amount_halalas == 10_000
    assert set(pending(session, "request", row.request_id)) == {"examination", "completion"}


def test_the_worker_asks_himself_without_an_establishment(make_request: Any, body: Any) -> None:
    row = make_request(own=HIMSELF.applicant(), establishment=None, municipality="saihat")

    assert (row.applied_by, row.establishment, row.applicant) == ("worker", None, None)
    assert row.worker["confirmed"] is True


def test_an_unpaid_bill_can_be_asked_for_again(
    make_request: Any, session: Any, event_names: Any
) -> None:

    row = make_request()
    own = DELEGATE.applicant()
    with pytest.raises(bill.BillOpen):
        amend.bill_again(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)

    bill.INVOICING.note_bill_end(
        UnitOfWork(session, SYSTEM, row.submitted_at), row.invoice_id, "expired"
    )
    amend.bill_again(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)

    assert event_names("request") == ["submitted", "billed"]
    assert event_names("invoice") == ["requested", "requested"]


def test_no_bill_is_made_that_ends_after_the_request(make_request: Any, session: Any) -> None:
    row = make_request()
    last = last_day_to_pay(row.completed_until)
    bill.INVOICING.note_bill_end(
        UnitOfWork(session, SYSTEM, row.submitted_at), row.invoice_id, "expired"
    )
    own = DELEGATE.applicant()

    late = UnitOfWork(session, DELEGATE, midnight_after(last))
    with pytest.raises(PaymentTimeOver):
        amend.bill_again(late, own, row.request_id)

    in_time = UnitOfWork(session, DELEGATE, midnight_after(last) - timedelta(seconds=1))
    assert amend.bill_again(in_time, own, row.request_id).due_on == last


def test_the_text_of_the_certificate_waits_for_no_code_of_a_worker_whose_delegate_applied(
    issued: Any, session: Any, outbox_rows: Any
) -> None:
    """A mobile that a delegate wrote isn't confirmed: its further texts of a day would wait for good."""
    issued()

    contacts = {}
    for one in outbox_rows():
        if one.topic in ("health-certs.request", "health-certs.certificate"):
            blocks = [each for each in one.envelope["data"]["contacts"] if each["role"] == "worker"]
            (worker,) = contacts_of(session).open(one.aggregate_id, blocks)
            contacts[one.topic.split(".")[1]] = worker.confirmed
    assert contacts == {"request": False, "certificate": True}


def test_a_worker_has_one_open_request_for_a_profession_and_establishment(
    make_request: Any, session: Any
) -> None:
    row = make_request()

    with pytest.raises(RequestOpen):
        make_request()
    assert make_request(profession="cleaner").request_no == "1448049000002"
    decide.end(UnitOfWork(session, DELEGATE, row.submitted_at), row, EndReason.WITHDRAWN)
    assert make_request().status == "awaiting_payment"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"profession": "engineer"}, ["profession"]),
        ({"profession": "hajj-food-worker"}, ["profession"]),
        ({"centre": "closed-centre"}, ["centre"]),
        ({"establishment": {"licence_no": "144804000099"}}, ["establishment"]),
        ({"establishment": {}}, ["establishment"]),
        (
            {"profession": "engineer", "centre": None, "photo": None},
            ["profession", "centre", "photo"],
        ),
        ({"establishment": None}, ["municipality", "worker.id_number"]),
        (
            {
                "establishment": None,
                "municipality": "saihat",
                "worker": {"id_number": "2000000007"},
            },
            ["worker.id_number", "worker.id_number"],
        ),
    ],
)
def test_what_is_not_on_todays_lists_is_a_field_at_fault(
    changes: dict[str, Any], fields: list[str], make_request: Any
) -> None:
    with pytest.raises(InvalidFields) as error:
        make_request(**changes)
    assert [fault.field for fault in error.value.faults] == fields


def test_a_suspended_licence_takes_no_workers(make_request: Any, shop: Any) -> None:
    shop.status = "suspended"

    with pytest.raises(InvalidFields):
        make_request()


def test_another_persons_photo_is_not_there(make_request: Any, photo: Any) -> None:
    with pytest.raises(NotFound):
        make_request(photo=photo(STRANGER))


def test_a_paper_is_no_photo(make_request: Any, session: Any, photo: Any) -> None:
    sent = photo(DELEGATE)
    session.get(Attachment, sent).media_type = "application/pdf"
    session.flush()

    with pytest.raises(InvalidFields):
        make_request(photo=sent)
