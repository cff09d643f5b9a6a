"""Writes of the partner gateway: projecting events, keeping the record of queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from chassis.auth import Caller
from chassis.inbox import Received
from partner_gateway import domain
from partner_gateway.domain import Query
from partner_gateway.models import (
    AccessLog,
    AccessLogUnchained,
    BuildingPermit,
    PartnerGrant,
    RowsServed,
)
from partner_gateway.settings import Settings

OWNERS_CONTEXT = "permits.permit.owners/{permit_id}"  # events/permit.v1.schema.json, owners


def project_permit(
    session: Session, event: Received, settings: Settings, table: Table | None = None
) -> None:
    """Writes the permit's newest state; an older version never overwrites a newer one. `table`: a rebuild's own."""
    state, target = (
        opened(event.data, settings),
        BuildingPermit.__table__ if table is None else table,
    )
    version, secret = settings.blind_index_key_version, settings.blind_index_secret
    land = state["land"]
    document = domain.partner_document(state, event.sequence)
    row = {
        "permit_id": state["permit_id"],
        "version": event.sequence,
        "permit_number": domain.number_key(state["permit_number"]),
        "issued_on": date.fromisoformat(state["issued_on"]),
        "expires_on": date.fromisoformat(state["expires_on"]),
        "status": state["status"],
        "kind": state["kind"],
        "plan_key": domain.plan_key(land["plan_number"]) if land["plan_number"] else None,
        "town_key": domain.name_key(land["town"]),
        "district_key": domain.name_key(land["district"]),
        "owner_keys": [domain.blind_key(secret, version, n) for n in domain.owner_numbers(state)],
        "document": json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        "changed_at": event.time,
        "projected_at": datetime.now(UTC),
    }
    _upsert_newer(session, target, "permit_id", row)


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
    _upsert_newer(session, PartnerGrant.__table__, "grant_id", row)


def _upsert_newer(session: Session, table: Any, key: str, row: dict[str, Any]) -> None:
    statement = postgresql.insert(table).values(row)
    statement = statement.on_conflict_do_update(
        index_elements=[key],
        set_={name: statement.excluded[name] for name in row if name != key},
        where=table.c.version < statement.excluded.version,
    )
    session.execute(statement)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who asks what: the part of a record that's known before the decision."""

    caller: Caller
    now: datetime
    operation: str
    query: Query | None = None
    purpose: str | None = None
    case_reference: str | None = None


def record_access(
    session: Session,
    access: Access,
    *,
    decision: str,
    reason: str | None = None,
    permit_ids: Sequence[str] = (),
) -> None:
    """One row of the record, in the transaction of the answer: if it can't be written there's no answer."""
    caller, query = access.caller, access.query
    filters = query.filters() if query else {}
    row = {
        "at": access.now,
        "organisation": caller.organisation,
        "client_id": caller.client_id,
        "subject": caller.subject,
        "sid": caller.sid,
        "jti": caller.jti,
        "operation": access.operation,
        "query_kinds": query.kinds if query else [],
        "filters": {name: value for name, value in filters.items() if name != "civil_id_key"},
        "civil_id_key": filters.get("civil_id_key"),
        "purpose": access.purpose,
        "case_reference": access.case_reference,
        "decision": decision,
        "reason": reason,
        "result_count": len(permit_ids),
        "permit_ids": list(permit_ids),
    }
    log_id = session.scalar(insert(AccessLog).values(row).returning(AccessLog.id))
    session.execute(insert(AccessLogUnchained).values(log_id=log_id))


def count_rows(session: Session, organisation: str, day: date, rows: int) -> None:
    """Adds to the rows that the organisation read today."""
    statement = postgresql.insert(RowsServed).values(organisation=organisation, day=day, rows=rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation", "day"], set_={"rows": RowsServed.rows + rows}
        )
    )
