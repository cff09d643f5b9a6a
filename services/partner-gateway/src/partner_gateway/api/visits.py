"""Counts requests on their limits, writes them into the record before the answer leaves, and answers refusals."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from chassis.access.quotas import Demand, LimitReached, Verdict
from chassis.core import refusals
from chassis.core.refusals import Fault
from chassis.http.problems import Problem
from partner_gateway.context import Call
from partner_gateway.domain import entries, examinations
from partner_gateway.domain.following import GrantRefused
from partner_gateway.domain.grants import NO_GRANT, Grant, Refusal
from partner_gateway.record.chain import Access

RefusalOf = Callable[[Grant | None, datetime], Refusal | None]
APPLICATION, LICENCE = "licence-application", "licence"
EXAMINATION = "health-examination"
# area of an entry → its kind of visit
ENTRIES = {entries.INSULATION: "insulation-entry", entries.SUPPLY: "supply-entry"}


@dataclass
class Visit:
    """A request as the record keeps it. The operation adds the ids of the things that it showed or made."""

    kinds: tuple[str, ...]
    asked: Mapping[str, str]
    ids: list[str] = field(default_factory=list)
    count: int | None = None
    reason: str | None = None

    def filters(self) -> dict[str, str]:
        return dict(self.asked)

    def note(self, **more: str) -> None:
        """Adds facts to what the record keeps as asked."""
        self.asked = {**self.asked, **more}


@contextmanager
def visit(call: Call, kind: str, /, *demands: Demand, **asked: object) -> Iterator[Visit]:
    """Counts the request and writes its row, allowed or denied. Raises LimitReached and Unrecorded.

    `asked`: what was asked, without personal data; what is None was not.
    """
    filters = {name: str(value) for name, value in asked.items() if value is not None}
    one = Visit((kind,), filters)
    access = Access(
        caller=call.actor, at=call.now, operation=call.operation_id, decision="allowed", query=one
    )
    recorder = call.resources.recorder
    try:
        call.charge(*demands)
        yield one
    except LimitReached as refusal:
        if _records_refusal(call):
            recorder.write(replace(access, decision="denied", reason=refusal.code))
        raise
    except refusals.Refusal as refusal:
        recorder.write(replace(access, decision="denied", reason=refusal.code or refusal.problem))
        raise
    except Exception:
        recorder.write(replace(access, decision="denied", reason="failed"))
        raise
    recorder.write(
        replace(access, permit_ids=tuple(one.ids), result_count=one.count, reason=one.reason)
    )


def check_may_enter(call: Call, area: str) -> None:
    """Refuses a caller who may not enter anything, nor see entries. Raises PartnerStaffOnly, NotGranted."""
    caller = call.actor
    entries.check_caller(caller.kind, caller.organisation_kind)
    entries.check_grant(call.resources.grant(caller.organisation, call.now), area, call.now)


@contextmanager
def visit_of_centre(call: Call, /, **asked: object) -> Iterator[Visit]:
    """Counts and records a request of a medical centre. Nothing in the row depends on a result. Raises
    MedicalCentreOnly, and what `visit` raises."""
    demands = call.resources.limits.of_centre(call.actor, searching="civil_id_key" in asked)
    with visit(call, EXAMINATION, *demands, **asked) as one:
        examinations.check_caller(call.actor.kind, call.actor.organisation_kind)
        yield one


def note_replayed(call: Call, operation_id: str) -> None:
    """Counts and records a repeated request, which gets its earlier answer, as a request of its own.

    Raises LimitReached. Raises what `check_may_enter` or `visit_of_centre` raises: without a grant, an entry's earlier
    answer isn't given either.
    """
    if operation_id == examinations.ENTER:
        with visit_of_centre(call) as one:
            one.reason = "replayed"
        return
    area, _ = entries.OPERATIONS.get(operation_id, (None, None))
    kind = ENTRIES[area] if area else APPLICATION
    with visit(call, kind, *call.resources.limits.of_municipality(call.actor)) as one:
        if area:
            check_may_enter(call, area)
        one.reason = "replayed"


def require_grant(call: Call, refusal_of: RefusalOf, now: datetime | None = None) -> Grant:
    """Returns the organisation's grant. `refusal_of` says why a grant doesn't allow what is asked. Raises
    GrantRefused."""
    moment = now or call.now
    grant = call.resources.grant(call.actor.organisation, moment)
    refusal = refusal_of(grant, moment)
    if refusal is not None or grant is None:
        refusal = refusal or NO_GRANT
        raise GrantRefused(refusal.code, **refusal.params)
    return grant


def _records_refusal(call: Call) -> bool:
    """Returns whether a request over a limit gets a row: the first few of a minute do."""
    policy = call.resources.limits.refused
    return bool(call.quotas.take(policy, call.actor.subject, now=call.now.timestamp()).granted)


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


def refuse(refusal: Refusal, verdicts: Sequence[Verdict]) -> Problem:
    """Returns the problem that a query outside its limits or its grant is answered with."""
    headers = rate_limits(verdicts)
    errors = [Fault(refusal.field, refusal.code, refusal.params)] if refusal.field else []
    if refusal.retry_after:
        headers["Retry-After"] = str(refusal.retry_after)
    return Problem(
        refusal.problem, code=refusal.code, params=refusal.params, errors=errors, headers=headers
    )


def charge_look(call: Call) -> None:
    """Counts a look at the record, the quota or the status, on a limit of its own: it costs no query. Raises
    LimitReached."""
    call.charge_caller(call.resources.limits.status)
