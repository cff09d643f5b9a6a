"""Notices, as the command takes them: once each, in any order, and never an amount of their own."""

from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from payments.commands import notices
from payments.commands.notices import NoticeDiffers
from payments.commands.recording import BILL_SYSTEM
from payments.models import Notice, Payment


def test_a_notice_settles_its_bill_and_tells_its_owner(
    desk: Any, outbox_rows: Any, published: Any
) -> None:
    bill = desk.bill()

    payment = desk.notice(bill)

    assert (bill.status, payment.status) == ("settled", "settled")
    assert (payment.settled_halalas, payment.bill_id) == (75_000, bill.bill_id)
    assert published() == ["bill.registered", "bill.settled", "payment.settled"]
    data = outbox_rows()[-1].envelope["data"]
    assert data["invoice_id"] == bill.invoice_id
    assert (data["service"], data["amount_halalas"], data["channel"]) == (
        "licences",
        75_000,
        "sadad",
    )


def test_a_repeated_notice_changes_nothing(
    desk: Any, new_notice: Any, session: Any, published: Any
) -> None:
    bill = desk.bill()
    told = new_notice(bill)

    for _ in range(3):
        notices.take_notice(UnitOfWork(session, BILL_SYSTEM, desk.now), told)

    assert session.query(Payment).count() == 1
    assert published().count("payment.settled") == 1


def test_a_notice_with_a_known_id_and_another_content_is_refused(
    desk: Any, new_notice: Any, session: Any
) -> None:
    bill = desk.bill()
    told = new_notice(bill, notice_id="N-1")
    notices.take_notice(UnitOfWork(session, BILL_SYSTEM, desk.now), told)

    with pytest.raises(NoticeDiffers):
        notices.take_notice(
            UnitOfWork(session, BILL_SYSTEM, desk.now), new_notice(bill, notice_id="N-1")
        )

    assert session.query(Payment).count() == 1


def test_two_notices_of_a_payment_add_one_payment(desk: Any, session: Any) -> None:
    bill = desk.bill()

    desk.notice(bill, notice_id="N-1", payment="SP-1")
    desk.notice(bill, notice_id="N-2", payment="SP-1")

    assert session.query(Payment).count() == 1
    assert session.query(Notice).count() == 2


def test_a_second_notice_of_a_payment_does_not_change_its_amount(desk: Any) -> None:
    bill = desk.bill()
    payment = desk.notice(bill, notice_id="N-1", payment="SP-1", amount_halalas=1)

    desk.notice(bill, notice_id="N-2", payment="SP-1", amount_halalas=75_000)

    assert (payment.amount_halalas, payment.status, bill.status) == (1, "suspended", "registered")


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(74_999, "amount-less"), (37_500, "amount-less"), (75_001, "amount-more")],
)
def test_another_amount_waits_and_leaves_the_bill_open(
    desk: Any, published: Any, amount: int, reason: str
) -> None:
    bill = desk.bill()

    payment = desk.notice(bill, amount_halalas=amount)

    assert (payment.status, payment.reason, payment.settled_at) == ("suspended", reason, None)
    assert (bill.status, payment.bill_id) == ("registered", bill.bill_id)
    assert published()[-1] == "payment.suspended"

    desk.notice(bill)

    assert bill.status == "settled"


def test_two_halves_do_not_make_a_whole(desk: Any) -> None:
    bill = desk.bill()

    for _ in range(2):
        desk.notice(bill, amount_halalas=37_500)

    assert bill.status == "registered"


def test_a_second_payment_of_a_settled_bill_waits(desk: Any) -> None:
    bill = desk.bill()
    desk.notice(bill)

    payment = desk.notice(bill)

    assert (payment.status, payment.reason) == ("suspended", "already-settled")


def test_money_under_an_unknown_number_waits_without_a_bill(desk: Any, outbox_rows: Any) -> None:
    payment = desk.notice(None)

    assert (payment.status, payment.reason, payment.bill_id) == ("suspended", "unknown-bill", None)
    data = outbox_rows()[-1].envelope["data"]
    assert (data["bill_id"], data["invoice_id"], data["service"]) == (None, None, None)


def test_a_notice_may_come_before_the_registration_was_answered(desk: Any, published: Any) -> None:
    bill = desk.invoice()
    bill.attempts = 1

    desk.notice(bill, bill_number="4482000777")

    assert (bill.status, bill.bill_number, bill.task) == ("settled", "4482000777", None)
    assert published() == ["bill.settled", "payment.settled"]


def test_a_notice_by_number_alone_is_matched_once_the_number_is_known(
    desk: Any, published: Any
) -> None:
    payment = desk.notice(None, bill_number="4482000777")
    assert payment.reason == "unknown-bill"

    bill = desk.bill("4482000777")

    assert (bill.status, payment.status, payment.bill_id) == ("settled", "settled", bill.bill_id)
    assert published() == [
        *("payment.suspended", "bill.registered", "bill.settled", "payment.settled"),
    ]


def test_a_notice_whose_number_and_reference_name_two_bills_settles_neither(desk: Any) -> None:
    one, other = desk.bill(), desk.bill()

    payment = desk.notice(one, bill_number=other.bill_number)

    assert (payment.reason, payment.bill_id) == ("reference-differs", None)
    assert (one.status, other.status) == ("registered", "registered")


@pytest.mark.parametrize("reference", ["not-a-uuid", "01a21592-0000-7000-8000-000000000000"])
def test_an_unknown_reference_names_no_bill(desk: Any, reference: str) -> None:
    bill = desk.bill()

    payment = desk.notice(bill, reference=reference)

    assert payment.reason == "reference-differs"
    assert bill.status == "registered"


def test_a_number_that_becomes_known_matches_no_money_whose_reference_differs(
    desk: Any,
) -> None:
    other = desk.bill()
    payment = desk.notice(other, bill_number="4482000777")

    bill = desk.bill("4482000777")

    assert (bill.status, other.status) == ("registered", "registered")
    assert (payment.status, payment.reason) == ("suspended", "reference-differs")


def test_money_for_an_invoice_that_is_being_withdrawn_waits_and_ends_the_bill(
    desk: Any, published: Any
) -> None:
    bill = desk.bill()
    desk.withdraw(bill)

    payment = desk.notice(bill)

    assert (payment.status, payment.reason) == ("suspended", "invoice-withdrawn")
    assert (bill.status, bill.task) == ("cancelled", None)
    assert published() == ["bill.registered", "payment.suspended", "bill.cancelled"]


def test_money_that_was_paid_in_time_settles_a_bill_that_is_being_given_up(
    desk: Any, session: Any
) -> None:
    from payments.commands import bills

    bill = desk.bill()
    bills.expire_bill(UnitOfWork(session, BILL_SYSTEM, desk.now), bill.bill_id)
    assert (bill.status, bill.ending) == ("registered", "expired")

    payment = desk.notice(bill)

    assert (payment.status, bill.status, bill.task) == ("settled", "settled", None)
