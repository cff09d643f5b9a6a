"""What the loop of deadlines does, on real commits: each deadline takes effect once, and none is due in the past."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
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
from health_certs.models import Request

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
