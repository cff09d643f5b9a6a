"""Walks of an establishment with two doors: however they go, the promises of promises_of_licences.py hold; and each
promise sees what it's for, because a rule that is broken on purpose makes a story fail that was fine."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_walks import (
    Break,
    WalkDatabase,
    require_broken_promise,
    switch_off,
    take_walks,
)
from invoicing.machine import Invoicing
from licences import chores, consumers
from licences.commands import bill, correct, issue, recording, submit, supervise
from licences.commands.activities import publish_activities
from licences.commands.recording import SYSTEM

from .walking_licences import BEGAN, TALLY, Licences, WalkFixtures


@pytest.fixture
def fixtures(
    session: Any, database: Any, context: Any, service: Any, settings: Any
) -> WalkFixtures:
    publish_activities(UnitOfWork(session, SYSTEM, BEGAN))
    process = Process(service, settings, database)
    return WalkFixtures(WalkDatabase(session, database), context, process)


def test_no_order_of_events_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(
        lambda: Licences(fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=4,
        steps=30,
    )


def bill_and_withdraw(walk: Licences) -> None:
    walk.apply_and_pay(0, False, False)
    walk.officer_acts(0, "withdraw")


def pay_after_a_withdrawal(walk: Licences) -> None:
    bill_and_withdraw(walk)
    walk.money_comes(0, 0, False)


def pay_for_a_stopped_licence(walk: Licences) -> None:
    walk.apply_and_pay(0, False, True)
    walk.time_passes(280, True)
    walk.renew_and_pay(0, False)
    walk.the_municipality_acts(0, "suspend")
    walk.everything_holds()
    walk.pay_open_bills(True)


def cancel_a_bill(walk: Licences) -> None:
    walk.apply_and_pay(0, False, False)
    walk.a_bill_ends(0, "cancelled")


def let_a_bill_lapse(walk: Licences) -> None:
    walk.apply_and_pay(0, False, False)
    walk.time_passes(366, True)


def pay_in_time_and_be_heard_late(walk: Licences) -> None:
    walk.apply_and_pay(0, False, False)
    walk.a_bill_ends(0, "expired")
    walk.everything_holds()
    walk.money_comes(0, 0, False)


def move(walk: Licences) -> None:
    walk.apply_and_pay(0, False, True)
    walk.move_and_pay(0, 1, True)


def renew_twice(walk: Licences) -> None:
    walk.apply_and_pay(0, False, True)
    walk.time_passes(280, True)
    walk.renew_and_pay(0, False)
    walk.renew_and_pay(0, False)


def suspend_and_renew(walk: Licences) -> None:
    walk.apply_and_pay(0, False, True)
    walk.the_municipality_acts(0, "suspend")
    walk.everything_holds()
    walk.the_municipality_acts(0, "close")


def forget_what_was_before(patch: pytest.MonkeyPatch) -> None:
    """A licence that is stopped a second time is valid."""
    stop = supervise._stop

    def stop_first_only(work: Any, row: Any, *what: Any) -> Any:
        stopped = row.status
        changed = stop(work, row, *what)
        row.status = "valid" if stopped == "suspended" else row.status
        return changed

    patch.setattr(supervise, "_stop", stop_first_only)


def publish_no_bill(patch: pytest.MonkeyPatch) -> None:
    publish = recording.publish

    def quiet(session: Any, event: Any) -> None:
        if not event.type.endswith(".billed.v1"):
            publish(session, event)

    patch.setattr(recording, "publish", quiet)


BUGS: dict[str, tuple[Break, Callable[[Licences], None]]] = {
    "a withdrawn application's bill stays open": (
        switch_off(correct, "withdraw_invoice"),
        bill_and_withdraw,
    ),
    "late money is forgotten": (switch_off(bill.Invoicing, "take_payment"), pay_after_a_withdrawal),
    "the money for a stopped licence is kept": (
        switch_off(Invoicing, "give_up"),
        pay_for_a_stopped_licence,
    ),
    "a cancelled bill isn't replaced": (switch_off(bill, "_bill_again"), cancel_a_bill),
    "a lapsed bill's deadline does nothing": (switch_off(chores, "end_overdue"), let_a_bill_lapse),
    "paid in time is lost": (
        switch_off(consumers, "revive_paid_in_time"),
        pay_in_time_and_be_heard_late,
    ),
    "a licence that was left stays": (
        switch_off(issue, "cancel_licence", lambda _, licence, *__: licence),
        move,
    ),
    "a licence is asked for twice": (switch_off(submit, "_require_no_other"), renew_twice),
    "deadlines outlive their application": (
        switch_off(recording, "drop_pending_work"),
        bill_and_withdraw,
    ),
    "a second stop ends the first": (forget_what_was_before, suspend_and_renew),
    "a bill isn't published": (publish_no_bill, bill_and_withdraw),
}
# The promise that each bug breaks.
PROMISES = {
    "a withdrawn application's bill stays open": "requested, owed: False",
    "late money is forgotten": "money without a place",
    "the money for a stopped licence is kept": "money is kept for what was not issued",
    "a cancelled bill isn't replaced": "ended, owed: True",
    "a lapsed bill's deadline does nothing": "waiting: a deadline is missing or too many",
    "paid in time is lost": "paid in time, and lost",
    "a licence that was left stays": "left, and still there",
    "a licence is asked for twice": "two open requests about one licence",
    "deadlines outlive their application": "withdrawn: a deadline is missing or too many",
    "a second stop ends the first": "valid by itself",
    "a bill isn't published": "application: a change without an event",
}


def play(fixtures: WalkFixtures, story: Callable[[Licences], None]) -> None:
    walk = Licences(fixtures)
    try:
        story(walk)
        walk.everything_holds()
    finally:
        walk.teardown()


@pytest.mark.parametrize("name", BUGS)
def test_a_story_is_fine_until_a_bug_is_put_in(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put_in, story = BUGS[name]
    play(fixtures, story)

    require_broken_promise(monkeypatch, put_in, PROMISES[name], lambda: play(fixtures, story))
