"""What `work` does every so often: the gauge of who looks for unusually many people."""

from chassis.core import metrics
from permits import queries
from permits.context import Context

SUSPECTS = metrics.gauge(
    "person_search_suspects", "Employees who looked for too many people within an hour"
)


def watch_searches(context: Context) -> None:
    """Sets the gauge that the alert looks at."""
    SUSPECTS.set(queries.suspects(context.session, context.now))
