"""Operations on appeals."""

from typing import Any

from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, Created, View
from permits.api.histories import history_view
from permits.api.views import appeal_page, appeal_view
from permits.commands import appeals
from permits.commands.appeals import Filing
from permits.context import Call
from permits.domain.appeals import Against
from permits.queries import AppealSearch
from saudi.days import legal_day


def list_appeals(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    today, page = legal_day(call.now), page_of(call, limit, cursor)
    wanted = AppealSearch(**search)
    return appeal_page(
        queries.list_appeals(call.session, call.actor, wanted, page, today=today), today
    )


def file_appeal(call: Call, body: Body) -> Created:
    filing = Filing(
        against=Against(body["against"]),
        of=body["of"],
        owner=body.get("owner", 0),
        by_representative=body.get("by_representative", False),
        grounds=body["grounds"],
        documents=tuple(body.get("documents") or ()),
        noticed_on=body.get("noticed_on"),
        filed_on=body.get("filed_on"),
    )
    row = appeals.file(call.session, call.actor, filing, now=call.now)
    return appeal_view(row, legal_day(call.now)), 201


def get_appeal(call: Call, appeal_id: str) -> View:
    row = queries.get_appeal(call.session, call.actor, appeal_id)
    return appeal_view(row, legal_day(call.now))


def get_appeal_history(call: Call, appeal_id: str) -> View:
    return history_view(queries.history_of_appeal(call.session, call.actor, appeal_id))


def accept_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = appeals.accept(
        *(call.session, call.actor, appeal_id),
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
        now=call.now,
    )
    return appeal_view(row, legal_day(call.now))


def reject_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = appeals.reject(call.session, call.actor, appeal_id, reason=body["reason"], now=call.now)
    return appeal_view(row, legal_day(call.now))


def withdraw_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = appeals.withdraw(call.session, call.actor, appeal_id, reason=body["reason"], now=call.now)
    return appeal_view(row, legal_day(call.now))
