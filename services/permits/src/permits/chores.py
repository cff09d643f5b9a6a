"""What `work` does every so often: gauges, names whose time is over, deadlines from before there were any."""

import structlog

from chassis.core import metrics
from permits import catalogue, queries
from permits.commands import occupancy, retention, search_people
from permits.commands.import_older import row_recovery
from permits.context import Context
from permits.domain.insulation import emptied_before
from saudi.days import legal_day

log = structlog.get_logger(__name__)


SUSPECTS = metrics.gauge(
    "person_search_suspects", "Employees who looked for too many people within an hour"
)

APPEALS_OVERDUE = metrics.gauge(
    "permits_appeals_overdue", "Appeals that somebody should have decided by now", ["municipality"]
)

ROWS_UNPROCESSED = metrics.gauge(
    "permits_import_rows_unprocessed", "Rows of older permits at which the system failed"
)


def measure_appeals(context: Context) -> None:
    """Sets the gauge of each municipality, also back to 0."""
    found = queries.overdue_appeals(context.session, legal_day(context.now))
    for code in catalogue.municipalities():
        APPEALS_OVERDUE.labels(code).set(found.get(code, 0))


def measure_rows(context: Context) -> None:
    """Sets the gauge of imported rows at which the system failed."""
    ROWS_UNPROCESSED.set(row_recovery.count_unprocessed(context.session))


def watch_searches(context: Context) -> None:
    """Sets the gauge that the alert looks at."""
    SUSPECTS.set(search_people.count_suspects(context.session, context.now))


def empty_names(context: Context) -> None:
    """A batch in the transaction of its chore: what doesn't fit goes with the next one."""
    before = emptied_before(legal_day(context.now), catalogue.names_kept_days())
    if count := retention.empty_inspectors(context.session, before=before, now=context.now):
        log.info("retention.emptied", what="inspectors", count=count)


def empty_files(context: Context) -> None:
    """The same of files of what came to nothing."""
    before = emptied_before(legal_day(context.now), catalogue.files_kept_days())
    if count := retention.empty_files(context.session, before=before, now=context.now):
        log.info("retention.emptied", what="files", count=count)


def set_missing_terms(context: Context) -> None:
    """At the start of the process, and once a day."""
    if count := occupancy.set_missing_terms(context.session, now=context.now):
        log.info("occupancy.terms_set", count=count)
