"""What the path from a submission to the decision costs the database. A statement more on this path needs a reason."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from chassis.data.calls import CompletedCall
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.submit import submit_from_partner
from licences.models import Application
from licences.outside import set_bodies_configured
from licences.workers import OutsideAsker


@pytest.fixture
def count(process: Process[Any, Any]) -> Callable[[Callable[[], object]], int]:
    """Returns a function that counts the statements of a step, without BEGIN, COMMIT and the relay's wake-up."""

    @contextmanager
    def listening() -> Iterator[list[str]]:
        ran: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if (
                "pg_notify" not in statement
            ):  # a process wakes the relays ten times a second at most
                ran.append(statement)

        event.listen(process.database.engine, "before_cursor_execute", note)
        yield ran
        event.remove(process.database.engine, "before_cursor_execute", note)

    def counted(step: Callable[[], object]) -> int:
        with listening() as ran:
            step()
        return len(ran)

    return counted


def test_a_licence_with_a_fee_costs_few_statements(
    process: Process[Any, Any], outside: Any, submission: Any, officer: Any, shop: Any, count: Any
) -> None:
    database, now = process.database, datetime.now(UTC)
    set_bodies_configured(database, configured=True)
    calls = OutsideAsker(process, outside, clock=lambda: now + timedelta(seconds=1))
    sent = submission(shop(lease={**shop()["lease"]}), submitted_at=now)
    jobs: list[Any] = []

    def submit() -> None:
        with database.transaction() as session:
            submit_from_partner(UnitOfWork(session, officer, now), sent)

    def pay() -> None:
        with database.transaction() as session:
            row = session.get_one(Application, sent.application_id)
            work = UnitOfWork(session, SYSTEM, now)
            receive_payment(work, str(row.invoice_id), paid_at=now)

    submitted = count(submit)
    claimed = count(lambda: jobs.extend(calls.record_and_claim([], 8)))
    decided = count(
        lambda: calls.record_and_claim([CompletedCall(jobs[0], calls.call(jobs[0], 0))], 0)
    )
    paid = count(pay)

    with database.transaction() as session:
        assert session.get_one(Application, sent.application_id).status == "issued"
    assert submitted <= 9
    assert claimed <= 6
    assert decided <= 15
    assert paid <= 16
