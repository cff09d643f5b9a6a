"""The walks' promises see what they're for: each rule is broken on purpose, and a walk that was fine isn't any more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chassis.testing_walks import WalkDatabase, require_broken_promise
from invoicing import rules
from permits.commands import recording
from permits.domain import actors, fees
from permits.domain.requests import TRANSITIONS, Action, Status

from .walking_requests import Requests

Break = Callable[[pytest.MonkeyPatch], None]


def never(*_: Any, **__: Any) -> None:
    return None


def approve(walk: Requests) -> None:
    walk.go_on("p_a", 3)
    walk.go_on("p_b", 1)


def pay(walk: Requests) -> None:
    approve(walk)
    walk.bill("p_a", 30)
    walk.money_comes(0)


def cancel_with_held_money(walk: Requests) -> None:
    pay(walk)
    walk.send_back("p_b")
    walk.end("p_b", "cancel", 0)


def pay_a_withdrawn_bill(walk: Requests) -> None:
    approve(walk)
    walk.bill("p_a", 30)
    walk.withdraw_the_bill("p_a")
    walk.money_comes(0)


def pay_twice_with_a_return_between(walk: Requests) -> None:
    pay(walk)
    walk.send_back("p_b")
    walk.correct("p_a", bigger=True, edit=False)
    walk.go_on("p_a", 3)
    walk.go_on("p_b", 1)
    walk.bill("p_a", 30)


def issue_unpaid(walk: Requests) -> None:
    approve(walk)
    walk.do_anything_at_any_time("p_b", "issue_permit")


def issue_unreviewed(walk: Requests) -> None:
    walk.go_on("p_a", 2)
    walk.do_anything_at_any_time("p_b", "approve")
    walk.bill("p_a", 30)
    walk.money_comes(0)
    walk.issue("p_b")


def review_and_approve(walk: Requests) -> None:
    walk.go_on("p_a", 4)


def propose_and_agree(walk: Requests) -> None:
    approve(walk)
    walk.propose("p_a", 90000)
    walk.answer_the_proposal("p_a", agree=True)


def send_back(walk: Requests) -> None:
    walk.go_on("p_a", 3)
    walk.send_back("p_b")


def _held_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "after_giving_up", never)


def _late_money_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "after_payment", never)


def _held_money_is_never_used(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fees, "covers_fee", never)
    patch.setattr(rules, "after_giving_up", never)


def _the_fee_is_optional(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(TRANSITIONS[Action.ISSUE], Status.APPROVED, Status.ISSUED)


def _the_review_is_optional(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(TRANSITIONS[Action.APPROVE], Status.TECHNICAL_REVIEW, Status.APPROVED)


def _anybody_does_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(actors, "broken_duty", never)


def _one_person_settles_the_amount(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fees, "require_another", never)


def _a_returned_request_is_stuck(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(TRANSITIONS[Action.RESUBMIT], Status.RETURNED)


def _returns_are_not_published(patch: pytest.MonkeyPatch) -> None:
    publish = recording.publish

    def quiet(session: Any, event: Any) -> None:
        if not event.type.endswith(".returned.v1"):
            publish(session, event)

    patch.setattr(recording, "publish", quiet)


BROKEN: dict[str, tuple[Break, Callable[[Requests], None]]] = {
    "held money is forgotten when its request ends": (_held_is_forgotten, cancel_with_held_money),
    "money for a withdrawn bill isn't noticed": (_late_money_is_not_noticed, pay_a_withdrawn_bill),
    "held money stays beside a new bill": (
        _held_money_is_never_used,
        pay_twice_with_a_return_between,
    ),
    "a permit without a fee": (_the_fee_is_optional, issue_unpaid),
    "a permit without a review": (_the_review_is_optional, issue_unreviewed),
    "one person reviews and approves": (_anybody_does_anything, review_and_approve),
    "one person settles an amount": (_one_person_settles_the_amount, propose_and_agree),
    "no way out of a return": (_a_returned_request_is_stuck, send_back),
    "an event is missing": (_returns_are_not_published, send_back),
}
# The promise that each broken rule breaks.
PROMISES = {
    "held money is forgotten when its request ends": "money is held for what ended or is paid",
    "money for a withdrawn bill isn't noticed": "a bill is settled without money",
    "held money stays beside a new bill": "held money of another round",
    "a permit without a fee": "issued without payment",
    "a permit without a review": "issued without review and approval",
    "one person reviews and approves": "one person did both acts of reviewed-approves",
    "one person settles an amount": "one person proposed and agreed to an amount",
    "no way out of a return": "no way out of returned",
    "an event is missing": "a change without an event",
}


@dataclass
class Walking:
    """Takes one walk and looks at its promises, at its end too, as the state machine does."""

    database: WalkDatabase
    desk_class: Any
    house: Any

    def __call__(self, take: Callable[[Requests], None]) -> None:
        walk = Requests(self.database, self.desk_class, self.house)
        try:
            take(walk)
            walk.everything_holds()
        except BaseException:
            self.database.end_walk()
            raise
        walk.teardown()


@pytest.fixture
def walking(session: Any, database: Any, desk_class: Any, house: Any) -> Walking:
    return Walking(WalkDatabase(session, database), desk_class, house)


@pytest.mark.parametrize("what", BROKEN)
def test_a_walk_is_fine_until_a_rule_is_broken(
    walking: Walking, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    break_it, take = BROKEN[what]
    walking(take)

    require_broken_promise(monkeypatch, break_it, PROMISES[what], lambda: walking(take))
