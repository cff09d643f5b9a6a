"""Operations on permits."""

from typing import Any

from chassis.call import Call
from permits import commands, queries
from permits.api.edge import Answer, Body
from permits.api.views import history_view, permit_page, permit_view
from permits.domain.dates import legal_day
from permits.queries import PermitSearch


def find_permits(call: Call, limit: int, cursor: str | None = None, **search: Any) -> Answer:
    today = legal_day(call.now)
    page = queries.find_permits(
        call.session,
        call.actor,
        PermitSearch(**search),
        today=today,
        limit=limit,
        cursor=cursor,
    )
    return permit_page(page, today)


def get_permit(call: Call, permit_id: str) -> Answer:
    permit = queries.get_permit(call.session, call.actor, permit_id)
    return permit_view(permit, legal_day(call.now))


def get_permit_history(call: Call, permit_id: str) -> Answer:
    return history_view(queries.history_of_permit(call.session, call.actor, permit_id))


def suspend_permit(call: Call, permit_id: str, body: Body) -> Answer:
    permit = commands.suspend(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        body=body["body"],
        now=call.now,
    )
    return permit_view(permit, legal_day(call.now))


def reinstate_permit(call: Call, permit_id: str, body: Body) -> Answer:
    permit = commands.reinstate(
        call.session, call.actor, permit_id, reason=body["reason"], now=call.now
    )
    return permit_view(permit, legal_day(call.now))


def cancel_permit(call: Call, permit_id: str, body: Body) -> Answer:
    permit = commands.cancel_permit(
        call.session, call.actor, permit_id, reason=body["reason"], now=call.now
    )
    return permit_view(permit, legal_day(call.now))


def amend_permit(call: Call, permit_id: str, body: Body) -> Answer:
    permit = commands.amend(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        use_class=body.get("use_class"),
        land=body.get("land"),
        now=call.now,
    )
    return permit_view(permit, legal_day(call.now))
