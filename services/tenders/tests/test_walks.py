"""Walks through the lives of tenders and leases: however they go, the invariants of walking.py hold, and each
deliberate bug makes a walk fail, by name.

`make walks SERVICE=tenders` takes many walks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chassis.process import Process
from chassis.testing_walks import (
    Break,
    WalkDatabase,
    require_broken_promise,
    switch_off,
    take_walks,
)
from tenders import events, models, queries
from tenders.commands import (
    awards,
    bids,
    booklets,
    files,
    followers,
    publishing,
    questions,
    recording,
)
from tenders.domain import leases, offerings
from tenders.models import Tender

from .people import BUYER, CLERK, ELSEWHERE, OPENER, PREPARER
from .walking import TALLY, Market, WalkFixtures

Steps = Callable[[Market], None]
TENDER, LEASE = 0, 1  # the offerings with which a walk begins


@pytest.fixture
def fixtures(service: Any, settings: Any, database: Any, session: Any) -> WalkFixtures:
    return WalkFixtures(WalkDatabase(session, database), Process(service, settings, database))


def test_no_order_of_steps_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(partial(Market, fixtures), TALLY, connection=fixtures.database.session.connection())


bid_after_the_deadline = switch_off(bids, "require_bids_open")
opened_too_early = switch_off(bids, "require_opening_time")
bid_left_out = switch_off(bids, "check_opening")
opener_awards = switch_off(awards, "require_another_person")
below_the_minimum = switch_off(awards, "require_minimum")
other_branch_publishes = switch_off(recording, "require_reach")
question_after_its_deadline = switch_off(questions, "require_questions_open")
cancellation_leaves_the_clock = switch_off(awards, "drop_clock")
amendment_leaves_the_clock = switch_off(publishing, "set_closing")


withdrawn_late = switch_off(bids, "require_bids_sealed")
withdrawn_alone = switch_off(bids, "require_another_person")
sold_late = switch_off(booklets, "require_bids_open")
cancellation_keeps_the_money = switch_off(awards, "end_purchases")


def late_money_buys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(booklets, "is_paid_in_time", lambda _paid_at, _bids_until: True)


def close_withdraws_the_bills(patch: pytest.MonkeyPatch) -> None:
    drop_clock = publishing.drop_clock

    def drop_clock_and_bills(work: Any, row: Any) -> None:
        drop_clock(work, row)
        if row.aggregate_type == "lease":
            booklets.end_purchases(work, row, give_back=False)

    patch.setattr(publishing, "drop_clock", drop_clock_and_bills)


def estimate_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(models, "shows_estimate", lambda _awarded_at: True)


def loser_is_told(patch: pytest.MonkeyPatch) -> None:
    record = events.record_of

    def record_more(row: Any) -> Any:
        made = record(row)
        made["bidders"] = ["مؤسسة"] if row.status == "opened" else []
        return made

    patch.setattr(events, "record_of", record_more)


def receipt_counts_a_version(patch: pytest.MonkeyPatch) -> None:
    from chassis.data.unit_of_work import UnitOfWork

    patch.setattr(UnitOfWork, "record_action", UnitOfWork.record_change)


def deadline_moves_to_earlier(patch: pytest.MonkeyPatch) -> None:
    def take_any(before: Any, changes: Any, _findings: Any) -> offerings.Deadlines:
        names = ("questions_until", "bids_until", "opens_at")
        return offerings.Deadlines(*(changes.get(one) or getattr(before, one) for one in names))

    patch.setattr(publishing, "amend_deadlines", take_any)


def followers_stop_at_the_first_batch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(followers, "BATCH", 1)
    patch.setattr(followers, "set_deadline", lambda *_: None)


def extended_without_end(patch: pytest.MonkeyPatch) -> None:
    extend = leases.extend_term
    patch.setattr(
        awards, "extend_term", lambda last, **named: extend(last, **{**named, "extended": False})
    )


def term_counts_from_the_contract(patch: pytest.MonkeyPatch) -> None:
    ends_on = leases.ends_on
    patch.setattr(awards, "ends_on", lambda day, **named: ends_on(day.replace(day=1), **named))


def withdrawn_file_is_lost(patch: pytest.MonkeyPatch) -> None:
    claim = publishing.claim_files

    def claim_and_release(work: Any, row: Any, *named: Any) -> Any:
        found = claim(work, row, *named)
        files.release_files(work, row, keep={one["attachment_id"] for one in found})
        return found

    patch.setattr(publishing, "claim_files", claim_and_release)


def draft_file_is_public(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(queries, "editions_of", lambda session, key: [session.get_one(Tender, key)])


def draft_is_told(patch: pytest.MonkeyPatch) -> None:
    def publish_draft(work: Any, row: Any, action: Any) -> None:
        row.number = row.number or "14480459999999"
        row.ocid = f"ocds-qatif0-{row.number}"
        row.published_at, row.edition = work.now, 1
        recording.record_public_change(work, row, action, "cancelled")
        row.number = None

    patch.setattr(awards, "record_draft", publish_draft)


def go_to_opening(walk: Market, which: int) -> None:
    walk.receive(which, 1)
    walk.receive(which, 2)
    walk.wait(12)
    walk.wait(12)
    walk.open(which, True)


def receive_late(walk: Market) -> None:
    walk.now = walk.pick(TENDER)[2].bids_until
    walk.receive(TENDER, 1)


def open_early(walk: Market) -> None:
    walk.receive(TENDER, 1)
    walk.now = walk.pick(TENDER)[2].bids_until
    walk.open(TENDER, True)


def leave_one_out(walk: Market) -> None:
    walk.receive(TENDER, 1)
    walk.wait(31)
    walk.open(TENDER, False)


def award_as_opener(walk: Market) -> None:
    go_to_opening(walk, TENDER)
    walk.award(TENDER, OPENER, 1)


def award_too_little(walk: Market) -> None:
    walk.receive(LEASE, 2)
    walk.wait(12)
    walk.wait(12)
    walk.open(LEASE, True)
    walk.award(LEASE, PREPARER, 2)


def cancel_elsewhere(walk: Market) -> None:
    walk.cancel(TENDER, ELSEWHERE)


def ask_late(walk: Market) -> None:
    walk.now = walk.pick(TENDER)[2].questions_until
    walk.ask_and_answer(TENDER)


def withdraw_late(walk: Market) -> None:
    walk.receive(TENDER, 1)
    walk.now = walk.pick(TENDER)[2].opens_at
    walk.withdraw(TENDER, 1, OPENER)


def withdraw_alone(walk: Market) -> None:
    walk.receive(TENDER, 1)
    walk.withdraw(TENDER, 1, CLERK)


def buy_late(walk: Market) -> None:
    walk.now = walk.pick(LEASE)[2].bids_until
    walk.buy(LEASE, BUYER["mobile"])


def pay_late(walk: Market) -> None:
    walk.buy(LEASE, BUYER["mobile"])
    walk.wait(31)
    walk.pay(LEASE, in_time=False)


def hear_late_of_money_in_time(walk: Market) -> None:
    walk.buy(LEASE, BUYER["mobile"])
    walk.wait(31)
    walk.pay(LEASE, in_time=True)


def pay_and_cancel(walk: Market) -> None:
    walk.buy(LEASE, BUYER["mobile"])
    walk.pay(LEASE, in_time=True)
    walk.cancel(LEASE, PREPARER)


def cancel_after_award(walk: Market) -> None:
    go_to_opening(walk, LEASE)
    walk.award(LEASE, PREPARER, 1)
    walk.cancel(LEASE, PREPARER)


def amend_later(walk: Market) -> None:
    walk.amend(TENDER, PREPARER, 5)


def amend_to_earlier(walk: Market) -> None:
    walk.amend(TENDER, PREPARER, -2)


def open_in_time(walk: Market) -> None:
    go_to_opening(walk, TENDER)


def receive_in_time(walk: Market) -> None:
    walk.receive(TENDER, 1)


def tell_two_followers(walk: Market) -> None:
    walk.follow(TENDER, "+966500000001")
    walk.follow(TENDER, "+966500000002")
    walk.cancel(TENDER, PREPARER)


def hand_over(walk: Market) -> None:
    go_to_opening(walk, LEASE)
    walk.award(LEASE, PREPARER, 1)
    walk.wait(4)
    walk.sign(LEASE)
    walk.hand_over(LEASE)


def extend_twice(walk: Market) -> None:
    from tenders.domain.offerings import Action

    hand_over(walk)
    walk.lease_step(LEASE, Action.EXTEND)
    walk.lease_step(LEASE, Action.EXTEND)


def withdraw_a_file(walk: Market) -> None:
    walk.amend_files(TENDER, PREPARER, 1, keeps=True)
    walk.amend_files(TENDER, PREPARER, 0, keeps=False)


def name_a_file(walk: Market) -> None:
    walk.draft(Tender)
    walk.name_files(2, PREPARER, 1)


def cancel_a_draft(walk: Market) -> None:
    walk.draft(Tender)
    walk.cancel(2, PREPARER)


BUGS: dict[str, tuple[Break, Steps, str]] = {
    "bid_after_the_deadline": (bid_after_the_deadline, receive_late, "a bid after the deadline"),
    "opened_too_early": (opened_too_early, open_early, "opened before its time"),
    "bid_left_out": (bid_left_out, leave_one_out, "a bid was left out|contents of a sealed bid"),
    "opener_awards": (opener_awards, award_as_opener, "the opener awarded"),
    "below_the_minimum": (below_the_minimum, award_too_little, "below the least rent"),
    "other_branch_publishes": (other_branch_publishes, cancel_elsewhere, "another branch's"),
    "question_after_its_deadline": (question_after_its_deadline, ask_late, "after its deadline"),
    "cancellation_leaves_the_clock": (
        *(cancellation_leaves_the_clock, cancel_after_award, "clock of a silent winner"),
    ),
    "amendment_leaves_the_clock": (
        *(amendment_leaves_the_clock, amend_later, "the clock of another deadline|clock of a"),
    ),
    "estimate_is_told": (estimate_is_told, open_in_time, "secret estimate"),
    "loser_is_told": (loser_is_told, open_in_time, "a bidder is told"),
    "receipt_counts_a_version": (receipt_counts_a_version, receive_in_time, "counts a version"),
    "deadline_moves_to_earlier": (deadline_moves_to_earlier, amend_to_earlier, "to earlier"),
    "followers_stop_at_the_first_batch": (
        *(followers_stop_at_the_first_batch, tell_two_followers, "a follower wasn't told"),
    ),
    "extended_without_end": (extended_without_end, extend_twice, "extended twice"),
    "term_counts_from_the_contract": (
        *(term_counts_from_the_contract, hand_over, "counted from the hand-over"),
    ),
    "withdrawn_late": (withdrawn_late, withdraw_late, "when bids may be open"),
    "withdrawn_alone": (withdrawn_alone, withdraw_alone, "withdrew alone"),
    "sold_late": (sold_late, buy_late, "sold after the deadline"),
    "late_money_buys": (late_money_buys, pay_late, "paid after the deadline"),
    "close_withdraws_the_bills": (
        *(close_withdraws_the_bills, hear_late_of_money_in_time, "money in time buys nothing"),
    ),
    "cancellation_keeps_the_money": (
        *(cancellation_keeps_the_money, pay_and_cancel, "money isn't given back"),
    ),
    "withdrawn_file_is_lost": (withdrawn_file_is_lost, withdraw_a_file, "of an edition is gone"),
    "draft_file_is_public": (draft_file_is_public, name_a_file, "read by everybody"),
    "draft_is_told": (draft_is_told, cancel_a_draft, "a draft is told"),
}


def take(fixtures: WalkFixtures, steps: Steps) -> None:
    """Takes the steps on an empty register, and checks every invariant."""
    walk = Market(fixtures)
    try:
        walk.begin()
        steps(walk)
        walk.check()
    finally:
        walk.teardown()


@pytest.mark.parametrize("name", BUGS)
def test_a_walk_that_was_fine_catches_the_bug(
    name: str, fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug, steps, message = BUGS[name]
    take(fixtures, steps)

    require_broken_promise(monkeypatch, bug, message, lambda: take(fixtures, steps))
