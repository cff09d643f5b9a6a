"""How long bills have waited for the bill system, as the alert BillsWait sees it: however often they were tried."""

from dataclasses import replace
from typing import Any

from chassis.data.postponed_rows import PARKED_UNTIL
from payments import chores
from payments.commands import register
from payments.models import Attempt


def waited(system: Any) -> float:
    with system.process().transaction() as context:
        chores.measure(replace(context, now=system.clock.now))
    return float(chores.OLDEST._value.get())


def try_for_twelve_minutes(system: Any, engine: Any) -> None:
    for _ in range(12):
        system.work_off(engine)
        system.clock.move(60)


def answers(system: Any) -> set[tuple[str, str | None]]:
    with system.database.transaction() as session:
        return {(row.call, row.detail) for row in session.query(Attempt).all() if row.detail}


def test_a_bill_waits_since_its_invoice_while_the_bill_system_refuses_the_token(
    system: Any,
) -> None:
    system.invoice()

    try_for_twelve_minutes(system, system.engine(provider_token="another"))

    assert answers(system) == {("register", "status-401")}
    assert waited(system) == 720


def test_a_cancellation_waits_since_the_withdrawal(system: Any) -> None:
    invoice = system.invoice()
    system.work_off()
    system.clock.move(3_600)
    system.invoice("withdrawn", invoice_id=invoice, sequence=2)
    assert waited(system) == 0

    try_for_twelve_minutes(system, system.engine(provider_token="another"))

    assert answers(system) == {("cancel", "status-401")}
    assert waited(system) == 720
    system.clock.move(300)
    system.work_off(system.engine())
    assert (system.bill(invoice).status, waited(system)) == ("cancelled", 0)


def test_a_bill_of_unknown_registration_waits_since_its_invoice(
    system: Any,
) -> None:
    system.provider.switches.change({"rates": {"reset": 1}})
    system.invoice()

    try_for_twelve_minutes(system, system.engine())

    assert waited(system) == 720


def test_a_parked_bill_does_not_count_as_waiting(system: Any) -> None:
    invoice = system.invoice()
    with system.database.transaction() as session:
        register.postpone(session, system.bill(invoice).bill_id, PARKED_UNTIL)
    system.clock.move(720)

    assert waited(system) == 0
    assert chores.WAITING._value.get() == 1
