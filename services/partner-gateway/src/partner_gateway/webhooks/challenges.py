"""The proof that an address belongs to those who registered it: it answers what only its own program can have read."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.data.aggregates import lock, record_change
from partner_gateway.feed.cursors import head_of
from partner_gateway.models import Webhook
from partner_gateway.webhooks import rules
from partner_gateway.webhooks.commands import ITSELF
from partner_gateway.webhooks.deliveries import LEASE, secrets_of
from partner_gateway.webhooks.rules import State


@dataclass(frozen=True)
class Challenge:
    """A challenge that was claimed. `asked_at` tells it from a later one of the same webhook."""

    webhook_id: str
    asked_at: datetime
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def due(session: Session, now: datetime) -> list[str]:
    """The webhooks with a challenge that is to be sent now."""
    statement = select(Webhook.webhook_id).where(Webhook.challenge_due_at <= now)
    return list(session.scalars(statement.limit(rules.MOST_WEBHOOKS)))


def claim(session: Session, webhook_id: str, now: datetime) -> list[Challenge]:
    """Takes a webhook's challenge. One whose senders were killed three times has failed. Raises CannotUnseal."""
    row = session.scalar(
        select(Webhook)
        .where(Webhook.webhook_id == webhook_id, Webhook.challenge_due_at <= now)
        .with_for_update(key_share=True, skip_locked=True)
    )
    if row is None:
        return []
    if row.challenge_asked_at is None or row.challenge_tries >= rules.CHALLENGE_TRIES:
        row.challenge_due_at, row.challenge_outcome = None, "broken"
        return []
    row.challenge_tries, row.challenge_due_at = row.challenge_tries + 1, now + LEASE
    return [Challenge(row.webhook_id, row.challenge_asked_at, row.url, secrets_of(row, now))]


def is_asked(session: Session, webhook_id: str) -> bool:
    """Whether a challenge is under way at this moment, and nobody has stopped or removed the webhook."""
    statement = select(Webhook.webhook_id).where(
        Webhook.webhook_id == webhook_id, Webhook.challenge_due_at.is_not(None)
    )
    return session.scalar(statement) is not None


def leave(session: Session, webhook_id: str, until: datetime) -> None:
    """Leaves a challenge alone until then that can't be claimed or settled."""
    statement = update(Webhook).where(
        Webhook.webhook_id == webhook_id, Webhook.challenge_due_at.is_not(None)
    )
    session.execute(
        statement.values(challenge_due_at=until),
        execution_options={"synchronize_session": False},
    )


def settle(session: Session, challenge: Challenge, outcome: str, now: datetime) -> None:
    """Writes the outcome, unless another challenge was asked for meanwhile, or the webhook was stopped or removed."""
    row = lock(session, Webhook, challenge.webhook_id)
    if row.challenge_asked_at != challenge.asked_at or row.challenge_due_at is None:
        return
    row.challenge_due_at, row.challenge_outcome = None, outcome
    if outcome != rules.PASSED:
        return
    row.state, row.reason = State.ACTIVE, None
    row.failing_since, row.failures, row.resting_until = None, 0, None
    if row.place is None:
        row.place = head_of(session, row.audience)[1]
    record_change(session, row, ITSELF, "activate", now=now)
