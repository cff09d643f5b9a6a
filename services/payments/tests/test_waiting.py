"""How long bills have waited for the bill system, as the alert BillsWait sees it: however often they were tried."""

from dataclasses import replace
from typing import Any

from chassis.data.postponed_rows import PARKED_UNTIL
from payments import chores
from payments.commands import register
from payments.models import Attempt


def waited(house: Any) -> float:
    with house.process().transaction() as context:
        chores.measure(replace(context, now=house.clock.now))
    return float(chores.OLDEST._value.get())


def try_for_twelve_minutes(house: Any, engine: Any) -> None:
    for _ in range(12):
        house.work_off(engine)
        house.clock.move(60)


def answers(house: Any) -> set[tuple[str, str | None]]:
    with house.database.transaction() as session:
        return {(row.call, row.detail) for row in session.query(Attempt).all() if row.detail}


def test_a_bill_has_waited_since_its_invoice_while_the_bill_system_knows_no_token_of_ours(
    house: Any,
) -> None:
    house.invoice()

    try_for_twelve_minutes(house, house.engine(provider_token="another"))

    assert answers(house) == {("register", "status-401")}
    assert waited(house) == 720


def test_a_cancellation_has_waited_since_the_withdrawal(house: Any) -> None:
    invoice = house.invoice()
    house.work_off()
    house.clock.move(3_600)
    house.invoice("withdrawn", invoice_id=invoice, sequence=2)
    assert waited(house) == 0

    try_for_twelve_minutes(house, house.engine(provider_token="another"))

    assert answers(house) == {("cancel", "status-401")}
    assert waited(house) == 720
    house.clock.move(300)
    house.work_off(house.engine())
    assert (house.bill(invoice).status, waited(house)) == ("cancelled", 0)


def test_a_bill_whose_registration_stays_unknown_has_waited_since_its_invoice(
    house: Any,
) -> None:
    house.provider.switches.change({"rates": {"reset": 1}})
    house.invoice()

    try_for_twelve_minutes(house, house.engine())

    assert waited(house) == 720


def test_a_parked_bill_is_not_waited_for(house: Any) -> None:
    invoice = house.invoice()
    with house.database.transaction() as session:
        register.postpone(session, house.bill(invoice).bill_id, PARKED_UNTIL)
    house.clock.move(720)

    assert waited(house) == 0
    assert chores.WAITING._value.get() == 1
