"""Keeps what other services' events tell, the newest of each thing."""

from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from licences.models import KnownPermit
from saudi.text import number_key


def note_permit(session: Session, event: Received, *, now: datetime) -> str | None:
    """Keeps the newest state of a building permit. Answers the key of its number; None for an event that is older than
    what is known."""
    state = event.data
    values = {
        "version": event.sequence,
        "permit_number": state["permit_number"],
        "number_key": number_key(state["permit_number"]),
        "municipality": state["municipality"],
        "status": state["status"],
        "use_class": state["use_class"],
        "completed": state["completion"] is not None,
        "expires_on": date.fromisoformat(state["expires_on"]),
        "changed_at": now,
    }
    statement = insert(KnownPermit).values(permit_id=event.subject, **values)
    newer = statement.on_conflict_do_update(
        index_elements=[KnownPermit.permit_id],
        set_=values,
        where=KnownPermit.version < statement.excluded.version,
    )
    return session.scalar(newer.returning(KnownPermit.number_key))
