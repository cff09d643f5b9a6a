"""The composition root of the service."""

from datetime import timedelta
from typing import TYPE_CHECKING

from chassis.data.deadlines import Deadline
from chassis.files import tidying
from chassis.service import Service, every
from reports import limits, open311, queries, sample
from reports.commands import escalation, retention
from reports.commands.recording import ESCALATION
from reports.context import Context
from reports.domain.reports import REPORT_SERIES
from reports.open311 import commands as open311_keys
from reports.resources import Resources
from reports.settings import Settings
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.http.problems import ErrorAnswer, ErrorRequest, Problem


def _escalate(context: Context, deadline: Deadline) -> None:
    escalation.escalate(context.session, deadline.aggregate_id, now=context.now)


def _empty_old(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.reporter_days)
    retention.empty_old(context.session, before=before, now=context.now)


def _page_of_trouble(problem: "Problem", _asked: "ErrorRequest") -> "ErrorAnswer":
    from reports import pages

    return pages.trouble(problem.status, problem.headers)


SERVICE = Service(
    name="reports",
    package="reports",
    settings=Settings,
    api=[
        "reports.api.desk",
        "reports.api.life",
        "reports.api.not_solved",
        "reports.api.open311",
        "reports.api.open311_keys",
        "reports.api.outside",
        "reports.api.photos",
        "reports.api.public",
        "reports.api.reports",
        "reports.api.statistics",
    ],
    commands=[sample.command, open311_keys.group, open311_keys.access],
    chores=[
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
        every(10, _empty_old),
    ],
    workers={"scanner": tidying.scan},
    resources=Resources,
    deadlines={ESCALATION: _escalate},
    numbers={REPORT_SERIES: queries.numbered_reports},
    formats=FORMATS,
    credentials={open311.SCHEME: open311.caller_of},
    error_shapes={"/r": _page_of_trouble, open311.PATH: open311.error},
    address_limits=limits.of_address,
)
