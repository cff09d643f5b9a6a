"""Several connections at once: every bill is settled exactly once. Real commits."""

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
from payments.commands.decisions import Proposal, decide, propose_decision
from payments.commands.notices import NoticeDiffers
from payments.commands.recording import BILL_SYSTEM
from payments.domain.decisions import Kind

THREADS = 8


def together(system: Any, sent: list[Any]) -> list[Exception]:
    """Sends all notices at the same moment, and returns the refusals."""
    barrier, refused = Barrier(len(sent)), []

    def send(told: Any) -> None:
        barrier.wait()
        try:
            system.notice(told)
        except NoticeDiffers as error:
            refused.append(error)

    with ThreadPoolExecutor(len(sent)) as pool:
        list(pool.map(send, sent))
    return refused


def settled(system: Any) -> int:
    return sum(one.settled_at is not None for one in system.payments())


def registered(system: Any) -> Any:
    invoice = system.invoice()
    system.work_off()
    return system.bill(invoice)


def test_one_notice_sent_many_times_at_once_settles_once(system: Any, new_notice: Any) -> None:
    bill = registered(system)
    told = new_notice(bill)

    together(system, [told] * THREADS)

    assert [one.status for one in system.payments()] == ["settled"]
    assert system.published().count("payment.settled") == 1


def test_notices_of_one_payment_under_many_ids_at_once_are_one_payment(
    system: Any, new_notice: Any
) -> None:
    bill = registered(system)

    together(system, [new_notice(bill, payment="SP-1") for _ in range(THREADS)])

    assert [one.status for one in system.payments()] == ["settled"]


def test_many_payments_of_one_bill_at_once_settle_it_once_and_the_others_wait(
    system: Any, new_notice: Any
) -> None:
    bill = registered(system)

    together(system, [new_notice(bill) for _ in range(THREADS)])

    assert settled(system) == 1
    assert sorted(one.reason or "" for one in system.payments()) == [
        "",
        *["already-settled"] * (THREADS - 1),
    ]
    assert system.published().count("bill.settled") == 1


def test_notices_of_one_id_with_two_contents_at_once_keep_one(system: Any, new_notice: Any) -> None:
    bills = [registered(system) for _ in range(2)]
    notice_id = f"N-{new_id()}"

    refused = together(system, [new_notice(bill, notice_id=notice_id) for bill in bills] * 3)

    assert len(system.payments()) == 1
    assert len(refused) == 3


def test_two_notices_that_give_one_number_to_two_bills_at_once_settle_one_and_lose_none(
    system: Any, new_notice: Any
) -> None:
    for turn in range(3):
        bills = [system.bill(system.invoice()) for _ in range(2)]
        sent = [new_notice(bill, bill_number=f"448200077{turn}") for bill in bills]

        assert together(system, sent) == []

        after = [system.bill(bill.invoice_id) for bill in bills]
        assert sorted(one.status for one in after) == ["requested", "settled"]
        names = {told.payment for told in sent}
        money = [one for one in system.payments() if one.reference in names]
        assert sorted(one.reason or "" for one in money) == ["", "reference-differs"]


def test_a_number_that_another_notice_sets_at_the_same_time_is_no_conflict_for_the_caller(
    system: Any, new_notice: Any
) -> None:
    """Held in the middle of the first one's transaction, where a race hits by chance only."""
    one, other = (system.bill(system.invoice()) for _ in range(2))
    with ThreadPoolExecutor(1) as pool, system.database.transaction() as session:
        notices.take_notice(
            UnitOfWork(session, BILL_SYSTEM, system.clock.now),
            new_notice(one, bill_number="4482000777"),
        )
        second = pool.submit(system.notice, new_notice(other, bill_number="4482000777"))
        wait_for_lock(session)
        session.commit()
        second.result()

    assert system.bill(one.invoice_id).status == "settled"
    assert system.bill(other.invoice_id).status == "requested"
    assert {one.reason for one in system.payments()} == {None, "reference-differs"}


def wait_for_lock(session: Any) -> None:
    """Waits until another connection waits for a lock of this one."""
    waits = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = monotonic() + 20
    while not session.scalar(waits):
        assert monotonic() < deadline


def test_a_payment_at_a_counter_and_one_at_the_bank_at_once_settle_once(
    system: Any, new_notice: Any, cashier: Any
) -> None:
    from payments.commands import settle

    bill = registered(system)
    told = new_notice(bill)
    barrier = Barrier(2)

    def at_the_counter() -> None:
        barrier.wait()
        with system.database.transaction() as session:
            settle.enter_counter_payment(
                UnitOfWork(session, cashier, system.clock.now),
                bill.bill_id,
                receipt="1",
                method="cash",
                amount_halalas=75_000,
            )

    def at_the_bank() -> None:
        barrier.wait()
        system.notice(told)

    with ThreadPoolExecutor(2) as pool:
        counted, banked = pool.submit(at_the_counter), pool.submit(at_the_bank)
        refused = counted.exception()
        banked.result()

    assert settled(system) == 1
    assert (refused is None) == (len(system.payments()) == 2)


def test_a_withdrawal_and_a_notice_at_once_lose_no_money(system: Any, new_notice: Any) -> None:
    for _ in range(5):
        bill = registered(system)
        told = new_notice(bill)
        barrier = Barrier(2)

        def withdraw(bill: Any = bill, barrier: Barrier = barrier) -> None:
            barrier.wait()
            system.invoice("withdrawn", invoice_id=bill.invoice_id, sequence=2)

        def notice(told: Any = told, barrier: Barrier = barrier) -> None:
            barrier.wait()
            system.notice(told)

        with ThreadPoolExecutor(2) as pool:
            for one in (pool.submit(withdraw), pool.submit(notice)):
                one.result()

        payment = next(one for one in system.payments() if one.reference == told.payment)
        after = system.bill(bill.invoice_id)
        if payment.status == "settled":
            assert (after.status, payment.refund_wanted) == ("settled", "application-withdrawn")
        else:
            assert (after.status, payment.reason) == ("cancelled", "invoice-withdrawn")


def test_the_database_itself_settles_a_bill_once_and_whole(system: Any, new_notice: Any) -> None:
    bill = registered(system)
    system.notice(new_notice(bill))
    system.notice(new_notice(bill))
    part = registered(system)
    system.notice(new_notice(part, amount_halalas=1))

    again = (
        "UPDATE payment SET settled_at = now(), settled_halalas = :whole"
        " WHERE bill_id = :bill AND settled_at IS NULL"
    )
    for row in (bill, part):
        with pytest.raises(IntegrityError):
            execute(system, again, bill=row.bill_id, whole=row.amount_halalas)
    with pytest.raises(IntegrityError):
        execute(
            system, "UPDATE bill SET amount_halalas = 1 WHERE bill_id = :bill", bill=bill.bill_id
        )


def test_a_decision_locks_the_bill_before_the_payment(
    system: Any, new_notice: Any, cashier: Any, second: Any
) -> None:
    """The fixture `lock_order` fails this test when the decision locks in another order than the worker and notices."""
    bill = registered(system)
    system.notice(new_notice(bill_number="4482000999"))
    (payment,) = system.payments()
    proposal = Proposal(kind=Kind.APPLY, reason="الرقم خطأ", bill_id=bill.bill_id)

    with system.database.transaction() as session:
        work = UnitOfWork(session, cashier, system.clock.now)
        decision_id = propose_decision(work, payment.payment_id, proposal).decision_id
    with system.database.transaction() as session:
        decide(UnitOfWork(session, second, system.clock.now), decision_id, agrees=True, note="نعم")

    assert system.bill(bill.invoice_id).status == "settled"


def execute(system: Any, statement: str, **values: Any) -> None:
    with system.database.transaction() as session:
        session.execute(text(statement), values)
