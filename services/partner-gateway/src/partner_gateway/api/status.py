"""How far the read model is complete, what the caller's grant covers, and what is left of the limits."""

from typing import Any

from chassis.access import quotas
from chassis.access.quotas import Demand, Policy
from chassis.core import times
from partner_gateway import domain
from partner_gateway.api.limited import refused
from partner_gateway.context import Call
from partner_gateway.domain import purposes
from partner_gateway.limits import rows_a_day
from partner_gateway.queries.completeness import PERMITS_TOPIC


def get_status(call: Call) -> dict[str, Any]:
    """GET: how far the read model is complete. Raises LimitReached."""
    charge_look(call)
    return {"as_of": call.resources.shown_as_of(PERMITS_TOPIC)}


def get_quota(call: Call) -> dict[str, Any]:
    """GET: each limit of the caller, as the database counts it. Raises LimitReached."""
    charge_look(call)
    held = [one[:2] for one in call.resources.limits.demands(call.actor, by_civil_id=True)]
    grant = call.resources.grant(call.actor.organisation, call.now)
    if grant is not None and grant.in_force(call.now):
        held = [*held, (rows_a_day(grant), grant.organisation)]
    return {"limits": [_state(call, policy, subject) for policy, subject in held]}


def get_grant(call: Call) -> Any:
    """GET: what the caller's organisation may ask, and for which purposes. Raises LimitReached."""
    charge_look(call)
    grant = call.resources.grant(call.actor.organisation, call.now)
    if grant is None or not grant.in_force(call.now):
        return refused(domain.NO_GRANT, ())
    return {
        "purposes": purposes.listed(grant.purposes, grant.query_kinds),
        "query_kinds": sorted(grant.query_kinds),
        "entry_kinds": sorted(grant.entry_kinds),
        "widest_span_days": grant.widest_span_days,
        "fields": sorted(grant.fields | set(domain.ALWAYS)),
        "rows_per_day": grant.rows_per_day,
        "valid_until": times.shown(grant.valid_until),
    }


def charge_look(call: Call) -> None:
    """Counts a look at the record, the quota or the status, on a limit of its own: it costs no query. Raises
    LimitReached."""
    demand = Demand(call.resources.limits.status, call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())


def _state(call: Call, policy: Policy, subject: str) -> dict[str, Any]:
    state = quotas.state(call.session, policy, subject, now=call.now.timestamp())
    return {
        "name": policy.name,
        "limit": policy.limit,
        "window_seconds": policy.seconds,
        "remaining": state.remaining,
        "resets_in_seconds": state.resets_in,
    }
