"""Operations that search for people, and that tell who searched."""

from datetime import date
from typing import Any

from chassis.access.persons import persons_of
from chassis.call import page_of
from chassis.core import times
from chassis.data.paging import Page
from permits import queries
from permits.api.permits import permit_row
from permits.api.requests import request_row
from permits.api.views import Body, View, title_view
from permits.commands import search_people
from permits.commands.search_people import PersonFindings
from permits.context import Call
from permits.domain.people import LOOK_TITLES, Look
from permits.domain.searches import LookSearch
from permits.models import Permit, PermitRequest, PersonSearch
from saudi.branches import GOVERNORATE
from saudi.days import legal_day


def search_by_person(call: Call, body: Body) -> View:
    found = search_people.search(call.work, body)
    return findings_view(found, legal_day(call.now))


def list_person_searches(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = page_of(call, limit, cursor)
    return look_page(queries.list_looks(call.session, call.actor, LookSearch(**search), page))


def disclose_person_searches(call: Call, body: Body, limit: int, cursor: str | None = None) -> View:
    page = page_of(call, limit, cursor)
    return told_page(search_people.disclose(call.work, body, page))


def list_my_person_searches(call: Call, limit: int, cursor: str | None = None) -> View:
    number = persons_of(call.session).open(call.actor).id_number
    return told_page(
        search_people.looks_at_owner(call.session, number, page_of(call, limit, cursor))
    )


def findings_view(found: PersonFindings, today: date) -> View:
    """Returns the contract's PersonFindings."""
    return {
        "permits": [{**permit_row(row, today), **_names(row)} for row in found.permits],
        "requests": [{**request_row(row), **_names(row)} for row in found.requests],
        "more": found.more,
    }


def _names(row: Permit | PermitRequest) -> View:
    """Returns the names of the owners and of their representative, by which staff see which row the search meant. Such
    a look is recorded."""
    agent = row.representative["name"] if row.representative else None
    return {"owner_names": [owner.name for owner in row.owners], "representative_name": agent}


def look_page(page: Page[PersonSearch]) -> View:
    """Returns the contract's LookPage."""
    own = ("search_id", "subject", "name", "client_id", "found")
    items = [{**_look_view(row), **{name: getattr(row, name) for name in own}} for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def told_page(page: Page[PersonSearch]) -> View:
    """Returns the contract's ToldLookPage, which doesn't name the employee."""
    return {"items": [_look_view(row) for row in page.rows], "next_cursor": page.next_cursor}


def _look_view(row: PersonSearch) -> View:
    return {
        "at": times.shown(row.at),
        "municipality": row.municipality or GOVERNORATE,
        "kind": row.kind,
        "kind_title": title_view(LOOK_TITLES[Look(row.kind)]),
        "reason": row.reason,
    }
