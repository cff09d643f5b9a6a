"""Logs and counts what makes a part of a process fail: an outage of the database, or a bug."""

import structlog

from chassis.core import metrics
from chassis.data.sqlstate import is_away, is_busy

UNEXPECTED = metrics.counter(
    "unexpected_errors_total", "Errors that are no outage of the database: bugs", ["part"]
)

log = structlog.get_logger(__name__)


def note_failure(part: str, error: Exception, **context: str) -> None:
    """Logs `<part>.database_away` for a database that's away or busy. Logs any other error as a bug: `<part>.failed`,
    with its traceback, counted for the alert UnexpectedErrors. `context`: more fields of the
    log line."""
    outage, bug = f"{part}.database_away", f"{part}.failed"
    if is_away(error) or is_busy(error):
        log.warning(outage, error=type(error).__name__, **context)
    else:
        UNEXPECTED.labels(part).inc()
        log.error(bug, error=type(error).__name__, exc_info=error, **context)
