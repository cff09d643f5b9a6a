"""Projections: writes permits and grants as their events tell them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from partner_gateway import domain
from partner_gateway.models import BuildingPermit, PartnerGrant
from partner_gateway.settings import Settings
from saudi.land import plan_key
from saudi.text import number_key, place_key

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permit.v1.schema.json, owners


def keep_permits(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several permits, in the order of arrival; an older version never overwrites a newer
    one. `table`: a rebuild's own."""
    _upsert_newer(session, BuildingPermit.__table__ if table is None else table, "permit_id", rows)


def permit_row(event: Received, settings: Settings, now: datetime) -> dict[str, Any]:
    """The event's state as a row of the read model. Raises CannotUnseal."""
    state = opened(event.data, settings)
    land = state["land"]
    document = json.dumps(
        domain.partner_document(state, event.sequence), ensure_ascii=False, separators=(",", ":")
    )
    permit_id = state["permit_id"]
    return {
        "permit_id": permit_id,
        "version": event.sequence,
        "permit_number": number_key(state["permit_number"]),
        "issued_on": date.fromisoformat(state["issued_on"]),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "status": state["status"],
        "kind": state["kind"],
        "plan_key": plan_key(land["plan_number"]) if land["plan_number"] else None,
        "town_key": place_key(land["town"]),
        "district_key": place_key(land["district"]),
        "owner_keys": [settings.blind_index.key(n) for n in domain.owner_numbers(state)],
        "document": settings.documents.seal(document.encode(), domain.document_context(permit_id)),
        "changed_at": event.time,
        "projected_at": now,
    }


def opened(state: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """A permit's state with its owners, whom the event carries sealed. Raises CannotUnseal."""
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
    row = {name: event.data[name] for name in names} | {"version": event.sequence}
    for name in ("valid_from", "valid_until"):
        row[name] = datetime.fromisoformat(row[name])
    _upsert_newer(session, PartnerGrant.__table__, "grant_id", [row])


def _upsert_newer(session: Session, table: Any, key: str, rows: Sequence[dict[str, Any]]) -> None:
    session.execute(_newer(table, key), rows)


@cache
def _newer(table: Any, key: str) -> Any:
    """The upsert, made once for each table: building and compiling it costs more than running it."""
    statement = postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[key],
        set_={column.name: column for column in statement.excluded if column.name != key},
        where=table.c.version < statement.excluded.version,
    )
