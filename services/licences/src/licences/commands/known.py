"""Keeps what other services' events tell, the newest of each thing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from licences.models import KnownHealthCertificate, KnownPermit
from saudi.text import number_key


@dataclass(frozen=True)
class Place:
    """What a health certificate names: a unified number, the number of a licence, that of an application."""

    establishment: str | None
    licence_no: str | None
    application_no: str | None


def note_permit(session: Session, event: Received, *, now: datetime) -> str | None:
    """Keeps the newest state of a building permit. Answers its id; None for an event that is older than what is
    known."""
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
        "successor": (state.get("successor") or {}).get("permit_id"),
        "changed_at": now,
    }
    statement = insert(KnownPermit).values(permit_id=event.subject, **values)
    newer = statement.on_conflict_do_update(
        index_elements=[KnownPermit.permit_id],
        set_=values,
        where=KnownPermit.version < statement.excluded.version,
    )
    return session.scalar(newer.returning(KnownPermit.permit_id))


def note_certificate(session: Session, event: Received) -> list[Place]:
    """Keeps the newest state of a health certificate. Answers the places whose workers are to be counted anew: the one
    that it names and, where the worker went elsewhere, the one that he left; none for an event that is older than what
    is known, or of a worker without a place."""
    state = event.data
    row = session.get(KnownHealthCertificate, event.subject, with_for_update=True)
    if row is not None and row.version >= event.sequence:
        return []
    place = Place(**_place(state["establishment"]))
    values = {
        "version": event.sequence,
        "certificate_no": state["certificate_no"],
        "status": state["status"],
        "replaced_by": state["replaced_by"],
        "establishment": place.establishment,
        "licence_no": place.licence_no,
        "application_no": place.application_no,
        "worker": state["worker"],
        "valid_until": date.fromisoformat(state["valid_until"]),
        "changed_at": event.time,
    }
    left = place
    if row is not None:
        left = Place(row.establishment, row.licence_no, row.application_no)
    else:
        row = KnownHealthCertificate(certificate_id=event.subject)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return [one for one in dict.fromkeys((left, place)) if one != _NOWHERE]


_NOWHERE = Place(None, None, None)


def _place(named: Mapping[str, Any] | None) -> dict[str, Any]:
    found = named or {}
    numbers = {name: found.get(name) for name in ("licence_no", "application_no")}
    return {"establishment": found.get("unified_number"), **numbers}
