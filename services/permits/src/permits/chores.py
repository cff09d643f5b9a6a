"""What `work` does every so often: gauges, names whose time is over, deadlines from before there were any."""

import structlog

from chassis.core import metrics
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue, queries
from permits.commands import occupancy, retention, search_people
from permits.commands.import_older import row_recovery
from permits.context import Context
from permits.domain.actors import SYSTEM
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
    SUSPECTS.set(search_people.count_suspects(UnitOfWork.of(context, SYSTEM)))


def empty_names(context: Context) -> None:
    """Empties one batch of inspectors' names; the next run empties the rest."""
    before = emptied_before(legal_day(context.now), catalogue.names_kept_days())
    retention.empty_inspectors(UnitOfWork.of(context, SYSTEM), before=before)


def empty_files(context: Context) -> None:
    """Deletes one batch of files; the next run deletes the rest."""
    before = emptied_before(legal_day(context.now), catalogue.files_kept_days())
    retention.empty_files(UnitOfWork.of(context, SYSTEM), before=before)


def set_missing_terms(context: Context) -> None:
    """Sets missing deadlines at the start of the process and once a day."""
    if count := occupancy.set_missing_terms(UnitOfWork.of(context, SYSTEM)):
        log.info("occupancy.terms_set", count=count)
