"""Requests are taken, of workers and of delegates, for what is on today's lists; once each."""

from typing import Any

import pytest

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment
from health_certs.commands import amend, bill, decide
from health_certs.commands.recording import SYSTEM
from health_certs.commands.uniqueness import RequestOpen
from health_certs.domain.requests import EndReason
from health_certs.models import Invoice

from .conftest import LICENCE_NO
from .people import DELEGATE, HIMSELF, SHOP, STRANGER


def test_a_delegate_asks_for_a_worker_and_the_bill_follows(
    asked: Any, session: Any, told: Any
) -> None:
    row = asked()

    assert (row.status, row.municipality, row.applied_by) == (
        *("awaiting_payment", "saihat", "establishment"),
    )
    assert (row.establishment, row.licence_no, row.request_no) == (
        *(SHOP, LICENCE_NO, "1448049000001"),
    )
    assert told("request") == ["submitted"]
    assert told("invoice") == ["requested"]
    assert session.get(Invoice, row.invoice_id).amount_halalas == 10_000
    assert set(pending(session, "request", row.request_id)) == {"examination", "completion"}


def test_the_worker_asks_himself_without_an_establishment(asked: Any, body: Any) -> None:
    row = asked(own=HIMSELF.applicant(), establishment=None, municipality="saihat")

    assert (row.applied_by, row.establishment, row.applicant) == ("worker", None, None)
    assert row.worker["confirmed"] is True


def test_an_unpaid_bill_can_be_asked_for_again(asked: Any, session: Any, told: Any) -> None:

    row = asked()
    own = DELEGATE.applicant()
    with pytest.raises(bill.BillOpen):
        amend.bill_again(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)

    bill.INVOICING.note_bill_end(
        UnitOfWork(session, SYSTEM, row.submitted_at), row.invoice_id, "expired"
    )
    amend.bill_again(UnitOfWork(session, DELEGATE, row.submitted_at), own, row.request_id)

    assert told("request") == ["submitted", "billed"]
    assert told("invoice") == ["requested", "requested"]


def test_a_worker_has_one_open_request_for_a_profession_and_establishment(
    asked: Any, session: Any
) -> None:
    row = asked()

    with pytest.raises(RequestOpen):
        asked()
    assert asked(profession="cleaner").request_no == "1448049000002"
    decide.end(UnitOfWork(session, DELEGATE, row.submitted_at), row, EndReason.WITHDRAWN)
    assert asked().status == "awaiting_payment"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"profession": "engineer"}, "profession"),
        ({"profession": "hajj-food-worker"}, "profession"),
        ({"centre": "closed-centre"}, "centre"),
        ({"establishment": {"licence_no": "144804000099"}}, "establishment"),
        ({"establishment": {}}, "establishment"),
        ({"establishment": None}, "municipality"),
    ],
)
def test_what_is_not_on_todays_lists_is_a_field_at_fault(
    changes: dict[str, Any], field: str, asked: Any
) -> None:
    with pytest.raises(InvalidFields) as error:
        asked(**changes)
    assert [fault.field for fault in error.value.faults] == [field]


def test_a_suspended_licence_takes_no_workers(asked: Any, shop: Any) -> None:
    shop.status = "suspended"

    with pytest.raises(InvalidFields):
        asked()


def test_another_persons_photo_is_not_there(asked: Any, photo: Any) -> None:
    with pytest.raises(NotFound):
        asked(photo=photo(STRANGER))


def test_a_paper_is_no_photo(asked: Any, session: Any, photo: Any) -> None:
    sent = photo(DELEGATE)
    session.get(Attachment, sent).media_type = "application/pdf"
    session.flush()

    with pytest.raises(InvalidFields):
        asked(photo=sent)
