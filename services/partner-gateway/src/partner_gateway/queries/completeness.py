"""How far the read model is complete."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.contracts import topics

PERMITS_TOPIC = "permits.permit"
_AS_OF = text("SELECT count(*), min(complete_until) FROM consumer_progress WHERE topic = :topic")


def as_of(session: Session, topic: str = PERMITS_TOPIC) -> datetime | None:
    """The time up to which every published event of every partition is in the read model; None until then."""
    partitions, complete = session.execute(_AS_OF, {"topic": topic}).one()
    moment: datetime | None = complete if partitions >= topics()[topic]["partitions"] else None
    return moment
