"""The composition root of the service."""

from datetime import timedelta

from chassis.data.lock_order import series
from chassis.data.unit_of_work import UnitOfWork
from chassis.files import tidying
from chassis.service import Service, error_shape, every, on_deadline
from pages.assets import mount_assets
from reports import cli, limits, open311, queries, sample
from reports.commands import escalation, retention
from reports.commands.recording import ESCALATION
from reports.context import Context
from reports.domain.actors import RETENTION, SERVICE_CLOCK
from reports.domain.reports import REPORT_SERIES
from reports.resources import Resources
from reports.settings import Settings
from saudi.formats import FORMATS


def _empty_old_reports(context: Context) -> None:
    before = context.now - timedelta(days=context.settings.reporter_days)
    retention.empty_old(UnitOfWork.of(context, RETENTION), before=before)


SERVICE = Service(
    name="reports",
    package="reports",
    settings=Settings,
    api=[
        "reports.api.reports",
        "reports.api.mine",
        "reports.api.not_solved",
        "reports.api.open311",
        "reports.api.photos",
        "reports.api.public",
        "reports.api.public_lists",
        "reports.api.statistics",
    ],
    commands=[sample.command, cli.keys, cli.access],
    chores=[
        every(60, tidying.drop_unclaimed),
        every(5, tidying.collect_orphans),
        every(10, _empty_old_reports),
    ],
    workers={"scanner": tidying.scan},
    resources=Resources,
    deadlines={ESCALATION: on_deadline(escalation.escalate, SERVICE_CLOCK)},
    lock_order=("open311_key", "report", series(REPORT_SERIES)),
    numbers={REPORT_SERIES: queries.numbered_reports},
    formats=FORMATS,
    credentials={open311.SCHEME: open311.caller_of},
    pages=mount_assets,
    error_shapes={"/r": error_shape("reports.api.pages"), open311.PATH: open311.error},
    address_limits=limits.of_address,
)
