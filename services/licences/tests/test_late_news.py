"""Paid in time counts as paid in time, whenever it's heard of; news comes by the consumer, in any order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event as Stop
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.deadlines import Deadlines
from licences.app import SERVICE
from licences.commands.supervise import suspend_licence
from licences.models import Application, Invoice
from saudi.days import legal_day

from .lives import pay


def bill_event(how: str, invoice_id: str, at: datetime) -> Received:
    data = {"invoice_id": invoice_id, "status": how, "service": "licences"}
    return Received(
        id=new_id(), type=f"sa.gov.qatif.payments.bill.{how}.v1", subject=new_id(),
        sequence=1, time=at, data=data,
    )  # fmt: skip


def payment_event(invoice_id: str, paid_at: datetime) -> Received:
    data = {
        "invoice_id": invoice_id, "service": "licences", "status": "settled",
        "paid_at": paid_at.isoformat(), "settled_at": paid_at.isoformat(),
    }  # fmt: skip
    return Received(
        id=new_id(), type="sa.gov.qatif.payments.payment.settled.v1", subject=new_id(),
        sequence=1, time=paid_at, data=data,
    )  # fmt: skip


@pytest.fixture
def deliver(context: Any) -> Callable[[Received, datetime], None]:
    """`deliver(event, at)`: as the consumer delivers it."""

    def told(event: Received, at: datetime) -> None:
        topic = event.type.removeprefix("sa.gov.qatif.").rpartition(".")[0].rpartition(".")[0]
        SERVICE.handlers[topic][event.type](replace(context, now=at), event)
        context.session.flush()

    return told


@pytest.fixture
def strike(context: Any, database: Any) -> Callable[[datetime], None]:
    """`strike(at)` takes every deadline that is due, by the loop that takes deadlines."""

    def fire(at: datetime) -> None:
        context.session.commit()
        process: Any = SimpleNamespace(
            database=database,
            service=SERVICE,
            context=lambda one: replace(context, open_session=lambda: one),
        )
        loop = Deadlines(process, clock=lambda: at)
        assert not loop.step(Stop())
        assert not loop.step(Stop())
        context.session.expire_all()

    return fire


@pytest.fixture
def approved(submit_and_decide: Any, shop: Any) -> Application:
    row: Application = submit_and_decide(shop())
    assert row.status == "awaiting_payment"
    return row


def test_money_of_the_last_day_issues_the_licence_after_the_bill_has_expired(
    approved: Application, deliver: Any, session: Any, now: datetime, event_names: Any
) -> None:
    invoice = session.get_one(Invoice, approved.invoice_id)
    last_minute = datetime.combine(invoice.due_on, now.timetz()).replace(hour=20, minute=50)
    later = last_minute + timedelta(days=2)

    deliver(bill_event("expired", invoice.invoice_id, later), later)
    assert (approved.status, approved.reason_code) == ("withdrawn", "unpaid")
    for _ in range(2):
        deliver(payment_event(invoice.invoice_id, last_minute), later)

    assert (approved.status, approved.closed_at) == ("issued", later)
    assert invoice.status == "paid"
    assert event_names("licence") == ["issued"]
    assert event_names("invoice") == ["requested"]


def test_money_of_the_day_after_goes_back(
    approved: Application, deliver: Any, session: Any, now: datetime, event_names: Any
) -> None:
    invoice = session.get_one(Invoice, approved.invoice_id)
    after = datetime.combine(invoice.due_on, now.timetz()).replace(hour=21, minute=10)
    assert legal_day(after) == invoice.due_on + timedelta(days=1)

    deliver(bill_event("expired", invoice.invoice_id, after), after)
    deliver(payment_event(invoice.invoice_id, after), after)

    assert approved.status == "withdrawn"
    assert event_names("invoice") == ["requested", "refund_requested"]


def test_the_deadline_does_not_undo_what_was_paid_in_time(
    approved: Application, deliver: Any, session: Any, now: datetime, strike: Any
) -> None:
    invoice = session.get_one(Invoice, approved.invoice_id)
    later = now + timedelta(days=36)
    strike(later)
    assert (approved.status, invoice.status) == ("withdrawn", "ended")

    deliver(payment_event(invoice.invoice_id, now + timedelta(days=3)), later)

    assert (approved.status, invoice.status) == ("issued", "paid")


def test_who_applied_anew_meanwhile_gets_the_money_back(
    approved: Application,
    deliver: Any,
    submit_and_decide: Any,
    shop: Any,
    session: Any,
    now: datetime,
) -> None:
    invoice = session.get_one(Invoice, approved.invoice_id)
    later = now + timedelta(days=34)
    deliver(bill_event("expired", invoice.invoice_id, later), later)
    second = submit_and_decide(shop(), at=later)

    deliver(payment_event(invoice.invoice_id, now), later)

    assert (approved.status, invoice.status) == ("withdrawn", "refund_requested")
    assert second.status == "awaiting_payment"


def test_a_renewal_of_a_licence_that_was_suspended_meanwhile_is_not_revived_past_it(
    submit_and_decide: Any, shop: Any, deliver: Any, session: Any, officer: Any, now: datetime
) -> None:
    first = submit_and_decide(shop())
    pay(session, first, now)
    at = now + timedelta(days=300)
    renewal = submit_and_decide({"years": 1}, at=at, request="renew", licence_no=first.licence_no)
    invoice = session.get_one(Invoice, renewal.invoice_id)
    later = at + timedelta(days=34)
    deliver(bill_event("expired", invoice.invoice_id, later), later)
    suspend_licence(UnitOfWork(session, officer, later), first.licence_no, reason="مخالفة")

    deliver(payment_event(invoice.invoice_id, at), later)

    assert (renewal.status, renewal.reason_code) != ("issued", None)
    assert invoice.status == "refund_requested"
