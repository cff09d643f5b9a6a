"""An invoice becomes one bill, whatever comes again, late, or without its beginning."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from chassis.data.sealing import CannotUnseal
from chassis.events.contacts import contacts_of
from payments.consumers import HANDLERS
from payments.models import Bill, Payment


def test_an_invoice_becomes_a_bill_that_is_to_be_registered(desk: Any, published: Any) -> None:
    bill = desk.invoice()

    assert (bill.status, bill.task, bill.due_at) == ("requested", "register", desk.now)
    assert (bill.amount_halalas, bill.due_on) == (75_000, date(2026, 12, 26))
    assert bill.payer["id_number"] == "1000000008"
    assert published() == []  # the payer has nothing to pay with yet


def test_payer_and_mobile_are_sealed_in_the_database(desk: Any, session: Any) -> None:
    bill = desk.invoice()
    session.flush()

    row = session.execute(text("SELECT payer, contacts, lines::text FROM bill")).one()

    assert bill.contacts[0]["mobile"] == "+966500000001"
    for value in row:
        raw = bytes(value) if isinstance(value, (bytes, memoryview)) else value.encode()
        assert b"1000000008" not in raw
        assert b"966500000001" not in raw


def test_a_repeated_event_makes_no_second_bill(session: Any, context: Any, invoice: Any) -> None:
    event = invoice(session)
    handler = HANDLERS["licences.invoice"][event.type]

    handler(context, event)
    handler(context, event)

    assert session.query(Bill).count() == 1


def test_a_second_request_changes_no_amount(desk: Any, session: Any) -> None:
    bill = desk.bill()

    desk.invoice(invoice_id=bill.invoice_id, sequence=2, amount_halalas=1)

    assert bill.amount_halalas == 75_000
    assert session.query(Bill).count() == 1


def test_a_withdrawal_ends_a_bill_that_was_never_sent(desk: Any, published: Any) -> None:
    bill = desk.invoice()

    desk.withdraw(bill)

    assert (bill.status, bill.task, bill.reason) == ("cancelled", None, "application-withdrawn")
    assert published() == ["bill.cancelled"]


def test_a_withdrawn_bill_is_cancelled_at_the_bill_system_first(desk: Any, published: Any) -> None:
    bill = desk.bill()

    desk.withdraw(bill)

    assert (bill.status, bill.task, bill.ending) == ("registered", "cancel", "cancelled")
    assert published() == ["bill.registered"]


def test_an_older_event_that_comes_late_changes_nothing(desk: Any) -> None:
    bill = desk.bill()
    desk.withdraw(bill, sequence=3)

    desk.withdraw(bill, "refund_requested", sequence=2)
    desk.invoice(invoice_id=bill.invoice_id, sequence=1)

    assert (bill.invoice_version, bill.ending) == (3, "cancelled")


@pytest.mark.parametrize("emptied", [{}, {"payer": None, "contacts": []}])
def test_a_withdrawal_without_its_request_leaves_a_bill_that_has_ended(
    desk: Any, published: Any, emptied: Any
) -> None:
    bill = desk.invoice("withdrawn", sequence=2, **emptied)

    assert (bill.status, bill.task) == ("cancelled", None)
    assert published() == ["bill.cancelled"]

    desk.invoice(invoice_id=bill.invoice_id, sequence=1)

    assert bill.status == "cancelled"


def test_the_money_of_a_settled_invoice_that_is_withdrawn_is_wanted_back(
    desk: Any, session: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)

    desk.withdraw(bill, "refund_requested")

    assert (bill.status, payment.status) == ("settled", "settled")
    assert payment.refund_wanted == "application-withdrawn"


def test_the_payer_of_money_that_goes_back_is_asked_for_an_account_once(
    desk: Any, session: Any, outbox_rows: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)

    desk.withdraw(bill, "refund_requested")
    desk.withdraw(bill, "withdrawn", sequence=3, reason="a-later-reason")

    (event,) = [one for one in outbox_rows() if one.type.endswith("payment.refund_wanted.v1")]
    assert event.envelope["data"]["status"] == "settled"
    block = event.envelope["data"]["contacts"]
    (contact,) = contacts_of(session).open(payment.payment_id, block)
    assert (contact.role, contact.mobile) == ("owner", "+966500000001")


def test_the_contacts_of_the_bill_open_for_it_and_not_for_the_invoice(
    desk: Any, session: Any, outbox_rows: Any
) -> None:
    bill = desk.bill()

    (row,) = outbox_rows()
    block = row.envelope["data"]["contacts"]

    (contact,) = contacts_of(session).open(bill.bill_id, block)
    assert (contact.role, contact.mobile) == ("owner", "+966500000001")
    with pytest.raises(CannotUnseal):
        contacts_of(session).open(bill.invoice_id, block)


def test_an_invoice_with_a_payer_who_does_not_open_is_parked_and_no_bill(
    desk: Any, session: Any
) -> None:
    with pytest.raises(CannotUnseal):
        desk.invoice(payer="A" * 60)

    assert session.query(Bill).count() == 0


def test_a_bill_has_its_deadline_until_it_is_settled(desk: Any, session: Any) -> None:
    bill = desk.bill()
    assert list(pending(session, "bill", bill.bill_id)) == ["expiry"]

    desk.notice(bill)

    assert pending(session, "bill", bill.bill_id) == {}
    assert session.query(Payment).count() == 1


def test_a_second_wish_for_the_money_keeps_the_first_reason_and_time(
    desk: Any, session: Any
) -> None:
    bill = desk.bill()
    payment = desk.notice(bill)
    desk.withdraw(bill, "refund_requested")
    first = payment.refund_since

    desk.now += timedelta(hours=1)
    desk.withdraw(bill, "withdrawn", sequence=3, reason="a-later-reason")

    assert (payment.refund_wanted, payment.refund_since) == ("application-withdrawn", first)
    journal = history(session, ("payment", payment.payment_id))
    assert [one.note for one in journal if one.action == "want-refund"] == [
        *("application-withdrawn", "a-later-reason")
    ]
