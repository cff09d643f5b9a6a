"""What an answer says of the limits that its request was counted on."""

from collections.abc import Sequence

from chassis.access.quotas import Verdict
from chassis.core.refusals import Fault
from chassis.http.problems import Problem
from partner_gateway.domain import Refusal


def rate_limits(verdicts: Sequence[Verdict]) -> dict[str, str]:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Policy": ", ".join(
            f'"{one.policy.name}";q={one.policy.limit};w={one.policy.seconds}' for one in verdicts
        ),
        "RateLimit": ", ".join(
            f'"{one.policy.name}";r={one.remaining};t={one.resets_in}' for one in verdicts
        ),
    }


def refused(refusal: Refusal, verdicts: Sequence[Verdict]) -> Problem:
    """The problem that a query outside its limits or its grant is answered with."""
    headers = rate_limits(verdicts)
    errors = [Fault(refusal.field, refusal.code, refusal.params)] if refusal.field else []
    if refusal.retry_after:
        headers["Retry-After"] = str(refusal.retry_after)
    return Problem(
        refusal.problem, code=refusal.code, params=refusal.params, errors=errors, headers=headers
    )
