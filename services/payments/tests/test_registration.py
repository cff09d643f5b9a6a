"""The engine and the bill system: a bill is registered once, whatever becomes of the calls. Real commits, real HTTP."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.data.parking import RETRIED, Settlement, open_entries
from chassis.data.postponed_rows import MOST_TRIES, PARKED_UNTIL, WAIT, retry_parked
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import BILL_SYSTEM
from payments.models import Attempt


def faults(system: Any, **rates: float) -> None:
    system.provider.switches.change(
        {"rates": {name.replace("_", "-"): rate for name, rate in rates.items()}}
    )


def registered(system: Any) -> list[str]:
    return [one.reference for one in system.provider.ledger.bills()]


def calls(system: Any) -> list[tuple[str, str | None]]:
    with system.database.transaction() as session:
        rows = session.query(Attempt).order_by(Attempt.bill_id, Attempt.number).all()
    return [(row.call, row.outcome) for row in rows]


def test_a_bill_is_registered_and_its_number_published(system: Any) -> None:
    invoice = system.invoice()

    system.work_off()

    bill = system.bill(invoice)
    assert (bill.status, bill.task, bill.biller_code) == ("registered", None, "174")
    assert bill.bill_number == system.provider.ledger.bills()[0].bill_number
    assert registered(system) == [bill.bill_id]
    assert system.published() == ["bill.registered"]


def test_the_bill_system_is_told_amount_day_payer_and_fees(system: Any) -> None:
    invoice = system.invoice()

    system.work_off()

    (bill,) = system.provider.ledger.bills()
    assert (bill.amount, bill.due_on) == ("750.00", "2026-12-26")
    assert bill.wanted["description"][0]["ar"] == "رسم رخصة محل تجاري"
    assert system.bill(invoice).status == "registered"


@pytest.mark.parametrize("kind", ["accept-then-timeout", "accept-then-reset", "accept-then-503"])
def test_an_unknown_outcome_is_asked_for_and_the_bill_not_sent_again(
    system: Any, kind: str
) -> None:
    faults(system, **{kind: 1})
    invoice = system.invoice()
    system.work_off()
    assert system.bill(invoice).unsure

    faults(system)
    system.provider.switches.change({"once": False})  # a second registration would be seen
    system.clock.move(2)
    system.work_off()

    assert system.bill(invoice).status == "registered"
    assert len(registered(system)) == 1
    assert calls(system) == [("register", "unknown"), ("ask", "registered")]


def test_an_absent_bill_is_sent_again_once_that_is_believed(system: Any) -> None:
    faults(system, reset=1)
    invoice = system.invoice()
    system.work_off()
    faults(system)

    system.clock.move(2)
    system.work_off()
    assert (system.bill(invoice).status, registered(system)) == ("requested", [])

    system.clock.move(30)
    system.work_off()
    system.clock.move(1)
    system.work_off()

    assert system.bill(invoice).status == "registered"
    assert [call for call, _ in calls(system)] == ["register", "ask", "ask", "register"]


def test_a_bill_system_that_is_away_is_tried_later_and_later(system: Any) -> None:
    engine = system.engine(provider_url="http://127.0.0.1:1", outgoing_private_hosts="127.0.0.1:1")
    invoice = system.invoice()

    system.work_off(engine)
    first = system.bill(invoice).due_at
    system.clock.move(11)
    system.work_off(engine)

    assert (first - system.bill(invoice).created_at).total_seconds() == 10
    assert (system.bill(invoice).due_at - system.clock.now).total_seconds() == 20
    assert calls(system) == [("register", "not-sent")] * 2


def test_a_refusal_ends_the_bill_with_its_reason(system: Any) -> None:
    faults(system, refuse=1)
    invoice = system.invoice()

    system.work_off()

    bill = system.bill(invoice)
    assert (bill.status, bill.reason, bill.task) == ("refused", "account-closed", None)
    assert system.published() == ["bill.refused"]


def test_an_attempt_whose_process_was_killed_is_asked_for(system: Any) -> None:
    from payments.commands import register

    invoice = system.invoice()
    with system.database.transaction() as session:  # claims, and is killed before it calls
        register.claim(
            UnitOfWork(session, BILL_SYSTEM, system.clock.now), system.settings.policy, limit=9
        )

    system.work_off()
    assert calls(system) == [("register", None)]  # the lease holds

    system.clock.move(60)
    system.work_off()
    system.clock.move(1)
    system.work_off()

    assert [call for call, _ in calls(system)] == ["register", "ask", "register"]
    assert system.bill(invoice).status == "registered"
    assert len(registered(system)) == 1


def test_a_result_after_its_lease_changes_nothing(system: Any) -> None:
    from payments.commands import register
    from payments.commands.register import CompletedCall
    from payments.domain.registration import Outcome, Result

    system.invoice()
    policy = system.settings.policy
    with system.database.transaction() as session:
        (job,) = register.claim(UnitOfWork(session, BILL_SYSTEM, system.clock.now), policy, limit=9)
    system.clock.move(61)
    system.work_off()  # the lease is over: asked, absent, and sent anew

    with system.database.transaction() as session:
        late = CompletedCall(job, Result(Outcome.REFUSED, "late"))
        register.record(UnitOfWork(session, BILL_SYSTEM, system.clock.now), policy, [late])

    assert system.published() == ["bill.registered"]


def test_two_engines_register_a_bill_once(system: Any) -> None:
    invoices = [system.invoice() for _ in range(20)]
    one, other = system.engine(), system.engine()

    while one.turn() + other.turn():
        one.settle()
        other.settle()

    assert len(registered(system)) == len(set(registered(system))) == 20
    assert {system.bill(one).status for one in invoices} == {"registered"}


def test_a_withdrawn_bill_is_cancelled_there_and_then_here(system: Any) -> None:
    invoice = system.invoice()
    system.work_off()

    system.invoice("withdrawn", invoice_id=invoice, sequence=2)
    system.work_off()

    assert system.provider.ledger.bills()[0].status == "cancelled"
    assert system.bill(invoice).status == "cancelled"
    assert system.published() == ["bill.registered", "bill.cancelled"]


def test_a_withdrawal_while_the_registration_is_unknown_finds_it_and_cancels_it(
    system: Any,
) -> None:
    faults(system, **{"accept-then-reset": 1})
    invoice = system.invoice()
    system.work_off()
    system.invoice("withdrawn", invoice_id=invoice, sequence=2)
    faults(system)

    system.clock.move(2)
    system.work_off()

    assert system.provider.ledger.bills()[0].status == "cancelled"
    assert system.published() == ["bill.cancelled"]  # nobody was told a number


def test_a_withdrawal_of_a_bill_that_never_arrived_ends_it_without_a_second_try(
    system: Any,
) -> None:
    faults(system, reset=1)
    invoice = system.invoice()
    system.work_off()
    system.invoice("withdrawn", invoice_id=invoice, sequence=2)
    faults(system)

    system.clock.move(31)
    system.work_off()

    assert registered(system) == []
    assert system.published() == ["bill.cancelled"]


def test_a_bill_that_was_paid_in_the_moment_of_its_withdrawal_ends_and_its_money_waits(
    system: Any, new_notice: Any
) -> None:
    invoice = system.invoice()
    system.work_off()
    system.provider.pay(system.bill(invoice).bill_number)

    system.invoice("withdrawn", invoice_id=invoice, sequence=2)
    system.work_off()
    bill = system.bill(invoice)
    assert (bill.status, bill.task, bill.paid_there_at) == ("cancelled", None, system.clock.now)

    system.notice(new_notice(bill))

    (payment,) = system.payments()
    assert (payment.status, payment.reason) == ("suspended", "bill-cancelled")


def test_a_late_bill_that_was_paid_in_time_waits_for_its_notice(
    system: Any, new_notice: Any
) -> None:
    invoice = system.invoice()
    system.work_off()
    system.provider.pay(system.bill(invoice).bill_number)

    expire(system, invoice)
    bill = system.bill(invoice)
    assert (bill.status, bill.task, bill.paid_there_at) == ("registered", None, system.clock.now)

    system.notice(new_notice(bill))

    assert system.bill(invoice).status == "settled"


def test_a_late_bill_whose_money_did_not_fit_expires(system: Any, new_notice: Any) -> None:
    invoice = system.invoice()
    system.work_off()
    system.provider.pay(system.bill(invoice).bill_number, "749.00")
    system.notice(new_notice(system.bill(invoice), amount_halalas=74_900))

    expire(system, invoice)

    assert system.bill(invoice).status == "expired"


def expire(system: Any, invoice: str) -> None:
    from payments.commands import bills

    with system.database.transaction() as session:
        bills.expire_bill(
            UnitOfWork(session, BILL_SYSTEM, system.clock.now), system.bill(invoice).bill_id
        )
    system.work_off()


def test_an_expired_bill_is_cancelled_there_and_expires_here(system: Any) -> None:
    invoice = system.invoice()
    system.work_off()

    expire(system, invoice)

    bill = system.bill(invoice)
    assert (bill.status, bill.reason) == ("expired", "past-due")
    assert system.published() == ["bill.registered", "bill.expired"]
    assert system.provider.ledger.bills()[0].status == "cancelled"


def test_a_bill_that_is_paid_before_its_registration_was_answered_keeps_its_number(
    system: Any, new_notice: Any
) -> None:
    faults(system, **{"accept-then-reset": 1})
    invoice = system.invoice()
    system.work_off()
    faults(system)
    (there,) = system.provider.ledger.bills()

    system.notice(new_notice(system.bill(invoice), bill_number=there.bill_number))
    system.clock.move(60)
    system.work_off()

    bill = system.bill(invoice)
    assert (bill.status, bill.bill_number, bill.task) == ("settled", there.bill_number, None)
    assert system.published() == ["bill.settled", "payment.settled"]


def test_a_number_that_another_bill_has_is_no_answer(system: Any) -> None:
    first = system.invoice()
    system.work_off()
    number = system.bill(first).bill_number

    second = system.invoice()
    ledger = system.provider.ledger
    ledger.register(
        {"reference": system.bill(second).bill_id, "amount": "750.00", "due_on": ""}, once=True
    )
    real = ledger.find

    def find(reference: str) -> Any:
        found = real(reference)
        return replace(found, bill_number=number) if found else None

    ledger.find = find
    system.work_off()

    assert system.bill(second).status == "requested"
    assert system.bill(second).unsure
    # Somebody has to look: it isn't asked again and again, and once it's mended it goes on by itself.
    assert system.bill(second).due_at == system.clock.now + WAIT
    ledger.find = real
    system.clock.move(WAIT.total_seconds())
    system.work_off()
    assert system.bill(second).status == "registered"


def test_a_bill_whose_number_stays_anothers_is_parked_after_three_days_and_can_be_retried(
    system: Any,
) -> None:
    first = system.invoice()
    system.work_off()
    taken = replace(system.provider.ledger.bills()[0])
    second = system.invoice()
    system.provider.ledger.register = lambda *_wanted, **_how: (taken, False)
    system.provider.ledger.find = lambda _reference: taken

    for _ in range(MOST_TRIES):
        system.work_off()
        system.clock.move(WAIT.total_seconds())

    assert system.bill(first).status == "registered"
    assert system.bill(second).due_at == PARKED_UNTIL
    with system.database.transaction() as session:
        (entry,) = open_entries(session)
        settlement = Settlement(RETRIED, "Ali", "the number was mended")
        due_times, now = system.service.due_times, system.clock.now
        assert retry_parked(session, due_times, entry, settlement, now=now)
    assert system.bill(second).due_at == system.clock.now
