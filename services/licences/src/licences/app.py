"""The composition root of the service."""

from datetime import timedelta
from typing import TYPE_CHECKING

from chassis.core import metrics
from chassis.data.deadlines import Deadline
from chassis.files import tidying
from chassis.service import Service, every
from documents.issuing.keys_command import keys_command
from licences import engine, limits, sample
from licences.catalogue import municipalities
from licences.commands import activities, asking, deadlines, deciding, drafts, retention, returning
from licences.commands.violations import closing, timing
from licences.consumers import HANDLERS
from licences.context import Context
from licences.domain import violations
from licences.domain.numbers import APPLICATIONS, LICENCES
from licences.models.documents import REGISTER
from licences.queries import applications, numbered
from licences.queries.violations import numbered_violations
from licences.resources import Resources
from licences.settings import Settings
from licences.verbs import explain, replay, rules
from saudi.days import legal_day
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.http.problems import Asked, Problem, Shaped

REVIEWS_OVERDUE = metrics.gauge(
    "licences_reviews_overdue",
    "Applications that an officer should have decided by now",
    ["municipality"],
)


def _publish_activities(context: Context) -> None:
    activities.publish_activities(context.session, now=context.now)


def _empty_old(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    closing.empty_old(context.session, before=before, now=context.now)


def _empty_licences(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.personal_days)
    retention.empty_applications(context.session, before=before, now=context.now)
    retention.empty_licences(context.session, before=legal_day(before), now=context.now)


def _measure_reviews(context: Context) -> None:
    found = applications.overdue_reviews(context.session, legal_day(context.now))
    for code in municipalities():
        REVIEWS_OVERDUE.labels(code).set(found.get(code, 0))


def _drop_old_drafts(context: Context) -> None:
    drafts.drop_old(context.session, now=context.now)


def _due(context: Context, deadline: Deadline) -> None:
    deadlines.due(context.session, deadline, now=context.now)


def _page_of_trouble(problem: "Problem", asked: "Asked") -> "Shaped":
    from licences.api.signed_documents import ANSWERS

    return ANSWERS.pages.trouble(problem, asked)


SERVICE = Service(
    name="licences",
    package="licences",
    settings=Settings,
    api=[
        "licences.api.activities",
        "licences.api.applications",
        "licences.api.deciding",
        "licences.api.inquiries",
        "licences.api.inspections",
        "licences.api.licences",
        "licences.api.managing",
        "licences.api.signed_documents",
        "licences.api.mine",
        "licences.api.violations",
    ],
    handlers=HANDLERS,
    commands=[sample.command, explain.command, replay.command, rules.group, keys_command(REGISTER)],
    chores=[
        every(60, _publish_activities),
        every(60, _measure_reviews),
        every(60, _empty_old),
        every(60, _empty_licences),
        every(600, _drop_old_drafts),
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
    ],
    resources=Resources,
    deadlines={
        **timing.DEADLINES,
        **dict.fromkeys((deciding.WAITING, returning.COMPLETION, deciding.PAYMENT), _due),
    },
    put_off={engine.WORKER: asking.leave},
    workers={"outside": engine.ask_outside, "scanner": tidying.scan},
    numbers={
        APPLICATIONS: numbered.applications,
        LICENCES: numbered.licences,
        violations.SERIES: numbered_violations,
    },
    address_limits=limits.of_address,
    error_shapes={"/documents": _page_of_trouble},
    formats=FORMATS,
)
