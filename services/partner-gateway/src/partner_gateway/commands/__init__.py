"""Projections: writes permits and grants as their events tell them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from partner_gateway import domain
from partner_gateway.commands.newest import keep_newest
from partner_gateway.models import BuildingPermit, PartnerGrant
from partner_gateway.settings import Settings
from saudi.finding import asked_key, place_keys
from saudi.text import number_key

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permits/permit.v1.schema.json, owners


def keep_permits(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """Writes the newest state of several permits, in the order of arrival; an older version never overwrites a newer
    one. `table`: a rebuild's own."""
    keep_newest(session, BuildingPermit.__table__ if table is None else table, rows)


def permit_row(event: Received, settings: Settings, now: datetime) -> dict[str, Any]:
    """The event's state as a row of the read model. Raises CannotUnseal."""
    state = opened(event.data, settings)
    land = state["land"]
    document = json.dumps(
        domain.partner_document(state, event.sequence), ensure_ascii=False, separators=(",", ":")
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
        "building_id": domain.building_of(state),
        "municipality": state["municipality"],
        "request_key": asked_key(number_key, state["request_number"]),
        "plot_keys": places.plots,
        "plan_key": places.plan,
        "town_key": places.town,
        "district_key": places.district,
        "owner_keys": [settings.blind_index.key(n) for n in domain.owner_numbers(state)],
        "owners_mark": settings.blind_index.key(_canonical(state["owners"])),
        "document": settings.documents.seal(document.encode(), domain.document_context(permit_id)),
        "changed_at": event.time,
        "projected_at": now,
    }


def _canonical(owners: Any) -> str:
    return json.dumps(owners, ensure_ascii=False, sort_keys=True)


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
    state = {"entry_kinds": [], **event.data}
    row = {"grant_id": event.data["grant_id"], "version": event.sequence}
    row |= {name: state[name] for name in sorted(names)}
    for name in ("valid_from", "valid_until"):
        row[name] = datetime.fromisoformat(row[name])
    keep_newest(session, PartnerGrant.__table__, [row])
