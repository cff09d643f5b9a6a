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
def unreadable(house: Any, invoice: str) -> Iterator[None]:
    """The contacts of an invoice's bill don't open, until their key is back."""
    read = text("SELECT contacts FROM bill WHERE invoice_id = :id")
    write = text("UPDATE bill SET contacts = :value WHERE invoice_id = :id")
    with house.database.transaction() as session:
        before = session.scalar(read, {"id": invoice})
        session.execute(write, {"id": invoice, "value": b"x" * 40})
    yield
    with house.database.transaction() as session:
        session.execute(write, {"id": invoice, "value": before})


def test_a_bill_whose_contacts_do_not_open_keeps_no_other_from_being_registered(
    house: Any,
) -> None:
    poisoned, *others = [house.invoice() for _ in range(4)]

    with unreadable(house, poisoned):
        house.work_off()
        found = {one: house.bill(one).status for one in (poisoned, *others)}
    for seconds in (2, 30, 60):
        house.clock.move(seconds)
        house.work_off()

    assert found == {poisoned: "requested", **dict.fromkeys(others, "registered")}
    assert house.bill(poisoned).status == "registered"
    assert len(house.provider.ledger.bills()) == 4
    assert house.published() == ["bill.registered"] * 4


def test_a_bill_that_cannot_be_ended_at_its_claim_is_postponed_and_the_others_go_on(
    house: Any,
) -> None:
    away = house.engine(provider_url="http://127.0.0.1:1", outgoing_private_hosts="127.0.0.1:1")
    poisoned = house.invoice()
    house.work_off(away)
    house.invoice("withdrawn", invoice_id=poisoned, sequence=2)

    with unreadable(house, poisoned):
        other = house.invoice()
        house.clock.move(60)
        house.work_off(house.engine())
        found = house.bill(poisoned)
        house.clock.move(3_599)
        house.work_off(house.engines[-1])
        still = house.bill(poisoned).status
    house.clock.move(1)
    house.work_off(house.engines[-1])

    assert house.bill(other).status == "registered"
    assert (found.status, still) == ("requested", "requested")
    assert (found.due_at - house.clock.now).total_seconds() == 0
    assert house.bill(poisoned).status == "cancelled"


def test_a_row_that_fails_for_any_reason_when_it_is_recorded_is_left_alone(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = house.invoice(), house.invoice()
    key = house.bill(poisoned).bill_id
    record = register.record

    def breaks(work: Any, policy: Any, done: Any) -> None:
        if key in {one.job.bill_id for one in done}:
            raise LookupError(key)
        record(work, policy, done)

    monkeypatch.setattr(register, "record", breaks)
    house.work_off()
    due_at = house.bill(poisoned).due_at

    assert house.bill(other).status == "registered"
    assert (due_at - house.clock.now).total_seconds() == 3_600


def test_a_bill_that_fails_for_three_days_is_parked_until_somebody_lets_it_go_on(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = house.invoice()
    key = house.bill(poisoned).bill_id

    def breaks(_session: Any, _policy: Any, done: Any, *, now: Any) -> None:
        if done:
            raise LookupError(key)

    with monkeypatch.context() as broken:
        broken.setattr(register, "record", breaks)
        broken.setattr(postponed_rows, "MOST_TRIES", 2)
        for _ in range(3):
            house.work_off()
            house.clock.move(3_600)
    house.clock.move(10 * 24 * 3_600)
    house.work_off()
    still = house.bill(poisoned).status
    with house.database.transaction() as session:
        (entry,) = open_entries(session)
        arguments = session, house.service.due_times, entry, Settlement(RETRIED, "Ali", "mended")
        assert postponed_rows.retry_parked(*arguments, now=house.clock.now)
    house.work_off()

    assert (entry.subject.worker, entry.subject.id, entry.tries) == ("bills", key, 2)
    assert (still, house.bill(poisoned).status) == ("requested", "registered")


def test_a_bill_that_was_tried_a_hundred_times_is_looked_at_by_its_last_attempt_alone(
    house: Any,
) -> None:
    invoice = house.invoice()
    bill = house.bill(invoice)
    with house.database.transaction() as session:
        session.execute(text("UPDATE bill SET attempts = 100"))
        session.add_all(
            Attempt(
                bill_id=bill.bill_id,
                number=number,
                call="register",
                began_at=house.clock.now,
                outcome="not-sent",
            )
            for number in range(1, 101)
        )
    read: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM attempt" in statement:
            read.append(cursor.rowcount)

    event.listen(house.database.engine, "after_cursor_execute", count)
    house.work_off()
    event.remove(house.database.engine, "after_cursor_execute", count)

    assert house.bill(invoice).status == "registered"
    assert read
    assert max(read) == 1
