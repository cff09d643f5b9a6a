"""The proof that an address belongs to those who registered it: it answers what only its own program can have read."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
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


def claim(session: Session, now: datetime) -> list[Challenge]:
    """Takes what is to be sent now. A challenge whose senders were killed three times has failed."""
    rows = session.scalars(
        select(Webhook)
        .where(Webhook.challenge_due_at <= now)
        .limit(rules.MOST_WEBHOOKS)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    claimed = []
    for row in rows:
        if row.challenge_asked_at is None or row.challenge_tries >= rules.CHALLENGE_TRIES:
            row.challenge_due_at, row.challenge_outcome = None, "broken"
            continue
        row.challenge_tries, row.challenge_due_at = row.challenge_tries + 1, now + LEASE
        claimed.append(
            Challenge(row.webhook_id, row.challenge_asked_at, row.url, secrets_of(row, now))
        )
    return claimed


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
