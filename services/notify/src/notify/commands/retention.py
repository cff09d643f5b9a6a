"""Empties what has been kept long enough: numbers and texts of messages, and what is counted by number.

What became of a message stays, without whom it was to and what it said: state, template, times. The topic gets the
emptied state, so that compaction leaves no other one.
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
from notify.commands.changing import UNOPENED
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
    """Deletes number and text of up to 500 messages whose time is over; publishes and journals each. Answers how
    many."""
    rows = _over(session, settings, now)
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


def _over(session: Session, settings: Settings, now: datetime) -> Sequence[Message]:
    """The messages to be emptied, locked; another process has others."""
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
    """Deletes counts of past days, and confirmations of numbers that are too old."""
    session.execute(delete(DailyCount).where(DailyCount.day < legal_day(now) - COUNTED))
    confirmed = now - timedelta(days=settings.confirmed_mobile_days)
    session.execute(delete(ConfirmedMobile).where(ConfirmedMobile.confirmed_at < confirmed))
