"""Paths that lock rows of several tables: what they lock. The fixture `lock_order` checks the declared order."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from chassis.data.lock_order import series
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.redecide import redecide_for_fine
from licences.commands.violations.close_place import close_place
from licences.commands.violations.decide import cancel_violation
from licences.commands.violations.pay import receive_fine_payment
from licences.models import Licence

from .violations.conftest import OFFICER, Case, Person

_LOCKED = re.compile(r"FROM (\w+).*FOR (?:NO KEY )?UPDATE", re.DOTALL)


@pytest.fixture
def locked(database: Any) -> Iterator[list[str]]:
    """What is locked, in the order in which it's locked."""
    places: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "INTO number_series" in statement:
            places.append(series(values["series"]))
        elif (found := _LOCKED.search(statement)) is not None:
            places.append(found[1])

    event.listen(database.engine, "before_cursor_execute", note)
    yield places
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def transaction(database: Any, locked: list[str], now: Any) -> Callable[..., list[str]]:
    """`transaction(command, *arguments)`: what a command locks in a transaction of its own."""

    def run(
        command: Callable[..., Any], *arguments: Any, actor: Any = SYSTEM, **named: Any
    ) -> list[str]:
        locked.clear()
        with database.transaction() as session:
            command(UnitOfWork(session, actor, now), *arguments, **named)
        return list(locked)

    return run


@pytest.fixture
def closable(session: Any, submit_and_decide: Any, professional: Any, now: Any) -> Case:
    """A confirmed violation for which the place of a licence may be closed."""
    licence = session.get_one(Licence, submit_and_decide(professional()).licence_id)
    offender = {"kind": "licence", "licence_no": licence.licence_no}
    case = Case(session, now).confirmed(
        "9001", offender=offender, municipality=licence.municipality
    )
    session.flush()
    return case


def test_the_money_of_an_application_issues_a_licence_in_order(
    transaction: Any, submit_and_decide: Any, shop: Any, session: Any, now: Any
) -> None:
    row = submit_and_decide(shop())
    session.flush()

    places = transaction(receive_payment, row.invoice_id, paid_at=now)

    assert places == ["application", "invoice", series("licence")]


def test_the_money_of_a_fine_decides_the_offender_s_applications_in_order(
    transaction: Any, session: Any, submit_and_decide: Any, shop: Any, now: Any
) -> None:
    submit_and_decide(shop())
    case = Case(session, now).notified()
    session.flush()

    def pay(work: UnitOfWork, invoice_id: str) -> None:
        receive_fine_payment(work, invoice_id, paid_at=now)
        redecide_for_fine(work, invoice_id)

    places = transaction(pay, str(case.row.invoice_id))

    assert {"violation", "application"} <= set(places)


def test_a_place_is_closed_and_opened_again_in_order(
    transaction: Any, closable: Case, submit_and_decide: Any, professional: Any, session: Any
) -> None:
    key = closable.row.violation_id

    closed = transaction(close_place, key, actor=OFFICER, seal_number="5512", reason="خطر")
    opened = transaction(cancel_violation, key, actor=Person("p_chief"), reason="خطأ")

    assert closed == ["violation", "licence"]
    assert {"violation", "licence"} <= set(opened)
