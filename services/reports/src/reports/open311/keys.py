"""The API key of a request: its holder and its quota."""

from chassis.access.auth import Caller
from chassis.access.quotas import Demand, Policy
from reports import queries
from reports.commands.open311 import hash_key
from reports.context import Call
from reports.domain.georeport import KeyRefused

MINUTE = 60
MAY_CLOSE = (
    "reports.close-by-update"  # what a key's grant adds; no scope of the authorization server
)


def caller_of(call: Call, presented: str | None) -> Caller:
    """Returns the holder of the key. Raises KeyRefused and LimitReached."""
    key = queries.open311_key(call.session, hash_key(presented)) if presented else None
    if key is None or key.withdrawn_at is not None:
        raise KeyRefused
    policy = Policy("open311-key", call.settings.open311_requests_per_key, MINUTE, step=1)
    call.charge(Demand(policy, key.key_id))
    return Caller.with_key(
        key.key_id, organisation=key.name, scopes=[MAY_CLOSE] if key.may_close else ()
    )
