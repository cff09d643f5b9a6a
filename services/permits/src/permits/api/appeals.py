"""Operations on appeals, and the answers that show appeals."""

from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core import times
from chassis.data.paging import Page
from permits import catalogue, events, queries
from permits.api.if_match import in_version_read
from permits.api.views import Body, Created, View, branch_title, history_view, title_view
from permits.commands import handle_appeal
from permits.commands.handle_appeal import Filing
from permits.context import Call
from permits.domain import appeals, offered_actions
from permits.domain.appeals import Against
from permits.domain.searches import AppealSearch
from permits.models import Appeal
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
        suspension_id=body.get("suspension_id"),
        owner=body.get("owner", 0),
        by_representative=body.get("by_representative", False),
        grounds=body["grounds"],
        documents=tuple(body.get("documents") or ()),
        noticed_on=body.get("noticed_on"),
        filed_on=body.get("filed_on"),
    )
    row = handle_appeal.file(call.work, filing)
    return appeal_view(row, legal_day(call.now)), 201


def get_appeal(call: Call, appeal_id: str) -> View:
    row = queries.get_appeal(call.session, call.actor, appeal_id)
    return appeal_view(row, legal_day(call.now))


def get_appeal_history(call: Call, appeal_id: str) -> View:
    return history_view(queries.history_of_appeal(call.session, call.actor, appeal_id))


@in_version_read
def accept_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = handle_appeal.accept(
        call.work,
        appeal_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
    )
    return appeal_view(row, legal_day(call.now))


@in_version_read
def reject_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = handle_appeal.reject(call.work, appeal_id, reason=body["reason"])
    return appeal_view(row, legal_day(call.now))


@in_version_read
def withdraw_appeal(call: Call, appeal_id: str, body: Body) -> View:
    row = handle_appeal.withdraw(call.work, appeal_id, reason=body["reason"])
    return appeal_view(row, legal_day(call.now))


def appeal_view(row: Appeal, today: date) -> View:
    """Returns the contract's Appeal, as of today."""
    return {
        **events.appeal_state(row.record()),
        "against_title": catalogue.appeal_titles()[row.against],
        "municipality_title": branch_title(row.municipality),
        "status_title": title_view(appeals.STATUS_TITLES[appeals.Status(row.status)]),
        "overdue": appeals.is_overdue(row.status, row.decide_by, today),
        "appealed_at": times.shown(row.appealed_at),
        **{name: getattr(row, name) for name in ("appealed_by", "appellant", "grounds")},
        "actions": offered_actions.actions_of_appeal(row.status),
        **{name: getattr(row, name) for name in ("documents", "reason", "ended_by", "version")},
    }


def appeal_page(page: Page[Appeal], today: date) -> View:
    """Returns the contract's AppealPage."""
    items = [appeal_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}
