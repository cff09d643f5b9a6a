"""Webhooks and their deliveries as the administrator sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core import times
from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from partner_gateway.feed.readers import Cursors, Reader, head_of
from partner_gateway.models import FeedEvent, Webhook, WebhookDelivery
from partner_gateway.webhooks.rules import DeliveryState, State


@dataclass(frozen=True)
class Health:
    """The health of all webhooks, for the gauges: their number by state, the active webhooks that fail, and the age
    of the oldest change that waits."""

    states: dict[str, int]
    failing: int
    oldest_untold_seconds: float


def health(session: Session, now: datetime) -> Health:
    """Returns the health of the webhooks of all organisations."""
    counts = session.execute(select(Webhook.state, func.count()).group_by(Webhook.state)).all()
    failing = (Webhook.state == State.ACTIVE, Webhook.failing_since.is_not(None))
    oldest = session.scalar(
        select(func.min(WebhookDelivery.created_at))
        .join(Webhook, Webhook.webhook_id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.due_at.is_not(None), Webhook.state == State.ACTIVE)
    )
    return Health(
        states={state: int(count) for state, count in counts},
        failing=int(session.scalar(select(func.count()).where(*failing)) or 0),
        oldest_untold_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )


def webhooks(session: Session, organisation: str) -> Sequence[Webhook]:
    """Returns the organisation's webhooks except the removed ones, oldest first."""
    return session.scalars(
        select(Webhook)
        .where(Webhook.organisation == organisation, Webhook.state != State.REMOVED)
        .order_by(Webhook.webhook_id)
    ).all()


def webhook(session: Session, organisation: str, webhook_id: str) -> Webhook:
    """Raises NotFound, for another organisation's too."""
    row = session.get(Webhook, webhook_id)
    if row is None or row.organisation != organisation:
        raise NotFound
    return row


def shown(session: Session, row: Webhook) -> dict[str, Any]:
    """Returns a webhook as the contract has it, without its secrets."""
    return {
        "webhook_id": row.webhook_id,
        "url": row.url,
        "state": row.state,
        "reason": row.reason,
        "created_at": times.shown(row.created_at),
        "challenge": _attempt(row.challenge_asked_at, row.challenge_outcome),
        "test": _attempt(row.test_asked_at, row.test_outcome),
        "waiting": waiting(session, row),
        "failing_since": _time(row.failing_since),
        "delivered_at": _time(row.delivered_at),
        "secret_rotated_at": _time(row.secret_rotated_at),
        "older_secret_until": _time(row.older_secret_until),
    }


def waiting(session: Session, row: Webhook) -> int:
    """Counts the changes that wait for the address, in the feed and among the deliveries."""
    if row.place is None or row.state == State.REMOVED:
        return 0
    first, last = head_of(session, row.audience)
    statement = select(func.count()).where(
        WebhookDelivery.webhook_id == row.webhook_id, WebhookDelivery.due_at.is_not(None)
    )
    return max(0, last - max(row.place, first - 1)) + int(session.scalar(statement) or 0)


def deliveries(
    session: Session, webhook_id: str, state: str | None, page: PageRequest
) -> Page[WebhookDelivery]:
    """Returns a page of deliveries, newest first. Raises InvalidFields for another search's cursor."""
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if state is not None:
        statement = statement.where(WebhookDelivery.state == state)
    search = ["deliveries", webhook_id, state]
    return keyset(
        session, statement, [WebhookDelivery.place], page, search=search, newest_first=True
    )


def shown_deliveries(
    session: Session, rows: Sequence[WebhookDelivery], cursors: Cursors, reader: Reader
) -> list[dict[str, Any]]:
    """Deliveries as the contract has them."""
    statement = select(FeedEvent.event, FeedEvent.event_id, FeedEvent.type).where(
        FeedEvent.event.in_([row.event for row in rows])
    )
    known = {one.event: one for one in session.execute(statement)}
    return [
        {
            "id": known[row.event].event_id,
            "type": known[row.event].type,
            "state": row.state,
            "attempts": row.attempts,
            "outcome": row.outcome,
            "next_attempt_at": _time(row.due_at) if row.state == DeliveryState.WAITING else None,
            "created_at": times.shown(row.created_at),
            "ended_at": _time(row.ended_at),
            "cursor": cursors.issue(reader, row.place),
        }
        for row in rows
    ]


def _attempt(asked_at: datetime | None, outcome: str | None) -> dict[str, Any] | None:
    """Returns a challenge or a test delivery that was asked for."""
    return None if asked_at is None else {"asked_at": times.shown(asked_at), "outcome": outcome}


def _time(moment: datetime | None) -> str | None:
    return times.shown(moment) if moment is not None else None
