"""Projections: writes applications, licences and activities as `licences` published them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from partner_gateway.commands.newest import keep_newest
from partner_gateway.feed import Change, municipality
from partner_gateway.models import Licence, LicenceActivity, LicenceApplication

# What's kept of an event's state: not whom it speaks to, nor what people find it by.
_TOLD_OF_APPLICATIONS = (
    *("application_id", "application_no", "request", "kind", "municipality", "status"),
    *("licence_no", "waits_for", "reason_code", "review_until"),
)
_TOLD_OF_LICENCES = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "status"),
    *("issued_on", "expires_on", "reason_code", "replaced_by"),
)
_LEFT_OUT = frozenset(("contacts", "inquiry"))


def application_row(event: Received) -> dict[str, Any]:
    """The event's state as a row; what was submitted here keeps its own columns."""
    state = event.data
    until = state.get("review_until")  # an event of before has none
    return {
        "application_id": state["application_id"],
        "version": event.sequence,
        "municipality": state["municipality"],
        "request": state["request"],
        "status": state["status"],
        "submitted_at": datetime.fromisoformat(state["submitted_at"]),
        "kind": state["kind"],
        "licence_no": state["licence_no"],
        "application_no": state["application_no"],
        "review_until": date.fromisoformat(until) if until else None,
        "state": _kept(state),
        "changed_at": event.time,
    }


def licence_row(event: Received) -> dict[str, Any]:
    state = event.data
    return {
        "licence_id": state["licence_id"],
        "version": event.sequence,
        "licence_no": state["licence_no"],
        "municipality": state["municipality"],
        "kind": state["kind"],
        "status": state["status"],
        "issued_on": date.fromisoformat(state["issued_on"]),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "activities": [one["code"] for one in state["activities"]],
        "state": _kept(state),
        "changed_at": event.time,
    }


def activity_row(event: Received) -> dict[str, Any]:
    return {"code": event.data["code"], "version": event.sequence, "state": event.data}


def change_of_application(event: Received) -> Change | None:
    """What the municipality hears of an application; nothing once its personal data were emptied."""
    state = event.data
    path = f"/v1/licence-applications/{state['application_id']}"
    return _change(event, state["application_no"], path, _TOLD_OF_APPLICATIONS)


def change_of_licence(event: Received) -> Change | None:
    """The same of a licence."""
    number = event.data["licence_no"]
    return _change(event, number, f"/v1/licences/{number}", _TOLD_OF_LICENCES)


def _change(event: Received, number: str, path: str, told: Sequence[str]) -> Change | None:
    if event.type.endswith(".emptied.v1"):
        return None
    return Change(
        event_id=event.id,
        type=event.type,
        source="/licences",
        audiences=municipality(event.data["municipality"]),
        subject=event.subject,
        number=number,
        path=path,
        sequence=event.sequence,
        time=event.time,
        data={name: event.data.get(name) for name in told},
    )


def keep_applications(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several applications; an older version never overwrites a newer one. `table`: a
    rebuild's own."""
    _keep(session, LicenceApplication, rows, table)


def keep_licences(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """The same for licences."""
    _keep(session, Licence, rows, table)


def keep_activities(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """The same for activities."""
    _keep(session, LicenceActivity, rows, table)


def _kept(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _LEFT_OUT}


def _keep(
    session: Session, model: Any, rows: Sequence[dict[str, Any]], table: Table | None
) -> None:
    keep_newest(session, model.__table__ if table is None else table, rows)
