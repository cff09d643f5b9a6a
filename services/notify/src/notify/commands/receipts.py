"""Receipts of providers. Receipts come in any order, repeatedly, and for unknown references."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock
from notify.commands.messages import change
from notify.commands.sending import count_state
from notify.domain import answers
from notify.domain.answers import Told
from notify.domain.messages import State, state_by_receipt
from notify.domain.sending import Outcome, is_of_newest
from notify.models import Attempt, Message, Receipt


def record_receipt(
    session: Session,
    provider: str,
    told: Told,
    *,
    said_at: datetime | None,
    patience: timedelta,
    now: datetime,
) -> bool:
    """Stores a receipt, and changes its message. Returns False for a repeated receipt.

    A terminal state stays. A failure counts only if it's from the present provider and about the newest attempt.
    """
    row = _lock_message(session, told.reference)
    values = {
        "provider": provider,
        "reference": told.reference,
        "status": told.status,
        "provider_reference": told.provider_reference,
        "message_id": row.message_id if row else None,
        "said_at": said_at,
        "received_at": now,
    }
    statement = insert(Receipt).values(values).on_conflict_do_nothing()
    new = session.scalar(statement.returning(Receipt.receipt_id)) is not None
    if row is not None and new:
        _apply_receipt(session, row, provider, told, patience=patience, now=now)
    return new


def forget_unknown(session: Session, before: datetime) -> None:
    """Deletes old receipts of unknown references."""
    session.execute(
        delete(Receipt).where(Receipt.message_id.is_(None), Receipt.received_at < before)
    )


def _lock_message(session: Session, reference: str) -> Message | None:
    try:
        return lock(session, Message, str(UUID(reference)))
    except (ValueError, NotFound):
        return None


def _apply_receipt(
    session: Session, row: Message, provider: str, told: Told, *, patience: timedelta, now: datetime
) -> None:
    said = answers.said(told.status)
    if said is None or (row.provider != provider and said is not State.DELIVERED):
        return
    if said is State.FAILED and not _is_about_newest_attempt(session, row, told):
        return
    state = state_by_receipt(State(row.state), said)
    if state is None:
        return
    row.due_at = now + patience if state is State.ACCEPTED else None
    row.provider = provider
    change(session, row, state, reason="rejected" if state is State.FAILED else None, now=now)
    count_state(row, state, now)


def _is_about_newest_attempt(session: Session, row: Message, told: Told) -> bool:
    """Returns whether the receipt is about the newest attempt that the provider took or may have taken."""
    taken = or_(Attempt.outcome.is_(None), Attempt.outcome != Outcome.NOT_SENT.value)
    statement = (
        select(Attempt.provider_reference)
        .where(Attempt.message_id == row.message_id, Attempt.provider == row.provider, taken)
        .order_by(Attempt.number)
    )
    return is_of_newest(session.scalars(statement).all(), told.provider_reference)
