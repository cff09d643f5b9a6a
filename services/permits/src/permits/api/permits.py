"""Operations on permits."""

from typing import Any

from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, View, note_of
from permits.api.histories import history_view
from permits.api.views import permit_page, warned_view
from permits.commands import permits
from permits.context import Call
from permits.queries import PermitSearch
from saudi.days import legal_day


def find_permits(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    today = legal_day(call.now)
    page = queries.find_permits(
        call.session,
        call.actor,
        PermitSearch(**search),
        page_of(call, limit, cursor),
        today=today,
    )
    return permit_page(page, today)


def get_permit(call: Call, permit_id: str) -> View:
    permit = queries.get_permit(call.session, call.actor, permit_id)
    return warned_view(call, permit)


def get_permit_history(call: Call, permit_id: str) -> View:
    at = call.session, call.actor, permit_id
    return history_view(queries.history_of_permit(*at), queries.certificates_of(*at))


def suspend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = permits.suspend(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        body=body["body"],
        note=note_of(body),
        now=call.now,
    )
    return warned_view(call, permit)


def reinstate_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = permits.reinstate(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
        now=call.now,
    )
    return warned_view(call, permit)


def cancel_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = permits.cancel_permit(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        note=note_of(body),
        now=call.now,
    )
    return warned_view(call, permit)


def cancel_permit_for_owner(call: Call, permit_id: str, body: Body) -> View:
    asked = permits.Asked(
        reason=body["reason"],
        owner=body.get("owner", 0),
        by_representative=body.get("by_representative", False),
        papers=tuple(body["papers"]),
        note=note_of(body),
    )
    permit = permits.cancel_for_owner(call.session, call.actor, permit_id, asked, now=call.now)
    return warned_view(call, permit)


def amend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = permits.amend(
        call.session,
        call.actor,
        permit_id,
        reason=body["reason"],
        wanted={name: part for name, part in body.items() if name != "reason"},
        now=call.now,
    )
    return warned_view(call, permit)
