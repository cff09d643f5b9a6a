"""Retention: some time after an offering is settled its followers are deleted, and its buyers and what people asked are
emptied."""

from datetime import datetime

from sqlalchemy import delete, update

from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from tenders.commands.recording import OfferingT
from tenders.domain.offerings import Action
from tenders.models import (
    BookletPurchase,
    Follower,
    FollowerNotice,
    Lease,
    Offering,
    Question,
    Tender,
)


def forget_followers(work: UnitOfWork, *, before: datetime) -> int:
    """Forgets the followers of one batch of the tenders and leases that were settled before the moment. No event: none
    told of a follower. Returns how many offerings."""
    return _forget_of(work, Tender, before) + _forget_of(work, Lease, before)


def _forget_of(work: UnitOfWork, model: type[OfferingT], before: datetime) -> int:
    due = (model.settled_at < before) & model.forgotten_at.is_(None)
    return Retention(model, due, _forget, order_by=model.settled_at).run(work)


def _forget(work: UnitOfWork, row: Offering) -> None:
    for model in (Follower, FollowerNotice):
        work.session.execute(delete(model).where(model.offering_id == row.aggregate_id))
    asked = update(Question).where(Question.offering_id == row.aggregate_id).values(asked=None)
    work.session.execute(asked.execution_options(synchronize_session=False))
    buyers = update(BookletPurchase).where(BookletPurchase.lease_id == row.aggregate_id)
    work.session.execute(
        buyers.values(buyer=None, mobile_key=None).execution_options(synchronize_session=False)
    )
    row.forgotten_at = work.now
    work.record_change(row, Action.FORGET)
