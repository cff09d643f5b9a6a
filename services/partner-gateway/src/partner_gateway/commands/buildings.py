"""Projections: writes certificates, releases and requests as `permits` tells them, and what a building comes to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from partner_gateway.commands.newest import keep_newest
from partner_gateway.domain import building_of, buildings
from partner_gateway.models import (
    BuildingCertificate,
    BuildingFacts,
    BuildingRelease,
    PermitRequest,
)
from partner_gateway.views import words
from saudi.text import number_key

# Whom a state speaks to, and what people find it by, isn't kept.
_LEFT_OUT = frozenset(("contacts", "inquiry"))
Rows = Sequence[dict[str, Any]]
SLICE = 500


def certificate_row(event: Received) -> dict[str, Any]:
    """The event's state as a row."""
    return _row(event, "certificate_id")


def release_row(event: Received) -> dict[str, Any]:
    """The event's state as a row."""
    return _row(event, "release_id")


def request_row(event: Received) -> dict[str, Any]:
    """The event's state as a row."""
    return {
        "request_id": event.data["request_id"],
        "version": event.sequence,
        "request_key": number_key(event.data["request_number"]),
        "state": _kept(event.data),
        "changed_at": event.time,
    }


def keep_certificates(session: Session, rows: Rows, table: Table | None = None) -> None:
    """Writes the newest state of several certificates, in the order of arrival, and renders their buildings. `table`: a
    rebuild's own."""
    _keep(session, BuildingCertificate, rows, table)


def keep_releases(session: Session, rows: Rows, table: Table | None = None) -> None:
    """The same for releases of electric current."""
    _keep(session, BuildingRelease, rows, table)


def keep_requests(session: Session, rows: Rows, table: Table | None = None) -> None:
    """The same for requests, which have no building yet."""
    keep_newest(session, PermitRequest.__table__ if table is None else table, rows)


def render(session: Session, building_ids: Iterable[str]) -> None:
    """Makes the facts of buildings anew from their certificates and releases.

    Several topics speak of a building, each in transactions of its own. The building's row is locked before anything is
    read, so that whichever comes second reads what the first has written.
    """
    wanted = sorted(set(building_ids))
    empty = [{"building_id": one, "document": "", "fresh_until": None} for one in wanted]
    session.execute(postgresql.insert(BuildingFacts).on_conflict_do_nothing(), empty)
    locked = select(BuildingFacts.building_id).where(BuildingFacts.building_id.in_(wanted))
    session.execute(locked.order_by(BuildingFacts.building_id).with_for_update())
    certificates = _states(session, BuildingCertificate, wanted)
    releases = _states(session, BuildingRelease, wanted)
    for one in wanted:
        facts = buildings.facts(certificates.get(one, ()), releases.get(one, ()), words)
        session.execute(
            update(BuildingFacts)
            .where(BuildingFacts.building_id == one)
            .values(document=buildings.text_of(facts), fresh_until=buildings.fresh_until(facts))
        )


def render_all(session: Session) -> None:
    """The facts of every building that has any, anew."""
    known = select(BuildingCertificate.building_id).union(select(BuildingRelease.building_id))
    session.execute(delete(BuildingFacts).where(BuildingFacts.building_id.not_in(known)))
    wanted = list(session.scalars(known))
    for start in range(0, len(wanted), SLICE):
        render(session, wanted[start : start + SLICE])


def _row(event: Received, key: str) -> dict[str, Any]:
    return {
        key: event.data[key],
        "version": event.sequence,
        "building_id": building_of(event.data),
        "state": _kept(event.data),
        "changed_at": event.time,
    }


def _kept(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _LEFT_OUT}


def _keep(session: Session, model: Any, rows: Rows, table: Table | None) -> None:
    keep_newest(session, model.__table__ if table is None else table, rows)
    if table is None:
        render(session, (row["building_id"] for row in rows))


def _states(session: Session, model: Any, wanted: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    statement = select(model.building_id, model.state).where(model.building_id.in_(wanted))
    for building_id, state in session.execute(statement):
        found.setdefault(building_id, []).append(state)
    return found
