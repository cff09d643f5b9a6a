"""How far the read model is complete."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.contracts import topics

PERMITS_TOPIC = "permits.permit"
CERTIFICATES_TOPIC, RELEASES_TOPIC = "permits.certificate", "permits.release"
# What a permit's document is made of.
_MADE_OF = {PERMITS_TOPIC: (PERMITS_TOPIC, CERTIFICATES_TOPIC, RELEASES_TOPIC)}
_AS_OF = text(
    "SELECT count(*), min(complete_until) FROM consumer_progress WHERE topic = ANY(:topics)"
)


def as_of(session: Session, topic: str = PERMITS_TOPIC) -> datetime | None:
    """The time up to which every published event of every partition is in the read model; None until then."""
    read = _MADE_OF.get(topic, (topic,))
    partitions, complete = session.execute(_AS_OF, {"topics": list(read)}).one()
    wanted = sum(topics()[one]["partitions"] for one in read)
    moment: datetime | None = complete if partitions >= wanted else None
    return moment
