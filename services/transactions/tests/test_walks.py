"""Walks through the lives of transactions: however they go, the invariants of walking.py hold; and each deliberate bug
makes a walk fail, by name.

`make walks SERVICE=transactions` takes many walks."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import false, or_

from chassis.process import Process
from chassis.testing_walks import Break, WalkDatabase, require_broken_promise, take_walks
from transactions import events, queries
from transactions.commands import enter as entering
from transactions.commands import move, recording
from transactions.domain import access, due_days
from transactions.domain.access import Reach
from transactions.domain.transactions import LIFE, Action, Status
from transactions.models import Transaction

from .people import CLERK, OWNER, STAFF_OFFICER, STRANGER, SURVEYOR, SURVEYOR_ELSEWHERE
from .walking import TALLY, Register, WalkFixtures

Steps = Callable[[Register], None]


@pytest.fixture
def fixtures(service: Any, settings: Any, database: Any, session: Any) -> WalkFixtures:
    return WalkFixtures(WalkDatabase(session, database), Process(service, settings, database))


def test_no_order_of_moves_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(
        partial(Register, fixtures), TALLY, connection=fixtures.database.session.connection()
    )


def registry_sees_confidential(patch: pytest.MonkeyPatch) -> None:
    is_seen = queries.is_seen

    def see_more(reach: Reach) -> Any:
        return or_(is_seen(reach), Transaction.confidential if reach.registry else false())

    patch.setattr(queries, "is_seen", see_more)


def any_department_moves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reach, "has", lambda _self, _row: True)


def other_branch_moves(patch: pytest.MonkeyPatch) -> None:
    reach = access.reach_of
    patch.setattr(
        access, "reach_of", lambda actor: replace(reach(actor), municipality=None, registry=True)
    )


def applicant_days_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(due_days, "waited_days", lambda *_: 0)


def ended_moves(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(LIFE.steps[Action.REFER], Status.FILED, Status.WITH_DEPARTMENT)  # type: ignore[index,arg-type]


def answer_leaves_the_deadline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(move, "drop_deadline", lambda *_: None)


def confidential_event_tells_kind(patch: pytest.MonkeyPatch) -> None:
    record = Transaction.record
    patch.setattr(Transaction, "record", lambda self: {**record(self), "kind": self.kind})


def confidential_applicant_is_told(patch: pytest.MonkeyPatch) -> None:
    contact = events.applicant_contact
    patch.setattr(
        events,
        "applicant_contact",
        lambda applicant, *, confidential: contact(applicant, confidential=False),
    )


def confidential_is_inquired(patch: pytest.MonkeyPatch) -> None:
    inquiry = events.inquiry_of
    patch.setattr(
        events,
        "inquiry_of",
        lambda record, applicant: inquiry({**record, "confidential": False}, applicant),
    )


def number_is_skipped(patch: pytest.MonkeyPatch) -> None:
    draw = entering.draw
    patch.setattr(entering, "draw", lambda *named: draw(*named) and draw(*named))


def citizen_answers_for_another(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(move, "lock_own", lambda work, _citizen, one: work.lock(Transaction, one))


def move_without_history(patch: pytest.MonkeyPatch) -> None:
    add = recording.add_movement

    def add_some(work: Any, row: Any, action: Action, **named: Any) -> None:
        if action is not Action.ANSWER:
            add(work, row, action, **named)

    patch.setattr(recording, "add_movement", add_some)


def confidential_is_returned(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(move, "require_returnable", lambda _row: None)


def former_department_refers(patch: pytest.MonkeyPatch) -> None:
    refer = move.refer

    def refer_what_is_seen(*named: Any, **terms: Any) -> Transaction:
        with pytest.MonkeyPatch.context() as during:
            during.setattr(move, "lock_as_registry_or_department", recording.lock_seen)
            return refer(*named, **terms)

    patch.setattr(move, "refer", refer_what_is_seen)


def department_elsewhere_withdraws(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recording, "require_registry_or_department", lambda *_: None)


def enter(walk: Register) -> None:
    walk.begin(confidential=False)


def enter_confidential(walk: Register) -> None:
    walk.begin(confidential=True)


def decide_as_registry(walk: Register) -> None:
    enter(walk)
    walk.decide(0, CLERK, "approved")


def decide_elsewhere(walk: Register) -> None:
    enter(walk)
    walk.decide(0, SURVEYOR_ELSEWHERE, "approved")


def answer_later(walk: Register) -> None:
    enter(walk)
    walk.send_back(0, SURVEYOR)
    walk.wait(4)
    walk.answer(0, OWNER)


def answer_as_stranger(walk: Register) -> None:
    enter(walk)
    walk.send_back(0, SURVEYOR)
    walk.answer(0, STRANGER)


def return_confidential(walk: Register) -> None:
    enter_confidential(walk)
    walk.send_back(1, STAFF_OFFICER)


def withdraw_elsewhere(walk: Register) -> None:
    enter(walk)
    walk.withdraw_at_counter(0, SURVEYOR_ELSEWHERE)


def refer_again(walk: Register) -> None:
    enter(walk)
    walk.refer(0, SURVEYOR, "engineering", None)
    walk.refer(0, SURVEYOR, "human-resources", None)


def refer_after_filing(walk: Register) -> None:
    enter(walk)
    walk.file_away(0, SURVEYOR)
    walk.check()
    walk.refer(0, SURVEYOR, "engineering", None)


BUGS: dict[Break, tuple[Steps, str]] = {
    registry_sees_confidential: (enter_confidential, "a confidential one is seen"),
    any_department_moves: (decide_as_registry, "another department's transaction"),
    other_branch_moves: (decide_elsewhere, "another department's transaction"),
    applicant_days_count: (answer_later, "due day"),
    ended_moves: (refer_after_filing, "an ended transaction moved|ended_at"),
    answer_leaves_the_deadline: (answer_later, "deadline"),
    confidential_is_returned: (return_confidential, "waits for its applicant"),
    confidential_event_tells_kind: (enter_confidential, "secret kind"),
    confidential_applicant_is_told: (enter_confidential, "secret contact"),
    confidential_is_inquired: (enter_confidential, "secret inquiry"),
    number_is_skipped: (enter, "gap in the numbers"),
    citizen_answers_for_another: (answer_as_stranger, "another person's transaction"),
    former_department_refers: (refer_again, "a referral of another department's transaction"),
    department_elsewhere_withdraws: (withdraw_elsewhere, "another department's transaction"),
    move_without_history: (answer_later, "doesn't stand in the history"),
}


def take(fixtures: WalkFixtures, steps: Steps) -> None:
    """Takes the steps on an empty register, and checks every invariant."""
    walk = Register(fixtures)
    try:
        steps(walk)
        walk.check()
    finally:
        walk.teardown()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_walk_that_was_fine_catches_the_bug(
    bug: Break, fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, message = BUGS[bug]
    take(fixtures, steps)

    require_broken_promise(monkeypatch, bug, message, lambda: take(fixtures, steps))
