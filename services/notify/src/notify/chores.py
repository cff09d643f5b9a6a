"""The chores of `work`: set the gauges, release or end held texts, delete old data."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select

from chassis import one_time_codes
from chassis.core import metrics
from chassis.core.actors import SystemActor
from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from notify.commands import callbacks, floods
from notify.commands.messages import delete_unknown_receipts
from notify.context import Context
from notify.domain.messages import Kind, State
from notify.events import message_event
from notify.models import ChosenLanguage, ConfirmedMobile, DailyCount, Message
from saudi.days import legal_day

WAITING = metrics.gauge("sms_waiting", "Messages that no provider has taken yet")
OLDEST = metrics.gauge("sms_oldest_waiting_seconds", "Age of the oldest message that waits")
UNSURE = metrics.gauge("sms_unsure", "Messages of which nobody knows whether a provider has them")

EMPTIED = metrics.counter("messages_emptied_total", "Messages whose number and text went", ["kind"])

EMPTIED_AT_ONCE = 500
COUNTS_KEPT = timedelta(days=7)
CALLBACKS_KEPT = timedelta(days=30)
CHORE = SystemActor("notify", "notify/work")


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
    delete_unknown_receipts(context.session, context.now - days)


def empty_messages(context: Context) -> int:
    """Empties number and text of a batch of old messages, and returns their count. State, template and times stay. The
    topic gets the emptied state, so that compaction removes the earlier states."""
    settings, now = context.settings, context.now
    kept = {Kind.INFORMATION: settings.information_days, Kind.NOTICE: settings.notice_days}
    is_old = or_(
        *(
            (Message.kind == kind.value) & (Message.ended_at < now - timedelta(days=days))
            for kind, days in kept.items()
        )
    )
    due = Message.emptied_at.is_(None) & is_old
    rule = Retention(Message, due, _empty_message, batch=EMPTIED_AT_ONCE, name="messages")
    return rule.run(UnitOfWork.of(context, CHORE))


def _empty_message(work: UnitOfWork, row: Message) -> None:
    row.recipient = row.text_public = row.text_secret = None
    row.emptied_at = work.now
    work.record_change(row, "empty", details={"kind": row.kind})
    publish(work.session, message_event("emptied", row.record(), row.version, work.now))
    EMPTIED.labels(row.kind).inc()


def forget_counts(context: Context) -> None:
    """Deletes counts of past days, and old confirmations and chosen languages of mobiles."""
    today = legal_day(context.now)
    context.session.execute(delete(DailyCount).where(DailyCount.day < today - COUNTS_KEPT))
    before = context.now - timedelta(days=context.settings.confirmed_mobile_days)
    context.session.execute(delete(ConfirmedMobile).where(ConfirmedMobile.confirmed_at < before))
    context.session.execute(delete(ChosenLanguage).where(ChosenLanguage.chosen_at < before))


def release_held(context: Context) -> None:
    """Releases texts that a cap of an earlier day held, and ends held texts past their time."""
    floods.release_held_texts(context.session, context.settings.caps, context.now)
    floods.expire_held_texts(context.session, context.now)


def forget_old(context: Context) -> None:
    """Deletes old codes, and callbacks that have ended."""
    one_time_codes.forget_old(context)
    callbacks.delete_old_callbacks(context.session, context.now - CALLBACKS_KEPT)
