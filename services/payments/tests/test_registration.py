"""The engine and the bill system: a bill is registered once, whatever becomes of the calls. Real commits, real HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.data.parking import RETRIED, Settlement, open_entries
from chassis.data.postponed_rows import MOST_TRIES, PARKED_UNTIL, WAIT, retry_parked
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import BILL_SYSTEM
from payments.models import Attempt


def faults(house: Any, **rates: float) -> None:
    house.provider.switches.change(
        {"rates": {name.replace("_", "-"): rate for name, rate in rates.items()}}
    )


def registered(house: Any) -> list[str]:
    return [one.reference for one in house.provider.ledger.bills()]


def calls(house: Any) -> list[tuple[str, str | None]]:
    with house.database.transaction() as session:
        rows = session.query(Attempt).order_by(Attempt.bill_id, Attempt.number).all()
    return [(row.call, row.outcome) for row in rows]


def test_a_bill_is_registered_and_its_number_published(house: Any) -> None:
    invoice = house.invoice()

    house.work_off()

    bill = house.bill(invoice)
    assert (bill.status, bill.task, bill.biller_code) == ("registered", None, "174")
    assert bill.bill_number == house.provider.ledger.bills()[0].bill_number
    assert registered(house) == [bill.bill_id]
    assert house.published() == ["bill.registered"]


def test_the_bill_system_is_told_amount_day_payer_and_fees(house: Any) -> None:
    invoice = house.invoice()

    house.work_off()

    (bill,) = house.provider.ledger.bills()
    assert (bill.amount, bill.due_on) == ("750.00", "2026-12-26")
    assert bill.wanted["description"][0]["ar"] == "رسم رخصة محل تجاري"
    assert house.bill(invoice).status == "registered"


@pytest.mark.parametrize("kind", ["accept-then-timeout", "accept-then-reset", "accept-then-503"])
def test_an_unknown_outcome_is_asked_for_and_the_bill_not_sent_again(house: Any, kind: str) -> None:
    faults(house, **{kind: 1})
    invoice = house.invoice()
    house.work_off()
    assert house.bill(invoice).unsure

    faults(house)
    house.provider.switches.change({"once": False})  # a second registration would be seen
    house.clock.move(2)
    house.work_off()

    assert house.bill(invoice).status == "registered"
    assert len(registered(house)) == 1
    assert calls(house) == [("register", "unknown"), ("ask", "registered")]


def test_an_absent_bill_is_sent_again_once_that_is_believed(house: Any) -> None:
    faults(house, reset=1)
    invoice = house.invoice()
    house.work_off()
    faults(house)

    house.clock.move(2)
    house.work_off()
    assert (house.bill(invoice).status, registered(house)) == ("requested", [])

    house.clock.move(30)
    house.work_off()
    house.clock.move(1)
    house.work_off()

    assert house.bill(invoice).status == "registered"
    assert [call for call, _ in calls(house)] == ["register", "ask", "ask", "register"]


def test_a_bill_system_that_is_away_is_tried_later_and_later(house: Any) -> None:
    engine = house.engine(provider_url="http://127.0.0.1:1", outgoing_private_hosts="127.0.0.1:1")
    invoice = house.invoice()

    house.work_off(engine)
    first = house.bill(invoice).due_at
    house.clock.move(11)
    house.work_off(engine)

    assert (first - house.bill(invoice).created_at).total_seconds() == 10
    assert (house.bill(invoice).due_at - house.clock.now).total_seconds() == 20
    assert calls(house) == [("register", "not-sent")] * 2


def test_a_refusal_ends_the_bill_with_its_reason(house: Any) -> None:
    faults(house, refuse=1)
    invoice = house.invoice()

    house.work_off()

    bill = house.bill(invoice)
    assert (bill.status, bill.reason, bill.task) == ("refused", "account-closed", None)
    assert house.published() == ["bill.refused"]


def test_an_attempt_whose_process_was_killed_is_asked_for(house: Any) -> None:
    from payments.commands import register

    invoice = house.invoice()
    with house.database.transaction() as session:  # claims, and is killed before it calls
        register.claim(
            UnitOfWork(session, BILL_SYSTEM, house.clock.now), house.settings.policy, limit=9
        )

    house.work_off()
    assert calls(house) == [("register", None)]  # the lease holds

    house.clock.move(60)
    house.work_off()
    house.clock.move(1)
    house.work_off()

    assert [call for call, _ in calls(house)] == ["register", "ask", "register"]
    assert house.bill(invoice).status == "registered"
    assert len(registered(house)) == 1


def test_a_result_that_comes_after_its_lease_changes_nothing(house: Any) -> None:
    from payments.commands import register
    from payments.commands.register import CompletedCall
    from payments.domain.registration import Outcome, Result

    house.invoice()
    policy = house.settings.policy
    with house.database.transaction() as session:
        (job,) = register.claim(UnitOfWork(session, BILL_SYSTEM, house.clock.now), policy, limit=9)
    house.clock.move(61)
    house.work_off()  # the lease is over: asked, absent, and sent anew

    with house.database.transaction() as session:
        late = CompletedCall(job, Result(Outcome.REFUSED, "late"))
        register.record(UnitOfWork(session, BILL_SYSTEM, house.clock.now), policy, [late])

    assert house.published() == ["bill.registered"]


def test_two_engines_register_a_bill_once(house: Any) -> None:
    invoices = [house.invoice() for _ in range(20)]
    one, other = house.engine(), house.engine()

    while one.turn() + other.turn():
        one.settle()
        other.settle()

    assert len(registered(house)) == len(set(registered(house))) == 20
    assert {house.bill(one).status for one in invoices} == {"registered"}


def test_a_withdrawn_bill_is_cancelled_there_and_then_here(house: Any) -> None:
    invoice = house.invoice()
    house.work_off()

    house.invoice("withdrawn", invoice_id=invoice, sequence=2)
    house.work_off()

    assert house.provider.ledger.bills()[0].status == "cancelled"
    assert house.bill(invoice).status == "cancelled"
    assert house.published() == ["bill.registered", "bill.cancelled"]


def test_a_withdrawal_while_the_registration_is_unknown_finds_it_and_cancels_it(
    house: Any,
) -> None:
    faults(house, **{"accept-then-reset": 1})
    invoice = house.invoice()
    house.work_off()
    house.invoice("withdrawn", invoice_id=invoice, sequence=2)
    faults(house)

    house.clock.move(2)
    house.work_off()

    assert house.provider.ledger.bills()[0].status == "cancelled"
    assert house.published() == ["bill.cancelled"]  # nobody was told a number


def test_a_withdrawal_of_a_bill_that_never_arrived_ends_it_without_a_second_try(
    house: Any,
) -> None:
    faults(house, reset=1)
    invoice = house.invoice()
    house.work_off()
    house.invoice("withdrawn", invoice_id=invoice, sequence=2)
    faults(house)

    house.clock.move(31)
    house.work_off()

    assert registered(house) == []
    assert house.published() == ["bill.cancelled"]


def test_a_bill_that_was_paid_in_the_moment_of_its_withdrawal_ends_and_its_money_waits(
    house: Any, tell: Any
) -> None:
    invoice = house.invoice()
    house.work_off()
    house.provider.pay(house.bill(invoice).bill_number)

    house.invoice("withdrawn", invoice_id=invoice, sequence=2)
    house.work_off()
    bill = house.bill(invoice)
    assert (bill.status, bill.task, bill.paid_there_at) == ("cancelled", None, house.clock.now)

    house.notice(tell(bill))

    (payment,) = house.payments()
    assert (payment.status, payment.reason) == ("suspended", "bill-cancelled")


def test_a_late_bill_that_was_paid_in_time_waits_for_its_notice(house: Any, tell: Any) -> None:
    invoice = house.invoice()
    house.work_off()
    house.provider.pay(house.bill(invoice).bill_number)

    expire(house, invoice)
    bill = house.bill(invoice)
    assert (bill.status, bill.task, bill.paid_there_at) == ("registered", None, house.clock.now)

    house.notice(tell(bill))

    assert house.bill(invoice).status == "settled"


def test_a_late_bill_whose_money_did_not_fit_expires(house: Any, tell: Any) -> None:
    invoice = house.invoice()
    house.work_off()
    house.provider.pay(house.bill(invoice).bill_number, "749.00")
    house.notice(tell(house.bill(invoice), amount_halalas=74_900))

    expire(house, invoice)

    assert house.bill(invoice).status == "expired"


def expire(house: Any, invoice: str) -> None:
    from payments.commands import bills

    with house.database.transaction() as session:
        bills.expire(UnitOfWork(session, BILL_SYSTEM, house.clock.now), house.bill(invoice).bill_id)
    house.work_off()


def test_an_expired_bill_is_cancelled_there_and_expires_here(house: Any) -> None:
    invoice = house.invoice()
    house.work_off()

    expire(house, invoice)

    bill = house.bill(invoice)
    assert (bill.status, bill.reason) == ("expired", "past-due")
    assert house.published() == ["bill.registered", "bill.expired"]
    assert house.provider.ledger.bills()[0].status == "cancelled"


def test_a_bill_that_is_paid_before_its_registration_was_answered_keeps_its_number(
    house: Any, tell: Any
) -> None:
    faults(house, **{"accept-then-reset": 1})
    invoice = house.invoice()
    house.work_off()
    faults(house)
    (there,) = house.provider.ledger.bills()

    house.notice(tell(house.bill(invoice), bill_number=there.bill_number))
    house.clock.move(60)
    house.work_off()

    bill = house.bill(invoice)
    assert (bill.status, bill.bill_number, bill.task) == ("settled", there.bill_number, None)
    assert house.published() == ["bill.settled", "payment.settled"]


def test_a_number_that_another_bill_has_is_no_answer(house: Any) -> None:
    first = house.invoice()
    house.work_off()
    number = house.bill(first).bill_number

    second = house.invoice()
    ledger = house.provider.ledger
    ledger.register(
        {"reference": house.bill(second).bill_id, "amount": "750.00", "due_on": ""}, once=True
    )
    real = ledger.find

    def find(reference: str) -> Any:
        found = real(reference)
        return replace(found, bill_number=number) if found else None

    ledger.find = find
    house.work_off()

    assert house.bill(second).status == "requested"
    assert house.bill(second).unsure
    # Somebody has to look: it isn't asked again and again, and once it's mended it goes on by itself.
    assert house.bill(second).due_at == house.clock.now + WAIT
    ledger.find = real
    house.clock.move(WAIT.total_seconds())
    house.work_off()
    assert house.bill(second).status == "registered"


def test_a_bill_whose_number_stays_anothers_is_parked_after_three_days_and_can_be_retried(
    house: Any,
) -> None:
    first = house.invoice()
    house.work_off()
    taken = replace(house.provider.ledger.bills()[0])
    second = house.invoice()
    house.provider.ledger.register = lambda *_wanted, **_how: (taken, False)
    house.provider.ledger.find = lambda _reference: taken

    for _ in range(MOST_TRIES):
        house.work_off()
        house.clock.move(WAIT.total_seconds())

    assert house.bill(first).status == "registered"
    assert house.bill(second).due_at == PARKED_UNTIL
    with house.database.transaction() as session:
        (entry,) = open_entries(session)
        settlement = Settlement(RETRIED, "Ali", "the number was mended")
        due_times, now = house.service.due_times, house.clock.now
        assert retry_parked(session, due_times, entry, settlement, now=now)
    assert house.bill(second).due_at == house.clock.now
