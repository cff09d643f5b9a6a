"""Bills that can't be dealt with: each is postponed alone, and all others are registered."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from chassis.data import postponed_rows
from chassis.data.parking import RETRIED, Settlement, open_entries
from payments.commands import register
from payments.models import Attempt


@contextmanager
def unreadable(system: Any, invoice: str) -> Iterator[None]:
    """The contacts of an invoice's bill don't open, until their key is back."""
    read = text("SELECT contacts FROM bill WHERE invoice_id = :id")
    write = text("UPDATE bill SET contacts = :value WHERE invoice_id = :id")
    with system.database.transaction() as session:
        before = session.scalar(read, {"id": invoice})
        session.execute(write, {"id": invoice, "value": b"x" * 40})
    yield
    with system.database.transaction() as session:
        session.execute(write, {"id": invoice, "value": before})


def test_a_bill_whose_contacts_do_not_open_keeps_no_other_from_being_registered(
    system: Any,
) -> None:
    poisoned, *others = [system.invoice() for _ in range(4)]

    with unreadable(system, poisoned):
        system.work_off()
        found = {one: system.bill(one).status for one in (poisoned, *others)}
    for seconds in (2, 30, 60):
        system.clock.move(seconds)
        system.work_off()

    assert found == {poisoned: "requested", **dict.fromkeys(others, "registered")}
    assert system.bill(poisoned).status == "registered"
    assert len(system.provider.ledger.bills()) == 4
    assert system.published() == ["bill.registered"] * 4


def test_a_bill_that_cannot_be_ended_at_its_claim_is_postponed_and_other_bills_go_on(
    system: Any,
) -> None:
    away = system.engine(provider_url="http://127.0.0.1:1", outgoing_private_hosts="127.0.0.1:1")
    poisoned = system.invoice()
    system.work_off(away)
    system.invoice("withdrawn", invoice_id=poisoned, sequence=2)

    with unreadable(system, poisoned):
        other = system.invoice()
        system.clock.move(60)
        system.work_off(system.engine())
        found = system.bill(poisoned)
        system.clock.move(3_599)
        system.work_off(system.engines[-1])
        still = system.bill(poisoned).status
    system.clock.move(1)
    system.work_off(system.engines[-1])

    assert system.bill(other).status == "registered"
    assert (found.status, still) == ("requested", "requested")
    assert (found.due_at - system.clock.now).total_seconds() == 0
    assert system.bill(poisoned).status == "cancelled"


def test_a_row_whose_outcome_cannot_be_stored_is_postponed(
    system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = system.invoice(), system.invoice()
    key = system.bill(poisoned).bill_id
    record = register.record

    def breaks(work: Any, policy: Any, done: Any) -> None:
        if key in {one.job.bill_id for one in done}:
            raise LookupError(key)
        record(work, policy, done)

    monkeypatch.setattr(register, "record", breaks)
    system.work_off()
    due_at = system.bill(poisoned).due_at

    assert system.bill(other).status == "registered"
    assert (due_at - system.clock.now).total_seconds() == 3_600


def test_a_bill_that_fails_for_three_days_is_parked_until_a_person_retries_it(
    system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = system.invoice()
    key = system.bill(poisoned).bill_id

    def breaks(_session: Any, _policy: Any, done: Any, *, now: Any) -> None:
        if done:
            raise LookupError(key)

    with monkeypatch.context() as broken:
        broken.setattr(register, "record", breaks)
        broken.setattr(postponed_rows, "MOST_TRIES", 2)
        for _ in range(3):
            system.work_off()
            system.clock.move(3_600)
    system.clock.move(10 * 24 * 3_600)
    system.work_off()
    still = system.bill(poisoned).status
    with system.database.transaction() as session:
        (entry,) = open_entries(session)
        arguments = session, system.service.due_times, entry, Settlement(RETRIED, "Ali", "mended")
        assert postponed_rows.retry_parked(*arguments, now=system.clock.now)
    system.work_off()

    assert (entry.subject.worker, entry.subject.id, entry.tries) == ("bills", key, 2)
    assert (still, system.bill(poisoned).status) == ("requested", "registered")


def test_only_the_last_attempt_of_a_bill_is_read(
    system: Any,
) -> None:
    invoice = system.invoice()
    bill = system.bill(invoice)
    with system.database.transaction() as session:
        session.execute(text("UPDATE bill SET attempts = 100"))
        session.add_all(
            Attempt(
                bill_id=bill.bill_id,
                number=number,
                call="register",
                began_at=system.clock.now,
                outcome="not-sent",
            )
            for number in range(1, 101)
        )
    read: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM attempt" in statement:
            read.append(cursor.rowcount)

    event.listen(system.database.engine, "after_cursor_execute", count)
    system.work_off()
    event.remove(system.database.engine, "after_cursor_execute", count)

    assert system.bill(invoice).status == "registered"
    assert read
    assert max(read) == 1
