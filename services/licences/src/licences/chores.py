"""What `work` does every so often: activities, a gauge, retention, old drafts; and what is due: the deadlines of
applications, and replays of rules."""

from datetime import timedelta

from chassis.core import metrics
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import municipalities
from licences.commands.activities import RULES, publish_activities
from licences.commands.decide import end_overdue
from licences.commands.drafts import drop_old_drafts
from licences.commands.recording import SYSTEM
from licences.commands.redecide import redecide_overdue
from licences.commands.retention import (
    RETENTION,
    empty_applications,
    empty_licences,
    empty_violations,
)
from licences.context import Context
from licences.queries.applications import overdue_reviews
from saudi.days import legal_day

REVIEWS_OVERDUE = metrics.gauge(
    "licences_reviews_overdue",
    "Applications that an officer should have decided by now",
    ["municipality"],
)


def publish_changed_activities(context: Context) -> None:
    publish_activities(UnitOfWork.of(context, RULES))


def measure_overdue_reviews(context: Context) -> None:
    overdue = overdue_reviews(context.session, legal_day(context.now))
    for code in municipalities():
        REVIEWS_OVERDUE.labels(code).set(overdue.get(code, 0))


def empty_old_violations(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    empty_violations(UnitOfWork.of(context, RETENTION), before=before)


def empty_old_licences(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    work = UnitOfWork.of(context, RETENTION)
    empty_applications(work, before=before)
    empty_licences(work, before=before)


def drop_drafts(context: Context) -> None:
    drop_old_drafts(UnitOfWork.of(context, SYSTEM))


def end_overdue_application(context: Context, deadline: Deadline) -> None:
    end_overdue(UnitOfWork.of(context, SYSTEM), deadline)


def redecide_application(context: Context, deadline: Deadline) -> None:
    redecide_overdue(UnitOfWork.of(context, SYSTEM), deadline)
