"""What entries of medical centres, money and deadlines do to each other at the same moment, with real commits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.core.cloudevents import Received
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from health_certs.commands import decide
from health_certs.commands.recording import SYSTEM
from health_certs.models import Certificate, Examination, Request

from . import examined
from .doing import deadline_due
from .test_concurrency import ask, at_once, real_database

__all__ = ["ask", "real_database"]  # the fixtures


@pytest.fixture
def deliver(service: Any, settings: Any, real_database: Any, now: datetime) -> Callable[..., None]:
    """`deliver(event, after=…)`: the consumer, in a transaction of its own."""
    process = Process(service, settings, real_database)

    def deliver(event: Received, after: timedelta = timedelta(hours=1)) -> None:
        with process.transaction() as context:
            examined.deliver(replace(context, now=now + after), event)

    return deliver


@pytest.fixture
def entry_of(real_database: Any, now: datetime) -> Callable[..., Received]:
    """`entry_of(request_id, result="unfit")`: the gateway's event."""

    def entry_of(request_id: str, at: timedelta = timedelta(hours=1), **changes: Any) -> Received:
        with real_database.transaction() as session:
            row = session.get_one(Request, request_id)
            return examined.entry(examined.result_document(row, now + at, **changes))

    return entry_of


def pay(real_database: Any, request_id: str, now: datetime) -> None:
    with real_database.transaction() as session:
        invoice_id = session.get_one(Request, request_id).invoice_id
        decide.decide_paid(UnitOfWork(session, SYSTEM, now), invoice_id, paid_at=now)


def found(real_database: Any, request_id: str) -> tuple[str, list[str], list[tuple[str, int]]]:
    """The request's status, its certificates', and each entry's with how often it was answered."""
    with real_database.transaction() as session:
        certificates = select(Certificate.status).where(Certificate.request_id == request_id)
        entries = (
            select(Examination.status, Examination.version)
            .where(Examination.request_id == request_id)
            .order_by(Examination.entered_at)
        )
        return (
            session.get_one(Request, request_id).status,
            list(session.scalars(certificates)),
            [(one.status, one.version) for one in session.execute(entries)],
        )


def test_an_entry_that_comes_four_times_at_once_takes_effect_once(
    ask: Any, deliver: Any, entry_of: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cleaner")
    pay(real_database, request_id, now)
    event = entry_of(request_id)

    at_once([lambda: deliver(event)] * 4)

    assert found(real_database, request_id) == ("issued", ["valid"], [("accepted", 4)])
    with real_database.transaction() as session:
        answers = session.execute(
            text(
                "SELECT version, octet_length(data) FROM outbox"
                " WHERE topic = 'health-certs.examination' ORDER BY version"
            )
        ).all()
    assert [one.version for one in answers] == [1, 2, 3, 4]
    assert len({one.octet_length for one in answers}) == 1


def test_of_two_first_entries_at_once_one_is_accepted(
    ask: Any, deliver: Any, entry_of: Any, real_database: Any
) -> None:
    request_id = ask("cleaner")
    fit, unfit = entry_of(request_id), entry_of(request_id, result="unfit")

    at_once([lambda: deliver(fit), lambda: deliver(unfit)])

    _, _, entries = found(real_database, request_id)
    assert sorted(entries) == [("accepted", 1), ("refused", 1)]


def test_money_beside_a_correction_to_unfit_leaves_no_valid_certificate(
    ask: Any, deliver: Any, entry_of: Any, real_database: Any, now: datetime
) -> None:
    for profession in ("cleaner", "laundry-worker", "cleaner"):
        request_id = ask(profession)
        first = entry_of(request_id)
        deliver(first)
        wrong = entry_of(
            request_id,
            timedelta(hours=2),
            result="unfit",
            corrects=first.subject,
            reason="entry-error",
        )

        at_once(
            [
                lambda request_id=request_id: pay(real_database, request_id, now),
                lambda wrong=wrong: deliver(wrong, timedelta(hours=2)),
            ]
        )

        status, certificates, _ = found(real_database, request_id)
        assert (status, certificates) in (
            ("issued", ["cancelled"]), ("awaiting_examination", []),
        )  # fmt: skip
        with real_database.transaction() as session:
            row = session.get_one(Request, request_id)
            row.ended_at = row.ended_at or now  # the next one may be asked for
            row.version += 1


def test_a_result_beside_its_deadline_issues_or_is_refused(
    ask: Any, deliver: Any, entry_of: Any, real_database: Any, now: datetime
) -> None:
    request_id = ask("cleaner")
    pay(real_database, request_id, now)
    with real_database.transaction() as session:
        until = session.get_one(Request, request_id).examined_until
    before = until - now - timedelta(seconds=1)
    day = (now + before).date().isoformat()
    event = entry_of(request_id, before, examined_on=day)

    def expire() -> None:
        with real_database.transaction() as session:
            deadline = Deadline("request", request_id, "examination", until)
            deadline_due(session, deadline, now=until)

    at_once([expire, lambda: deliver(event, before)])

    assert found(real_database, request_id) in (
        ("issued", ["valid"], [("accepted", 1)]),
        ("not_issued", [], [("refused", 1)]),
    )
