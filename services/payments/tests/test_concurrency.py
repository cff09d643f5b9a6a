"""What several connections do to each other: every bill is settled exactly once. Real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import notices
from payments.commands.notices import NoticeDiffers
from payments.commands.recording import BILL_SYSTEM

THREADS = 8


def together(house: Any, sent: list[Any]) -> list[Exception]:
    """All notices at the same moment; the refusals."""
    barrier, refused = Barrier(len(sent)), []

    def send(told: Any) -> None:
        barrier.wait()
        try:
            house.notice(told)
        except NoticeDiffers as error:
            refused.append(error)

    with ThreadPoolExecutor(len(sent)) as pool:
        list(pool.map(send, sent))
    return refused


def settled(house: Any) -> int:
    return sum(one.settled_at is not None for one in house.payments())


def registered(house: Any) -> Any:
    invoice = house.invoice()
    house.work_off()
    return house.bill(invoice)


def test_the_same_notice_at_once_settles_once(house: Any, tell: Any) -> None:
    bill = registered(house)
    told = tell(bill)

    together(house, [told] * THREADS)

    assert [one.status for one in house.payments()] == ["settled"]
    assert house.published().count("payment.settled") == 1


def test_notices_of_one_payment_under_many_ids_at_once_are_one_payment(
    house: Any, tell: Any
) -> None:
    bill = registered(house)

    together(house, [tell(bill, payment="SP-1") for _ in range(THREADS)])

    assert [one.status for one in house.payments()] == ["settled"]


def test_many_payments_of_one_bill_at_once_settle_it_once_and_the_others_wait(
    house: Any, tell: Any
) -> None:
    bill = registered(house)

    together(house, [tell(bill) for _ in range(THREADS)])

    assert settled(house) == 1
    assert sorted(one.reason or "" for one in house.payments()) == [
        "",
        *["already-settled"] * (THREADS - 1),
    ]
    assert house.published().count("bill.settled") == 1


def test_notices_of_one_id_with_two_contents_at_once_keep_one(house: Any, tell: Any) -> None:
    bills = [registered(house) for _ in range(2)]
    notice_id = f"N-{new_id()}"

    refused = together(house, [tell(bill, notice_id=notice_id) for bill in bills] * 3)

    assert len(house.payments()) == 1
    assert len(refused) == 3


def test_two_notices_that_give_one_number_to_two_bills_at_once_settle_one_and_lose_none(
    house: Any, tell: Any
) -> None:
    for turn in range(3):
        bills = [house.bill(house.invoice()) for _ in range(2)]
        sent = [tell(bill, bill_number=f"448200077{turn}") for bill in bills]

        assert together(house, sent) == []

        after = [house.bill(bill.invoice_id) for bill in bills]
        assert sorted(one.status for one in after) == ["requested", "settled"]
        names = {told.payment for told in sent}
        money = [one for one in house.payments() if one.reference in names]
        assert sorted(one.reason or "" for one in money) == ["", "reference-differs"]


def test_a_number_that_another_notice_gives_away_meanwhile_is_no_conflict_for_the_caller(
    house: Any, tell: Any
) -> None:
    """Held in the middle of the first one's transaction, where a race hits by chance only."""
    one, other = (house.bill(house.invoice()) for _ in range(2))
    with ThreadPoolExecutor(1) as pool, house.database.transaction() as session:
        notices.take(
            UnitOfWork(session, BILL_SYSTEM, house.clock.now), tell(one, bill_number="4482000777")
        )
        second = pool.submit(house.notice, tell(other, bill_number="4482000777"))
        wait_for_lock(session)
        session.commit()
        second.result()

    assert house.bill(one.invoice_id).status == "settled"
    assert house.bill(other.invoice_id).status == "requested"
    assert {one.reason for one in house.payments()} == {None, "reference-differs"}


def wait_for_lock(session: Any) -> None:
    """Until another connection waits for what this one holds."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = monotonic() + 20
    while not session.scalar(waits):
        assert monotonic() < deadline


def test_a_payment_at_a_counter_and_one_at_the_bank_at_once_settle_once(
    house: Any, tell: Any, cashier: Any
) -> None:
    from payments.commands import counter

    bill = registered(house)
    told = tell(bill)
    barrier = Barrier(2)

    def at_the_counter() -> None:
        barrier.wait()
        with house.database.transaction() as session:
            counter.enter(
                UnitOfWork(session, cashier, house.clock.now),
                bill.bill_id,
                receipt="1",
                method="cash",
                amount_halalas=75_000,
            )

    def at_the_bank() -> None:
        barrier.wait()
        house.notice(told)

    with ThreadPoolExecutor(2) as pool:
        counted, banked = pool.submit(at_the_counter), pool.submit(at_the_bank)
        refused = counted.exception()
        banked.result()

    assert settled(house) == 1
    assert (refused is None) == (len(house.payments()) == 2)


def test_a_withdrawal_and_a_notice_at_once_leave_no_money_unaccounted(
    house: Any, tell: Any
) -> None:
    for _ in range(5):
        bill = registered(house)
        told = tell(bill)
        barrier = Barrier(2)

        def withdraw(bill: Any = bill, barrier: Barrier = barrier) -> None:
            barrier.wait()
            house.invoice("withdrawn", invoice_id=bill.invoice_id, sequence=2)

        def notice(told: Any = told, barrier: Barrier = barrier) -> None:
            barrier.wait()
            house.notice(told)

        with ThreadPoolExecutor(2) as pool:
            for one in (pool.submit(withdraw), pool.submit(notice)):
                one.result()

        payment = next(one for one in house.payments() if one.reference == told.payment)
        after = house.bill(bill.invoice_id)
        if payment.status == "settled":
            assert (after.status, payment.refund_wanted) == ("settled", "application-withdrawn")
        else:
            assert (after.status, payment.reason) == ("cancelled", "invoice-withdrawn")


def test_the_database_itself_settles_a_bill_once_and_whole(house: Any, tell: Any) -> None:
    bill = registered(house)
    house.notice(tell(bill))
    house.notice(tell(bill))
    part = registered(house)
    house.notice(tell(part, amount_halalas=1))

    again = (
        "UPDATE payment SET settled_at = now(), settled_halalas = :whole"
        " WHERE bill_id = :bill AND settled_at IS NULL"
    )
    for row in (bill, part):
        with pytest.raises(IntegrityError):
            execute(house, again, bill=row.bill_id, whole=row.amount_halalas)
    with pytest.raises(IntegrityError):
        execute(
            house, "UPDATE bill SET amount_halalas = 1 WHERE bill_id = :bill", bill=bill.bill_id
        )


def execute(house: Any, statement: str, **values: Any) -> None:
    with house.database.transaction() as session:
        session.execute(text(statement), values)
