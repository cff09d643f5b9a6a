"""The composition root of the service."""

from typing import TYPE_CHECKING

import structlog

from chassis.data.deadlines import Deadline
from chassis.files import tidying
from chassis.service import Service, every
from documents.issuing.keys_command import keys_command
from health_certs import catalogue, limits
from health_certs.commands import deadlines, retention
from health_certs.consumers import HANDLERS
from health_certs.context import Context
from health_certs.domain.numbers import CERTIFICATES, REQUESTS
from health_certs.domain.retention import over_before
from health_certs.models.documents import REGISTER
from health_certs.queries import numbered
from health_certs.resources import Resources
from health_certs.settings import Settings
from health_certs.verbs import explain
from saudi.days import legal_day
from saudi.formats import FORMATS

if TYPE_CHECKING:
    from chassis.http.problems import Asked, Problem, Shaped

log = structlog.get_logger(__name__)


def _empty_old(context: Context) -> None:
    """Each batch in the transaction of its chore: what doesn't fit goes with the next one."""
    kept, today = catalogue.retention(), legal_day(context.now)
    for name, empty in (
        ("requests", retention.empty_requests),
        ("results", retention.empty_results),
        ("certificates", retention.empty_certificates),
    ):
        empty(context.session, before=over_before(today, getattr(kept, name)), now=context.now)
    before = over_before(today, kept.passes)
    if count := retention.empty_passes(context.session, before=before):
        log.info("retention.emptied", what="passes", count=count)
    before = over_before(today, kept.lists)
    if count := retention.drop_lists(context.session, before=before):
        log.info("retention.emptied", what="lists", count=count)


def _page_of_trouble(problem: "Problem", asked: "Asked") -> "Shaped":
    from health_certs.api.signed_documents import ANSWERS

    return ANSWERS.pages.trouble(problem, asked)


def _due(context: Context, deadline: Deadline) -> None:
    deadlines.due(context.session, deadline, now=context.now)


SERVICE = Service(
    name="health-certs",
    package="health_certs",
    settings=Settings,
    api=[
        "health_certs.api.certificates",
        "health_certs.api.establishments",
        "health_certs.api.inspecting",
        "health_certs.api.lists",
        "health_certs.api.mine",
        "health_certs.api.my_certificates",
        "health_certs.api.reference",
        "health_certs.api.requests",
        "health_certs.api.signed_documents",
        "health_certs.api.verifying",
    ],
    handlers=HANDLERS,
    commands=[explain.command, keys_command(REGISTER)],
    chores=[
        every(60, _empty_old),
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
    ],
    resources=Resources,
    deadlines=dict.fromkeys(deadlines.KINDS, _due),
    workers={"scanner": tidying.scan},
    numbers={REQUESTS: numbered.requests, CERTIFICATES: numbered.certificates},
    address_limits=limits.of_address,
    error_shapes={"/documents": _page_of_trouble},
    formats=FORMATS,
)
