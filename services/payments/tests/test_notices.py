"""Notices, as the command takes them: once each, in any order, and never an amount of their own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from payments.commands import bills, notices
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


@pytest.mark.parametrize("amount", [74_900, 75_100])
def test_a_withdrawn_bill_is_still_cancelled_at_the_bill_system_after_another_amount(
    desk: Any, amount: int
) -> None:
    bill = desk.bill()
    desk.withdraw(bill)

    payment = desk.notice(bill, amount_halalas=amount)

    assert (payment.status, payment.reason) == ("suspended", "invoice-withdrawn")
    assert (bill.status, bill.task) == ("registered", "cancel")


def test_money_that_was_paid_in_time_settles_a_bill_that_is_being_given_up(
    desk: Any, session: Any
) -> None:
    bill = desk.bill()
    bills.expire_bill(UnitOfWork(session, BILL_SYSTEM, desk.now), bill.bill_id)
    assert (bill.status, bill.ending) == ("registered", "expired")

    payment = desk.notice(bill)

    assert (payment.status, bill.status, bill.task) == ("settled", "settled", None)


def expired_bill(desk: Any, session: Any) -> Any:
    bill = desk.bill()
    work = UnitOfWork(session, BILL_SYSTEM, desk.now)
    bills.expire_bill(work, bill.bill_id)
    bills.end_bill(work, bill)
    assert bill.status == "expired"
    return bill


def test_money_paid_on_the_last_day_settles_a_bill_that_has_expired_meanwhile(
    desk: Any, session: Any, published: Any
) -> None:
    bill = expired_bill(desk, session)
    desk.now = datetime(2026, 12, 30, 8, tzinfo=UTC)

    last_minute = datetime(2026, 12, 26, 20, 59, tzinfo=UTC)  # 23:59 in Riyadh
    payment = desk.notice(bill, paid_at=last_minute)

    assert (payment.status, bill.status, bill.ended_at) == ("settled", "settled", desk.now)
    assert published() == [
        *("bill.registered", "bill.expired", "bill.settled", "payment.settled"),
    ]
    assert desk.notice(bill, paid_at=last_minute).reason == "already-settled"


@pytest.mark.parametrize(
    "changes",
    [
        {"paid_at": datetime(2026, 12, 26, 21, tzinfo=UTC)},  # midnight in Riyadh
        {"paid_at": datetime(2026, 12, 26, 9, tzinfo=UTC), "amount_halalas": 74_900},
    ],
)
def test_money_paid_after_the_last_day_or_in_part_waits_beside_an_expired_bill(
    desk: Any, session: Any, changes: Any
) -> None:
    bill = expired_bill(desk, session)
    desk.now = datetime(2026, 12, 30, 8, tzinfo=UTC)

    payment = desk.notice(bill, **changes)

    assert (payment.status, payment.reason, bill.status) == (
        *("suspended", "bill-expired", "expired"),
    )


def test_money_paid_in_time_waits_beside_an_expired_bill_whose_invoice_was_withdrawn(
    desk: Any, session: Any
) -> None:
    bill = expired_bill(desk, session)
    desk.withdraw(bill)

    payment = desk.notice(bill)

    assert (payment.status, payment.reason, bill.status) == (
        *("suspended", "bill-expired", "expired"),
    )


def test_a_payer_is_reachable_by_the_event_of_money_that_waits_and_by_no_other(
    desk: Any, session: Any, outbox_rows: Any
) -> None:
    bill = desk.bill()
    desk.notice(bill)
    second = desk.notice(bill)

    envelopes = [one.envelope for one in outbox_rows()]
    told = {
        one["type"].split(".")[-2]: one["data"]
        for one in envelopes
        if "payments.payment" in one["type"]
    }
    assert told["settled"]["contacts"] == []
    (contact,) = told["suspended"]["contacts"]
    opened = contacts_of(session).open(second.payment_id, [contact])
    assert [one.mobile for one in opened] == ["+966500000001"]
    assert told["suspended"]["bill_number"] == bill.bill_number
