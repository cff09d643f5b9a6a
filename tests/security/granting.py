"""Grants and permits for the gateway under attack, as its consumers would record them."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from partner_gateway.commands import projections

SCHEMA = contracts.openapi("partner-gateway")["components"]["schemas"]["BuildingPermit"]
FIELDS = sorted(SCHEMA["properties"])
KINDS = ["issue-date-range", "plan-number", "permit-number", "civil-id"]


def received(event_type: str, sequence: int, data: dict[str, Any]) -> Received:
    return Received(
        id=new_id(),
        type=event_type,
        subject=data.get("permit_id") or data["grant_id"],
        sequence=sequence,
        time=datetime.now(UTC),
        data=data,
    )


def record_grant(
    service: Any,
    organisation: str,
    fields: Collection[str] = FIELDS,
    kinds: Collection[str] = KINDS,
) -> str:
    """A grant in force at once; answers whose it is."""
    now = datetime.now(UTC)
    data = {
        "grant_id": new_id(),
        "organisation": organisation,
        "audience": "partner-gateway",
        "purposes": ["meter-connection"],
        "query_kinds": sorted(kinds),
        "widest_span_days": 366,
        "fields": sorted(fields),
        "rows_per_day": 1000,
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=1)).isoformat(),
        "status": "active",
    }
    with service.database.transaction() as session:
        projections.record_grant(
            session, received("sa.gov.qatif.identity.grant.granted.v1", 1, data)
        )
    return organisation
