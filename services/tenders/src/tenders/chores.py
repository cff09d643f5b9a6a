"""What `work` does at intervals and at deadlines."""

from datetime import timedelta

from chassis import one_time_codes
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.files import tidying
from chassis.service import every, on_deadline
from tenders.commands import awards, followers, publishing, retention
from tenders.commands.recording import CLOSE, SILENT, TELL
from tenders.context import Context
from tenders.domain.actors import CLOCK, RETENTION
from tenders.lookups import MODELS


def _close(context: Context, deadline: Deadline) -> None:
    work = UnitOfWork.of(context, CLOCK)
    row = work.lock(MODELS[deadline.aggregate_type], deadline.aggregate_id)
    publishing.close_when_due(work, row)


def _forget_followers(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.follower_days)
    retention.forget_followers(UnitOfWork.of(context, RETENTION), before=before)


CHORES = [
    every(60, one_time_codes.forget_old),
    every(60, _forget_followers),
    every(60, tidying.drop_unclaimed),
    every(5, tidying.collect_orphans),
]
DEADLINES = {
    CLOSE: _close,
    SILENT: on_deadline(awards.cancel_silent, CLOCK),
    TELL: on_deadline(followers.tell_batch, CLOCK),
}
