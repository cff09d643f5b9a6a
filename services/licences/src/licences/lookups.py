"""Earlier offences of an offender: what the next one costs, for the page of a violation and for its decision alike."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from licences.catalogue import violation_table
from licences.domain.violations import Earlier, Status
from licences.models import Violation
from saudi.days import add_years, legal_day, midnight

# The statuses of a violation for which somebody was fined: confirmed, and not taken back.
_FINED = tuple(
    status.value
    for status in Status
    if status not in (Status.OBSERVED, Status.WARNED, Status.CORRECTED, Status.CANCELLED)
)


def count_earlier(session: Session, row: Violation) -> Earlier:
    """Counts how often this offender was fined or warned for the item, within the period on either side of the day: of
    two records one is a repetition, whichever comes first."""
    number = row.offender_number or ""
    seen_on = legal_day(row.observed_at)
    years = violation_table().parameters(seen_on).repetition_years
    since, until = add_years(seen_on, -years), add_years(seen_on, years) + timedelta(days=1)
    statement = select(
        func.count().filter(Violation.status.in_(_FINED)),
        func.count().filter(Violation.status.in_((Status.CORRECTED, Status.WARNED))),
        func.max(Violation.correct_until).filter(Violation.status == Status.WARNED),
    ).where(
        Violation.offender_key.in_(keys_of(session).index.keys(number)),
        Violation.item == row.item,
        Violation.violation_id != row.violation_id,
        Violation.observed_at >= midnight(since),
        Violation.observed_at < midnight(until),
    )
    fined, warned, mends_until = session.execute(statement).one()
    return Earlier(fined, warned, mends_until)
