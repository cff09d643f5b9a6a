"""Looking permits up for a partner: limits, grant, rows of the day, the page, the record. In this order, always."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from partner_gateway import domain
from partner_gateway.context import Call
from partner_gateway.domain import Grant, Query, Refusal, absences
from partner_gateway.limits import Admission
from partner_gateway.queries.pages import Page
from partner_gateway.queries.statements import Position
from partner_gateway.record import Access
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A query with its purpose, the cursor's position, and at most how many permits."""

    query: Query
    purpose: str | None = None
    case_reference: str | None = None
    after: Position | None = None
    limit: int = 1


@dataclass(frozen=True)
class Found:
    """The page, the moment up to which it's complete, the grant with the fields that are shown, and why a number has no
    answer, if the grant says so."""

    admission: Admission
    grant: Grant
    page: Page
    as_of: datetime | None
    absence: dict[str, Any] | None = None


@dataclass(frozen=True)
class Denied:
    """Why the query is refused."""

    admission: Admission
    refusal: Refusal


async def look_up(call: Call, lookup: Lookup) -> Found | Denied:
    """The permits, within the limits and the grant of the caller's organisation.

    The query's row is in the record, allowed or denied, before this returns; also of a query that fails. Of queries
    over a limit the first ones of a minute have one. Raises Unrecorded.
    """
    access = Access(
        caller=call.actor, at=call.now, operation=call.operation_id, query=lookup.query,
        purpose=lookup.purpose, case_reference=lookup.case_reference, decision="allowed",
    )  # fmt: skip
    try:
        outcome = await _read_allowed(call, lookup)
    except Exception:
        await call.resources.recorder.add(replace(access, decision="denied", reason="failed"))
        raise
    if isinstance(outcome, Denied):
        if not await _is_recorded(call, outcome):
            return outcome
        access = replace(access, decision="denied", reason=outcome.refusal.code)
    else:
        access = replace(access, permit_ids=outcome.page.permit_ids)
    await call.resources.recorder.add(access)
    return outcome


async def _is_recorded(call: Call, denied: Denied) -> bool:
    if not denied.admission.refused:
        return True
    return await call.resources.limits.records_refusal(call.actor, now=call.now.timestamp())


async def _read_allowed(call: Call, lookup: Lookup) -> Found | Denied:
    limits, now = call.resources.limits, call.now.timestamp()
    by_civil_id = lookup.query.civil_id_keys is not None
    admission = await limits.admit(call.actor, by_civil_id=by_civil_id, now=now)
    if admission.refused:
        policy, seconds = admission.refused.policy, admission.refused.resets_in
        return Denied(
            admission, domain.too_many(policy.name, policy.limit, policy.seconds, seconds)
        )
    grant = call.resources.grant(call.actor.organisation, call.now)
    refusal = domain.refusal(grant, lookup.query, purpose=lookup.purpose, now=call.now)
    if refusal is not None or grant is None:
        return Denied(admission, refusal or domain.NO_GRANT)
    rows = await limits.take_rows(grant, lookup.limit, now=now)
    if not rows.granted:
        return Denied(admission, domain.rows_exhausted(grant, rows.resets_in))
    used = 0
    try:
        found = await _found(call, lookup, admission, grant, rows.granted)
        used = len(found.page.permit_ids) or int(found.absence is not None)
    finally:
        limits.give_back_rows(grant, rows.granted - used, now=now)
    return found


async def _found(
    call: Call, lookup: Lookup, admission: Admission, grant: Grant, limit: int
) -> Found:
    """Why a number has no answer is an answer too, and costs a row: else numbers could be tried without end.

    `as_of` is read before the page. Read afterwards it might name a moment after the SELECT.
    """
    as_of = call.resources.as_of()
    page = await call.resources.permits.page(
        lookup.query, after=lookup.after, limit=limit, today=legal_day(call.now)
    )
    number = lookup.query.permit_number or lookup.query.request_key
    if page.permit_ids or lookup.after or number is None or absences.FIELD not in grant.fields:
        return Found(admission, grant, page, as_of)
    absence = await call.resources.permits.absence(number)
    return Found(admission, grant, page, as_of, absence)
