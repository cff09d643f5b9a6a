"""Keeps what licences' events tell, the newest of each thing."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from health_certs.models import KnownApplication, KnownLicence


def note_licence(session: Session, event: Received, *, now: datetime) -> bool:
    """Answers whether it was news: not older than what is known."""
    state = event.data
    values = {
        "version": event.sequence,
        "licence_no": state["licence_no"],
        "municipality": state["municipality"],
        "status": state["status"],
        "establishment": state["establishment"],
        "trade_name": (state["trade_name"] or {}).get("ar"),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "replaced_by": state["replaced_by"],
        "changed_at": now,
    }
    return _note(session, KnownLicence, "licence_id", event, values)


def note_application(session: Session, event: Received, *, now: datetime) -> bool:
    """The same of an application."""
    names = ("application_no", "municipality", "status", "establishment", "licence_no")
    values = {name: event.data[name] for name in names}
    return _note(
        session,
        KnownApplication,
        "application_id",
        event,
        {**values, "version": event.sequence, "changed_at": now},
    )


def _note(session: Session, model: Any, key: str, event: Received, values: dict[str, Any]) -> bool:
    statement = insert(model).values(**{key: event.subject}, **values)
    newer = statement.on_conflict_do_update(
        index_elements=[key], set_=values, where=model.version < statement.excluded.version
    )
    return session.scalar(newer.returning(getattr(model, key))) is not None
