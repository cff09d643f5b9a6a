"""What happens to a request whose time is over, and to a list whose next rows are to be taken."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from chassis.data.deadlines import Deadline
from health_certs.commands import deciding, listing
from health_certs.commands.applying import COMPLETION, EXAMINATION
from health_certs.commands.deciding import EDUCATION
from health_certs.models import Request

KINDS = (EXAMINATION, COMPLETION, EDUCATION, listing.LIST)


def due(session: Session, deadline: Deadline, *, now: datetime) -> None:
    """One without a fit result by its examination's deadline ends, and one that isn't complete by the last. Health
    education that is good no more is missing again. A request that has ended meanwhile stays as it is."""
    if deadline.kind == listing.LIST:
        listing.take_some(session, deadline.aggregate_id, now=now)
        return
    row = lock(session, Request, deadline.aggregate_id)
    if deadline.kind == EXAMINATION:
        deciding.examination_due(session, row, now=now)
    elif deadline.kind == EDUCATION:
        deciding.decide_again(session, row, now=now)
    else:
        deciding.completion_due(session, row, now=now)
