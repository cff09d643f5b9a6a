"""The chores of `work`: set the gauges, release or end held texts, delete old data."""

from datetime import timedelta

from sqlalchemy import func, select

from chassis.core import metrics
from notify.commands import callbacks, codes, floods, receipts, retention
from notify.context import Context
from notify.domain.messages import State
from notify.models import Message

WAITING = metrics.gauge("sms_waiting", "Messages that no provider has taken yet")
OLDEST = metrics.gauge("sms_oldest_waiting_seconds", "Age of the oldest message that waits")
UNSURE = metrics.gauge("sms_unsure", "Messages of which nobody knows whether a provider has them")

CODES_KEPT = timedelta(days=1)
CALLBACKS_KEPT = timedelta(days=30)


def measure(context: Context) -> None:
    """Sets the gauges of the alerts. States find the waiting messages, because messages that wait for a receipt are
    also due."""
    waits = (State.CREATED.value, State.SENDING.value, State.UNSURE.value)
    count, oldest, unsure = context.session.execute(
        select(
            func.count(),
            func.min(Message.created_at),
            func.count().filter(Message.state == State.UNSURE.value),
        ).where(Message.state.in_(waits))
    ).one()
    WAITING.set(count)
    OLDEST.set(max(0.0, (context.now - oldest).total_seconds()) if oldest else 0.0)
    UNSURE.set(unsure)


def forget_receipts(context: Context) -> None:
    """Deletes receipts of unknown references after `unknown_receipt_days`."""
    days = timedelta(days=context.settings.unknown_receipt_days)
    receipts.forget_unknown(context.session, context.now - days)


def empty_messages(context: Context) -> None:
    """Empties a batch of old messages."""
    retention.empty_messages(context.session, context.settings, now=context.now)


def forget_counts(context: Context) -> None:
    """Deletes old counts and confirmations."""
    retention.forget_counts(context.session, context.settings, now=context.now)


def release_held(context: Context) -> None:
    """Releases texts that a cap of an earlier day held, and ends held texts past their time."""
    floods.release_of_earlier_days(context.session, context.settings.caps, context.now)
    floods.end_past_their_time(context.session, context.now)


def forget_old(context: Context) -> None:
    """Deletes old codes, and callbacks that have ended."""
    codes.forget_old(context.session, context.now - CODES_KEPT)
    callbacks.forget_old(context.session, context.now - CALLBACKS_KEPT)
