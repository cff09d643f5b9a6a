"""Retention: empties numbers and texts of old messages, and deletes counts by number.

State, template and times of a message stay. The topic gets the emptied state, so that compaction removes the earlier
states.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.core.actors import SystemActor
from chassis.data.aggregates import record_change
from chassis.events.outbox import publish
from notify.commands.messages import UNOPENED
from notify.domain.messages import Kind
from notify.events import message_event
from notify.models import ConfirmedMobile, DailyCount, Message
from notify.settings import Settings
from saudi.days import legal_day

BATCH = 500
COUNTED = timedelta(days=7)
EMPTIED = metrics.counter("messages_emptied_total", "Messages whose number and text went", ["kind"])

CHORE = SystemActor("notify", "notify/work")

log = structlog.get_logger(__name__)


def empty_messages(session: Session, settings: Settings, *, now: datetime) -> int:
    """Empties number and text of up to 500 old messages; publishes and journals each. Returns the count."""
    rows = _lock_old(session, settings, now)
    for row in rows:
        row.recipient = row.text_public = row.text_secret = None
        row.emptied_at = now
        record_change(session, row, CHORE, "empty", now=now, details={"kind": row.kind})
    session.flush()
    for row in rows:
        publish(session, message_event("emptied", row.record(), row.version, now))
        EMPTIED.labels(row.kind).inc()
    if rows:
        log.info("retention.emptied", count=len(rows))
    return len(rows)


def _lock_old(session: Session, settings: Settings, now: datetime) -> Sequence[Message]:
    """Locks and returns messages to empty; skips rows that another process has locked."""
    kept = {Kind.INFORMATION: settings.information_days, Kind.NOTICE: settings.notice_days}
    statement = (
        select(Message)
        .where(
            Message.emptied_at.is_(None),
            or_(
                *(
                    (Message.kind == kind.value) & (Message.ended_at < now - timedelta(days=days))
                    for kind, days in kept.items()
                )
            ),
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .options(*UNOPENED)
    )
    return session.scalars(statement).all()


def forget_counts(session: Session, settings: Settings, *, now: datetime) -> None:
    """Deletes counts of past days, and old confirmations of mobiles."""
    session.execute(delete(DailyCount).where(DailyCount.day < legal_day(now) - COUNTED))
    confirmed = now - timedelta(days=settings.confirmed_mobile_days)
    session.execute(delete(ConfirmedMobile).where(ConfirmedMobile.confirmed_at < confirmed))
