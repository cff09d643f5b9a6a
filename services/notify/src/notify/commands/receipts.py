"""What providers say of messages later. Receipts come in any order, several times, and for references nobody knows."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock
from notify.commands.changing import change
from notify.commands.sending import count
from notify.domain import answers
from notify.domain.answers import Told
from notify.domain.messages import State, heard
from notify.domain.sending import Outcome, is_of_newest
from notify.models import Attempt, Message, Receipt


def take(
    session: Session,
    provider: str,
    told: Told,
    *,
    said_at: datetime | None,
    patience: timedelta,
    now: datetime,
) -> bool:
    """Keeps a receipt, and lets its message become what it says. Answers False for one that was there already.

    A terminal state stays; a failure counts only from the provider that the message is with, and of its newest attempt.
    """
    row = _message(session, told.reference)
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
        _tell(session, row, provider, told, patience=patience, now=now)
    return new


def forget_unknown(session: Session, before: datetime) -> None:
    """Deletes receipts of references that nobody has known since."""
    session.execute(
        delete(Receipt).where(Receipt.message_id.is_(None), Receipt.received_at < before)
    )


def _message(session: Session, reference: str) -> Message | None:
    try:
        return lock(session, Message, str(UUID(reference)))
    except (ValueError, NotFound):
        return None


def _tell(
    session: Session, row: Message, provider: str, told: Told, *, patience: timedelta, now: datetime
) -> None:
    said = answers.said(told.status)
    if said is None or (row.provider != provider and said is not State.DELIVERED):
        return
    if said is State.FAILED and not _is_of_newest(session, row, told):
        return
    state = heard(State(row.state), said)
    if state is None:
        return
    row.due_at = now + patience if state is State.ACCEPTED else None
    row.provider = provider
    change(session, row, state, reason="rejected" if state is State.FAILED else None, now=now)
    count(row, state, now)


def _is_of_newest(session: Session, row: Message, told: Told) -> bool:
    """Whether the receipt is of the newest of the attempts that its provider took or may have taken."""
    taken = or_(Attempt.outcome.is_(None), Attempt.outcome != Outcome.NOT_SENT.value)
    statement = (
        select(Attempt.provider_reference)
        .where(Attempt.message_id == row.message_id, Attempt.provider == row.provider, taken)
        .order_by(Attempt.number)
    )
    return is_of_newest(session.scalars(statement).all(), told.provider_reference)
