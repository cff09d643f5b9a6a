"""How far the read model is complete, and what is left of the caller's limits."""

import json
from typing import Any

from chassis.access import quotas
from chassis.access.quotas import Demand, Policy
from partner_gateway.api.permits import as_of
from partner_gateway.context import Call
from partner_gateway.limits import rows_a_day


def get_status(call: Call) -> dict[str, Any]:
    """GET: how far the read model is complete. Raises LimitReached."""
    charge_look(call)
    return {"as_of": json.loads(as_of(call))}


def get_quota(call: Call) -> dict[str, Any]:
    """GET: each limit of the caller, as the database counts it. Raises LimitReached."""
    charge_look(call)
    held = [one[:2] for one in call.resources.limits.demands(call.actor, by_civil_id=True)]
    grant = call.resources.grant(call.actor.organisation, call.now)
    if grant is not None and grant.in_force(call.now):
        held = [*held, (rows_a_day(grant), grant.organisation)]
    return {"limits": [_state(call, policy, subject) for policy, subject in held]}


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
