"""What the loop of deadlines does, on real commits: each deadline takes effect once, and none is due in the past."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from threading import Event as Stop
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data import deadlines
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.run.deadlines import Deadlines
from health_certs.chores import DEADLINES
from health_certs.commands import decide
from health_certs.commands.examine import enter_pass
from health_certs.commands.recording import SYSTEM
from health_certs.domain.requests import completion_end, last_day_to_pay
from health_certs.models import Invoice, Request
from saudi.days import RIYADH, legal_day

from .people import OFFICER
from .test_concurrency import ask, real_database

__all__ = ["ask", "real_database"]  # the fixtures
GOVERNORATE = OFFICER.__class__("p_governorate", attributes={"municipality": "qatif"})


@pytest.fixture
def loop(service: Any, settings: Any, real_database: Any) -> Callable[[datetime], int]:
    """`loop(at)` lets the loop take what is due then, three times; returns how many deadlines are due afterwards."""

    def run(at: datetime) -> int:
        runner = Deadlines(Process(service, settings, real_database), clock=lambda: at)
        for _ in range(3):
            runner.step(Stop())
        with real_database.transaction() as session:
            return len(deadlines.due(session, sorted(DEADLINES), now=at, most=100))

    return run


def test_a_pass_that_lapses_while_the_request_waits_is_decided_once(
    ask: Any, loop: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cook")
    with real_database.transaction() as session:
        work = UnitOfWork(session, GOVERNORATE, now)
        passed = {"course": "food-handlers", "language": "ur", "passed_on": date(2024, 12, 1)}
        enter_pass(work, request_id, passed)
        over_at = deadlines.pending(session, "request", request_id)["education"]

    due = loop(over_at + timedelta(seconds=1))

    with real_database.transaction() as session:
        row = session.scalars(select(Request)).one()
        assert (row.status, due) == ("awaiting_education", 0)
        assert "education" not in deadlines.pending(session, "request", request_id)
        version = row.version
        work = UnitOfWork(session, SYSTEM, over_at + timedelta(days=1))
        decide.redecide(work, work.lock(Request, request_id))
        assert "education" not in deadlines.pending(session, "request", request_id)
        assert row.version == version


def test_every_deadline_of_a_request_takes_effect_once(
    ask: Any, loop: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cleaner")

    left = [loop(now + timedelta(days=days)) for days in (32, 62)]

    with real_database.transaction() as session:
        row = session.get_one(Request, request_id)
        assert (left, row.status, row.version) == ([0, 0], "not_issued", 2)
        assert deadlines.pending(session, "request", request_id) == {}


@pytest.mark.parametrize("news", [timedelta(minutes=1), timedelta(hours=23)])
def test_money_of_the_last_day_is_taken_whenever_the_day_s_news_comes(
    ask: Any, loop: Any, real_database: Any, now: datetime, news: timedelta
) -> None:
    request_id = ask("cleaner")
    with real_database.transaction() as session:
        row = session.get_one(Request, request_id)
        row.completed_until = completion_end(now, days=3)
        deadlines.set_deadline(session, "request", request_id, "completion", row.completed_until)
        last = last_day_to_pay(row.completed_until)
        assert last == legal_day(now + timedelta(days=3))
        invoice_id = str(row.invoice_id)
    paid_at = datetime.combine(last, time(23, 50), RIYADH)

    loop(paid_at + news)
    with real_database.transaction() as session:
        work = UnitOfWork(session, SYSTEM, paid_at + news)
        decide.decide_paid(work, invoice_id, paid_at=paid_at)

    with real_database.transaction() as session:
        row = session.get_one(Request, request_id)
        assert (row.ended_at, row.payment is not None) == (None, True)
        assert session.get_one(Invoice, invoice_id).status == "paid"


def test_a_request_ends_after_the_whole_of_its_last_day_and_the_news_of_it(
    ask: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cleaner")

    with real_database.transaction() as session:
        row = session.get_one(Request, request_id)
        last = legal_day(now + timedelta(days=60))
        end = datetime.combine(last + timedelta(days=2), time(), RIYADH)
        assert row.completed_until == end
        assert last_day_to_pay(row.completed_until) == last
