"""What `work` does every so often, beside sending: gauges of what waits, texts that may go now or are past their time,
and the end of what has been kept long enough."""

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
    """Sets the gauges that alerts look at. Messages that wait are found by their states: those that only wait for a
    receipt are due too, and many."""
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
    """Deletes receipts of references that nobody knew for `unknown_receipt_days`."""
    days = timedelta(days=context.settings.unknown_receipt_days)
    receipts.forget_unknown(context.session, context.now - days)


def empty_messages(context: Context) -> None:
    """Deletes numbers and texts of messages whose time is over, some at a time."""
    retention.empty_messages(context.session, context.settings, now=context.now)


def forget_counts(context: Context) -> None:
    """Deletes what is counted or known by number, and of no use any more."""
    retention.forget_counts(context.session, context.settings, now=context.now)


def release_held(context: Context) -> None:
    """Lets out what a cap of an earlier day held back and today has room for, and ends what waited too long."""
    floods.release_of_earlier_days(context.session, context.settings.caps, context.now)
    floods.end_past_their_time(context.session, context.now)


def forget_old(context: Context) -> None:
    """Deletes codes that are over, and callbacks that were delivered or given up."""
    codes.forget_old(context.session, context.now - CODES_KEPT)
    callbacks.forget_old(context.session, context.now - CALLBACKS_KEPT)
