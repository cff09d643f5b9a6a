"""What `work` does every so often: the activities, a gauge, the end of what is kept long enough. And what is due."""

from datetime import timedelta

from chassis.core import metrics
from chassis.data.deadlines import Deadline
from licences.catalogue import municipalities
from licences.commands.activities import publish_activities
from licences.commands.decide import end_overdue
from licences.commands.drafts import drop_old_drafts
from licences.commands.retention import empty_applications, empty_licences, empty_violations
from licences.context import Context
from licences.queries.applications import overdue_reviews
from saudi.days import legal_day

REVIEWS_OVERDUE = metrics.gauge(
    "licences_reviews_overdue",
    "Applications that an officer should have decided by now",
    ["municipality"],
)


def publish_changed_activities(context: Context) -> None:
    publish_activities(context.session, now=context.now)


def empty_old_violations(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    empty_violations(context.session, before=before, now=context.now)


def empty_old_licences(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    empty_applications(context.session, before=before, now=context.now)
    empty_licences(context.session, before=legal_day(before), now=context.now)


def measure_overdue_reviews(context: Context) -> None:
    found = overdue_reviews(context.session, legal_day(context.now))
    for code in municipalities():
        REVIEWS_OVERDUE.labels(code).set(found.get(code, 0))


def drop_drafts(context: Context) -> None:
    drop_old_drafts(context.session, now=context.now)


def end_overdue_application(context: Context, deadline: Deadline) -> None:
    end_overdue(context.session, deadline, now=context.now)
