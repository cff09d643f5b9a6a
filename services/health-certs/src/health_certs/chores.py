"""What `health-certs work` does every so often, and what happens when a deadline of a request or list is due."""

from datetime import timedelta

import structlog

from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.files import tidying
from chassis.service import every, on_deadline
from health_certs import catalogue
from health_certs.commands import retention
from health_certs.commands.apply import COMPLETION, EXAMINATION
from health_certs.commands.decide import EDUCATION, end_incomplete, end_unexamined, redecide
from health_certs.commands.lists import LIST, take_next_rows
from health_certs.commands.recording import SYSTEM
from health_certs.context import Context
from health_certs.models import Request
from saudi.days import legal_day

log = structlog.get_logger(__name__)


def empty_old(context: Context) -> None:
    """Empties one batch of each kind of personal data; the next run takes the next batch."""
    days, today = catalogue.retention(), legal_day(context.now)
    work = UnitOfWork.of(context, retention.RETENTION)
    retention.empty_requests(work, today - timedelta(days=days.requests))
    retention.empty_results(work, today - timedelta(days=days.results))
    retention.empty_certificates(work, today - timedelta(days=days.certificates))
    if count := retention.empty_passes(work, today - timedelta(days=days.passes)):
        log.info("retention.emptied", what="passes", count=count)
    if count := retention.drop_lists(work, today - timedelta(days=days.lists)):
        log.info("retention.emptied", what="lists", count=count)


CHORES = [
    every(60, empty_old),
    every(60, tidying.drop_unclaimed),
    every(5, tidying.collect_orphans),
]


def examination_due(context: Context, deadline: Deadline) -> None:
    """Ends a request without a fit result."""
    work = UnitOfWork.of(context, SYSTEM)
    end_unexamined(work, work.lock(Request, deadline.aggregate_id))


def completion_due(context: Context, deadline: Deadline) -> None:
    """Ends a request that wasn't issued."""
    work = UnitOfWork.of(context, SYSTEM)
    end_incomplete(work, work.lock(Request, deadline.aggregate_id))


def education_over(context: Context, deadline: Deadline) -> None:
    """Decides anew, because the worker's health education has ended."""
    work = UnitOfWork.of(context, SYSTEM)
    redecide(work, work.lock(Request, deadline.aggregate_id))


DEADLINES = {
    EXAMINATION: examination_due,
    COMPLETION: completion_due,
    EDUCATION: education_over,
    LIST: on_deadline(take_next_rows, SYSTEM),
}
