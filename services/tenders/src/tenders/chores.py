"""What `work` does at intervals and at deadlines."""

from datetime import timedelta

from chassis import one_time_codes
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.files import tidying
from chassis.service import every
from tenders.commands import awards, followers, publishing, retention
from tenders.commands.recording import CLOSE, SILENT, TELL
from tenders.context import Context
from tenders.domain.actors import CLOCK, RETENTION
from tenders.lookups import MODELS


def _close(context: Context, deadline: Deadline) -> None:
    work = UnitOfWork.of(context, CLOCK)
    publishing.close_when_due(work, MODELS[deadline.aggregate_type], deadline.aggregate_id)


def _cancel_silent(context: Context, deadline: Deadline) -> None:
    awards.cancel_silent(UnitOfWork.of(context, CLOCK), deadline.aggregate_id)


def _tell(context: Context, deadline: Deadline) -> None:
    followers.tell_batch(UnitOfWork.of(context, CLOCK), deadline.aggregate_id)


def _forget_codes(context: Context) -> None:
    one_time_codes.forget_old(context.session, context.now)


def _forget_followers(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.follower_days)
    retention.forget_followers(UnitOfWork.of(context, RETENTION), before=before)


CHORES = [
    every(60, _forget_codes),
    every(60, _forget_followers),
    every(60, tidying.drop_unclaimed),
    every(5, tidying.collect_orphans),
]
DEADLINES = {CLOSE: _close, SILENT: _cancel_silent, TELL: _tell}
