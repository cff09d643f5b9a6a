"""Projections: writes permits, certificates, releases, requests, licences and grants as their events tell them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.states import words
from partner_gateway.domain import permit_documents
from partner_gateway.domain.company_work import waiting_work
from partner_gateway.domain.permit_documents import building_of
from partner_gateway.models import (
    ApplicationBill,
    BuildingCertificate,
    BuildingFacts,
    BuildingPermit,
    BuildingRelease,
    Licence,
    LicenceActivity,
    LicenceApplication,
    PartnerGrant,
    PermitRequest,
)
from partner_gateway.settings import Settings
from saudi.finding import asked_key, place_keys
from saudi.text import number_key

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permits/permit.v1.schema.json, owners


def keep_newest(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Writes rows whose first column is the key. An older `version` never overwrites a newer one."""
    session.execute(_newer(table, tuple(rows[0])), rows)


@cache
def _newer(table: Table, columns: tuple[str, ...]) -> Any:
    """Returns the upsert of these columns, made once for each table: building and compiling it costs more than
    running it."""
    statement = postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[columns[0]],
        set_={name: statement.excluded[name] for name in columns[1:]},
        where=table.c.version < statement.excluded.version,
    )


def keep_permits(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several permits, in the order of arrival; an older version never overwrites a newer
    one. `table`: a rebuild's own."""
    keep_newest(session, BuildingPermit.__table__ if table is None else table, rows)


def permit_row(event: Received, settings: Settings, now: datetime) -> dict[str, Any]:
    """Returns the event's state as a row of the read model. Raises CannotUnseal."""
    state = open_owners(event.data, settings)
    land = state["land"]
    document = json.dumps(
        permit_documents.partner_document(state, event.sequence),
        ensure_ascii=False,
        separators=(",", ":"),
    )
    permit_id, places = state["permit_id"], place_keys(land)
    return {
        "permit_id": permit_id,
        "version": event.sequence,
        "permit_number": number_key(state["permit_number"]),
        "issued_on": date.fromisoformat(state["issued_on"]),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "status": state["status"],
        "kind": state["kind"],
        "building_id": permit_documents.building_of(state),
        "municipality": state["municipality"],
        "request_key": asked_key(number_key, state["request_number"]),
        "plot_keys": places.plots,
        "plan_key": places.plan,
        "town_key": places.town,
        "district_key": places.district,
        "owner_keys": [settings.blind_index.key(n) for n in permit_documents.owner_numbers(state)],
        "owners_mark": settings.blind_index.key(_owners_text(state["owners"])),
        "document": settings.documents.seal(
            document.encode(), permit_documents.document_context(permit_id)
        ),
        "changed_at": event.time,
        "projected_at": now,
    }


def _owners_text(owners: Any) -> str:
    return json.dumps(owners, ensure_ascii=False, sort_keys=True)


def open_owners(state: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Returns a permit's state with its owners, whom the event carries sealed. Raises CannotUnseal."""
    context = OWNERS_CONTEXT.format(**state)
    return {
        **state,
        "owners": json.loads(settings.personal_data.unseal_text(state["owners"], context)),
    }


def record_grant(session: Session, event: Received) -> None:
    """Keeps the newest state of a grant for this service."""
    if event.data["audience"] != "partner-gateway":
        return
    names = set(PartnerGrant.__table__.columns.keys()) - {"version"}
    state = {"entry_kinds": [], **event.data}
    row = {"grant_id": event.data["grant_id"], "version": event.sequence}
    row |= {name: state[name] for name in sorted(names)}
    for name in ("valid_from", "valid_until"):
        row[name] = datetime.fromisoformat(row[name])
    keep_newest(session, PartnerGrant.__table__, [row])


# Parts of a state that the read model doesn't keep: contacts, and what people search by.
_LEFT_OUT = frozenset(("contacts", "inquiry"))
Rows = Sequence[dict[str, Any]]
SLICE = 500


def certificate_row(event: Received) -> dict[str, Any]:
    """Returns the event's state as a row."""
    return _building_part_row(event, "certificate_id")


def release_row(event: Received) -> dict[str, Any]:
    """Returns the event's state as a row, with the work that waits for the company."""
    waits_for, since = waiting_work(event.data) or (None, None)
    row = _building_part_row(event, "release_id")
    return {**row, "waits_for": waits_for, "waits_since": since}


def request_row(event: Received) -> dict[str, Any]:
    """Returns the event's state as a row."""
    return {
        "request_id": event.data["request_id"],
        "version": event.sequence,
        "request_key": number_key(event.data["request_number"]),
        "state": _without_left_out(event.data),
        "changed_at": event.time,
    }


def keep_certificates(session: Session, rows: Rows, table: Table | None = None) -> None:
    """Writes the newest state of several certificates, in the order of arrival, and renders their buildings. `table`: a
    rebuild's own."""
    _keep_building_parts(session, BuildingCertificate, rows, table)


def keep_releases(session: Session, rows: Rows, table: Table | None = None) -> None:
    """Writes the newest state of several releases of electric current, and renders their buildings."""
    _keep_building_parts(session, BuildingRelease, rows, table)


def keep_requests(session: Session, rows: Rows, table: Table | None = None) -> None:
    """Writes the newest state of several requests, which have no building yet."""
    keep_newest(session, PermitRequest.__table__ if table is None else table, rows)


def render_buildings(session: Session, building_ids: Iterable[str]) -> None:
    """Makes the facts of buildings anew from their certificates and releases.

    Several topics speak of a building, each in transactions of its own. The building's row is locked before anything is
    read, so that whichever comes second reads what the first has written.
    """
    wanted = sorted(set(building_ids))
    empty = [{"building_id": one, "document": "", "fresh_until": None} for one in wanted]
    session.execute(postgresql.insert(BuildingFacts).on_conflict_do_nothing(), empty)
    locked = select(BuildingFacts.building_id).where(BuildingFacts.building_id.in_(wanted))
    session.execute(locked.order_by(BuildingFacts.building_id).with_for_update())
    certificates = _states_by_building(session, BuildingCertificate, wanted)
    releases = _states_by_building(session, BuildingRelease, wanted)
    for one in wanted:
        facts = permit_documents.facts(certificates.get(one, ()), releases.get(one, ()), words)
        session.execute(
            update(BuildingFacts)
            .where(BuildingFacts.building_id == one)
            .values(
                document=permit_documents.text_of(facts),
                fresh_until=permit_documents.fresh_until(facts),
            )
        )


def render_all_buildings(session: Session) -> None:
    """The facts of every building that has any, anew."""
    known = select(BuildingCertificate.building_id).union(select(BuildingRelease.building_id))
    session.execute(delete(BuildingFacts).where(BuildingFacts.building_id.not_in(known)))
    wanted = list(session.scalars(known))
    for start in range(0, len(wanted), SLICE):
        render_buildings(session, wanted[start : start + SLICE])


def _building_part_row(event: Received, key: str) -> dict[str, Any]:
    return {
        key: event.data[key],
        "version": event.sequence,
        "building_id": building_of(event.data),
        "state": _without_left_out(event.data),
        "changed_at": event.time,
    }


def _without_left_out(state: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name not in _LEFT_OUT}


def _keep_building_parts(session: Session, model: Any, rows: Rows, table: Table | None) -> None:
    keep_newest(session, model.__table__ if table is None else table, rows)
    if table is None:
        render_buildings(session, (row["building_id"] for row in rows))


def _states_by_building(
    session: Session, model: Any, wanted: Sequence[str]
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    statement = select(model.building_id, model.state).where(model.building_id.in_(wanted))
    for building_id, state in session.execute(statement):
        found.setdefault(building_id, []).append(state)
    return found


def application_row(event: Received) -> dict[str, Any]:
    """Returns the event's state as a row; what was submitted here keeps its own columns."""
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
        "state": _without_left_out(state),
        "changed_at": event.time,
    }


def bill_row(event: Received) -> dict[str, Any] | None:
    """Returns the event's state as a row; None for a bill of anything but an application for a licence."""
    state = event.data
    if state["service"] != "licences" or state["subject"]["type"] != "licence_application":
        return None
    return {
        "bill_id": state["bill_id"],
        "version": event.sequence,
        "application_id": state["subject"]["id"],
        "state": _without_left_out(state),
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
        "state": _without_left_out(state),
        "changed_at": event.time,
    }


def activity_row(event: Received) -> dict[str, Any]:
    return {"code": event.data["code"], "version": event.sequence, "state": event.data}


def keep_applications(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several applications; an older version never overwrites a newer one. `table`: a
    rebuild's own."""
    _keep(session, LicenceApplication, rows, table)


def keep_licences(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several licences."""
    _keep(session, Licence, rows, table)


def keep_bills(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Writes the newest state of several bills."""
    _keep(session, ApplicationBill, rows, None)


def keep_activities(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several activities."""
    _keep(session, LicenceActivity, rows, table)


def _keep(
    session: Session, model: Any, rows: Sequence[dict[str, Any]], table: Table | None
) -> None:
    keep_newest(session, model.__table__ if table is None else table, rows)
