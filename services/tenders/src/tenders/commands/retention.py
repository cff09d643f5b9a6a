"""Retention: some time after an offering is settled its followers are deleted, and its buyers, what people asked and
the names of people who bid are emptied."""

from datetime import datetime

from sqlalchemy import delete, select, update

from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from tenders.domain.offerings import Action
from tenders.lookups import MODELS
from tenders.models import Bid, BookletPurchase, Follower, FollowerNotice, Offering, Question


def forget_followers(work: UnitOfWork, *, before: datetime) -> int:
    """Forgets the followers of one batch of the tenders and leases that were settled before the moment. No event: none
    told of a follower. Returns how many offerings."""
    forgotten = 0
    for model in MODELS.values():
        due = (model.settled_at < before) & model.forgotten_at.is_(None)
        forgotten += Retention(model, due, _forget, order_by=model.settled_at).run(work)
    return forgotten


def _forget(work: UnitOfWork, row: Offering) -> None:
    key = row.aggregate_id
    for statement in (
        delete(Follower).where(Follower.offering_id == key),
        delete(FollowerNotice).where(FollowerNotice.offering_id == key),
        update(Question).where(Question.offering_id == key).values(asked=None),
        update(BookletPurchase)
        .where(BookletPurchase.lease_id == key)
        .values(buyer=None, mobile_key=None),
    ):
        work.session.execute(statement.execution_options(synchronize_session=False))
    for bid in work.session.scalars(select(Bid).where(Bid.offering_id == key)):
        if bid.contents and bid.contents["unified_number"] is None:
            bid.contents = {**bid.contents, "bidder": None}
    row.forgotten_at = work.now
    work.record_change(row, Action.FORGET)
