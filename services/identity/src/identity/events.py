"""Builds the events of identity: grants with their whole state, and revocations."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.access.revocations import CONFIRMED
from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from saudi.days import legal_day
from saudi.formats import with_hijri

_PREFIX = "sa.gov.qatif.identity"
_GRANT = (
    *("grant_id", "organisation", "audience", "purposes", "query_kinds", "entry_kinds"),
    *("widest_span_days", "fields", "rows_per_day", "valid_from", "valid_until", "status"),
)
_DELEGATION = ("delegation_id", "unified_number", "basis", "valid_until", "status")
_REVOCATION = ("revocation_id", "kind", "value", "not_before", "expires_at")


def _state(record: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: record[name] for name in names}
    return {k: rfc3339(v) if isinstance(v, datetime) else v for k, v in values.items()}


def grant_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the public state of a grant, as in `identity/grant.v1.schema.json`."""
    return _state(record, _GRANT)


def grant_event(happened: str, record: Mapping[str, Any], now: datetime) -> Event:
    """Builds an event of a grant. `happened`: granted, amended or withdrawn."""
    return Event(
        type=f"{_PREFIX}.grant.{happened}.v1",
        topic="identity.grant",
        aggregate_type="grant",
        aggregate_id=record["grant_id"],
        version=record["version"],
        data=grant_state(record),
        time=now,
    )


def delegation_event(
    happened: str, record: Mapping[str, Any], contacts: Sequence[Mapping[str, Any]], now: datetime
) -> Event:
    """Builds an event of a delegation, without the delegate's name and number. `happened`: named or ended; `contacts`:
    sealed for the delegation."""
    last_day = legal_day(record["valid_until"] - timedelta(microseconds=1))
    state = {**_state(record, _DELEGATION), "last_day": last_day.isoformat()}
    return Event(
        type=f"{_PREFIX}.delegation.{happened}.v1",
        topic="identity.delegation",
        aggregate_type="delegation",
        aggregate_id=record["delegation_id"],
        version=record["version"],
        data={**with_hijri(state, ("last_day",)), "contacts": list(contacts)},
        time=now,
    )


def revocation_state(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a revocation as in its schema: the tokens that it names, without the reason."""
    return _state(record, _REVOCATION)


def revocation_event(record: Mapping[str, Any], now: datetime) -> Event:
    """Builds the event of a revocation. A revocation never changes, so its version is 1."""
    return Event(
        type=f"{_PREFIX}.revocation.recorded.v1",
        topic="identity.revocation",
        aggregate_type="revocation",
        aggregate_id=record["revocation_id"],
        version=1,
        data=revocation_state(record),
        time=now,
    )


def confirmation_event(event_id: str, complete_until: datetime, now: datetime) -> Event:
    """Builds the heartbeat of the topic of revocations."""
    return Event(
        type=CONFIRMED,
        topic="identity.revocation",
        aggregate_type="revocation-heartbeat",
        aggregate_id=event_id,
        version=1,
        data={"revocation_id": event_id, "complete_until": rfc3339(complete_until)},
        time=now,
    )
