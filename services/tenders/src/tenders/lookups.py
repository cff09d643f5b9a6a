"""Finds published offerings, editions, bids and the follower of a link: for queries and commands alike."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis.core.link_tokens import hash_token
from chassis.core.refusals import NotFound
from tenders.domain.offerings import LEASE, TENDER, offering_of
from tenders.models import Bid, Edition, Follower, Lease, Tender

MODELS: dict[str, type[Any]] = {TENDER: Tender, LEASE: Lease}


def get_published(session: Session, number: str, model: type[Any] | None = None) -> Any:
    """Returns the published offering of a number. `model`: of this type only. Raises NotFound."""
    offering = offering_of(number)
    if offering is None or (model is not None and MODELS[offering] is not model):
        raise NotFound
    found = MODELS[offering]
    which = (found.number == number, found.published_at.is_not(None))
    row = session.scalars(select(found).where(*which)).one_or_none()
    if row is None:
        raise NotFound
    return row


def editions_of(session: Session, offering_id: str) -> Sequence[Edition]:
    """Returns what held, the oldest first."""
    statement = select(Edition).where(Edition.offering_id == offering_id)
    return session.scalars(statement.order_by(Edition.edition)).all()


def bids_of(session: Session, offering_id: str) -> Sequence[Bid]:
    """Returns the bids in the order of their receipt, also those whose receipt was withdrawn."""
    statement = select(Bid).where(Bid.offering_id == offering_id)
    return session.scalars(statement.order_by(Bid.received_at, Bid.bid_id)).all()


def standing_bids(session: Session, offering_id: str) -> dict[str, Bid]:
    """Returns receipt number → the bid, without the withdrawn receipts."""
    bids = bids_of(session, offering_id)
    return {one.receipt_number: one for one in bids if one.withdrawn_at is None}


def follower_of_link(token: str) -> ColumnElement[bool]:
    """Returns the condition that selects the follower whose texts have the link."""
    return Follower.token_hash == hash_token(token)
