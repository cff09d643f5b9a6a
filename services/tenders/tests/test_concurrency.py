"""What several connections do to each other, with real commits: a bid beside an amendment, a cancellation beside an
award, a mobile that follows twice, and a settlement behind the back of a follower."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound, Refusal
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from tenders.commands import awards, bids, booklets, publishing
from tenders.domain.actors import CLOCK, PAYMENTS
from tenders.lookups import bids_of, standing_bids
from tenders.models import (
    BookletPurchase,
    Edition,
    Follower,
    FollowerNotice,
    Invoice,
    Lease,
    OcdsRelease,
)

from .people import BOOKLET_URL, BUYER, CANCELLATION, CLERK, OPENER, PREPARER
from .stages import AFTER, NOW, award, bring, work
from .test_life import LATER, follow

TABLES = (
    *("tender", "lease", "edition", "bid", "question", "follower", "notice", "ocds_release"),
    *("booklet", "invoice", "number_series", "outbox", "deadline"),
)
Command = Callable[[Any], Any]


@pytest.fixture
def committed(real_database: Any) -> Iterator[Callable[..., str]]:
    """`committed("opened")` is the id of a lease at this stage, really committed."""

    def bring_lease(stage: str, **changes: Any) -> str:
        with real_database.transaction() as session:
            return str(bring(session, Lease, stage, **changes).lease_id)

    yield bring_lease
    with real_database.transaction() as session:
        session.execute(text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))


def at_once(database: Any, *commands: Command) -> list[Any]:
    """Runs commands that start together, each in a transaction of its own. Returns each one's answer or refusal."""
    start = Barrier(len(commands))

    def run(command: Command) -> Any:
        start.wait()
        try:
            with database.transaction() as session:
                command(session)
        except Refusal as refusal:
            return refusal
        return "done"

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands))


def cancel(unit: UnitOfWork, lease_id: str) -> None:
    awards.cancel_offering(unit, Lease, lease_id, CANCELLATION)


def test_a_bid_is_recorded_beside_an_amendment(real_database: Any, committed: Any) -> None:
    key = committed("published")

    def receive(session: Any) -> None:
        bids.receive_bid(
            work(session, CLERK), Lease, key, {"receipt_number": "E-1", "source": "paper"}
        )

    def amend(session: Any) -> None:
        publishing.amend_offering(work(session, PREPARER), Lease, key, LATER)

    answers = at_once(real_database, receive, amend)

    assert answers == ["done", "done"]
    with real_database.transaction() as session:
        row = session.get_one(Lease, key)
        editions = session.scalars(select(Edition.edition).where(Edition.offering_id == key)).all()
        assert (sorted(editions), len(bids_of(session, key))) == ([1, 2], 1)
        assert pending(session, "lease", key) == {"close": row.bids_until}
        assert row.bids_until == LATER["bids_until"]


def test_a_withdrawal_beside_the_same_withdrawal_is_recorded_once(
    real_database: Any, committed: Any
) -> None:
    key = committed("received")
    body = {"receipt_number": "E-1", "reason": "سُجل خطأ"}

    answers = at_once(
        real_database,
        *([lambda session: bids.withdraw_receipt(work(session, OPENER), Lease, key, body)] * 4),
    )

    assert answers.count("done") == 1
    assert {type(one) for one in answers if one != "done"} == {InvalidFields}
    with real_database.transaction() as session:
        assert sorted(standing_bids(session, key)) == ["E-2", "E-3"]


def test_a_mobile_that_buys_many_times_at_once_gets_one_bill(
    real_database: Any, committed: Any
) -> None:
    key = committed("published", booklet_url=BOOKLET_URL)

    answers = at_once(
        real_database,
        *([lambda session: booklets.buy(work(session, CLOCK), key, BUYER, bill_days=5)] * 6),
    )

    assert answers == ["done"] * 6
    with real_database.transaction() as session:
        assert len(session.scalars(select(Invoice)).all()) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_a_payment_beside_a_cancellation_ends_with_the_money_on_its_way_back(
    real_database: Any, committed: Any, attempt: int
) -> None:
    key = committed("published", booklet_url=BOOKLET_URL)
    with real_database.transaction() as session:
        purchase = booklets.buy(work(session, CLOCK), key, BUYER, bill_days=5)
        invoice_id = str(purchase.invoice_id)

    answers = at_once(
        real_database,
        lambda session: booklets.take_payment(work(session, PAYMENTS), invoice_id, paid_at=NOW),
        lambda session: cancel(work(session, PREPARER), key),
    )

    assert answers == ["done", "done"]
    with real_database.transaction() as session:
        assert session.get_one(Invoice, invoice_id).status == "refund_requested"
        (purchase,) = session.scalars(select(BookletPurchase)).all()
        assert (purchase.paid_at, purchase.ended_at) == (None, NOW)


def test_one_bid_that_comes_twice_at_once_is_recorded_once(
    real_database: Any, committed: Any
) -> None:
    key = committed("published")

    def receive(session: Any) -> None:
        bids.receive_bid(
            work(session, CLERK), Lease, key, {"receipt_number": "E-1", "source": "paper"}
        )

    answers = at_once(real_database, *([receive] * 6))

    assert answers.count("done") == 1
    assert {one.problem for one in answers if one != "done"} == {"bid-recorded-already"}


@pytest.mark.parametrize("attempt", range(3))
def test_a_cancellation_beside_an_award_leaves_one_story(
    real_database: Any, committed: Any, attempt: int
) -> None:
    key = committed("opened")

    awarded, cancelled = at_once(
        real_database,
        lambda session: award(session, Lease, key, AFTER),
        lambda session: cancel(work(session, PREPARER, AFTER), key),
    )

    is_awarded = awarded == "done"
    assert cancelled == "done"
    assert is_awarded or isinstance(awarded, IllegalTransition)
    with real_database.transaction() as session:
        row = session.get_one(Lease, key)
        notices = session.scalars(select(FollowerNotice.happened)).all()
        releases = session.scalars(select(OcdsRelease).order_by(OcdsRelease.serial)).all()
        assert (row.status, row.awarded_at is not None) == ("cancelled", is_awarded)
        assert pending(session, "lease", key) == {}
        assert sorted(notices) == [*(["awarded"] if is_awarded else []), "cancelled"]
        assert ("awardCancellation" in releases[-1].content["tag"]) is is_awarded
        assert len({one.release_id for one in releases}) == len(releases)


def test_a_mobile_that_follows_many_times_at_once_is_one_follower(
    real_database: Any, committed: Any
) -> None:
    key = committed("published")

    answers = at_once(
        real_database, *([lambda session: follow(session, session.get_one(Lease, key))] * 6)
    )

    assert answers == ["done"] * 6
    with real_database.transaction() as session:
        assert len(session.scalars(select(Follower)).all()) == 1


def test_nobody_follows_what_was_settled_after_the_reading(
    real_database: Any, committed: Any
) -> None:
    key = committed("published")

    with real_database.transaction() as session:
        row = session.get_one(Lease, key)
        with real_database.transaction() as other:
            cancel(work(other, PREPARER, NOW), key)
        with pytest.raises(NotFound):
            follow(session, row)

    with real_database.transaction() as session:
        assert session.scalars(select(Follower)).all() == []
