"""Operations that search for people, that tell who searched, and that show people what is theirs."""

from datetime import date
from typing import Any

from chassis.access.persons import persons_of
from chassis.call import page_of
from chassis.core import states, times
from chassis.data.paging import Page
from permits import queries
from permits.api.permits import permit_row
from permits.api.requests import request_row
from permits.api.views import Body, View, branch_title, kind_title, title_view
from permits.commands import search_people
from permits.commands.review import missing_papers
from permits.commands.search_people import PersonFindings
from permits.context import Call
from permits.domain import permits, requests
from permits.domain.inquiry import kind_of_permit, next_step_of_permit
from permits.domain.people import LOOK_TITLES, Look
from permits.domain.searches import LookSearch
from permits.models import Permit, PermitRequest, PersonSearch
from saudi.branches import GOVERNORATE
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.money import riyals


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


def list_my_permits(call: Call, limit: int, cursor: str | None = None) -> View:
    number = persons_of(call.session).open(call.actor).id_number
    page = queries.list_own_things(call.session, number, page_of(call, limit, cursor))
    today = legal_day(call.now)
    items = [my_permit_view(row, number, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def my_permit_view(row: Permit | PermitRequest, number: str, today: date) -> View:
    """Returns the contract's MyPermit for the person with the number."""
    own = _my_permit(row, today) if isinstance(row, Permit) else _my_request(row)
    is_owner = any(owner.id_number == number for owner in row.owners)
    shown = {
        "id": row.aggregate_id,
        "municipality": row.municipality,
        "municipality_title": branch_title(row.municipality),
        "kind": row.kind,
        "kind_title": kind_title(row.kind),
        "capacity": "owner" if is_owner else "representative",
        **own,
        **{name: row.land[name] for name in ("plan_number", "plots", "town", "district")},
    }
    return with_hijri(shown, {"until", "opened_on"})


def _my_permit(row: Permit, today: date) -> View:
    status = permits.effective_status(row.status, row.expires_on, today)
    last_day = permits.last_day_of(status, row.expires_on)
    return {
        "thing": "permit",
        "number": row.permit_number,
        **_state_view(kind_of_permit(row.works), status),
        "next_step": next_step_of_permit(status),
        "until": last_day.isoformat() if last_day else None,
        "opened_on": row.issued_on.isoformat(),
        "bill": None,
        "missing_papers": [],
    }


def _my_request(row: PermitRequest) -> View:
    is_open = row.status not in requests.ENDS
    return {
        "thing": "request",
        "number": row.request_number,
        **_state_view("permit_request", row.status),
        "next_step": requests.next_step(requests.Status(row.status)),
        "until": row.due_on.isoformat() if row.due_on else None,
        "opened_on": legal_day(row.submitted_at).isoformat(),
        "bill": _bill_view(row),
        "missing_papers": [
            {"ar": one["ar"], "en": one["en"]} for one in (missing_papers(row) if is_open else ())
        ],
    }


def _state_view(kind: str, status: str) -> View:
    """Returns the words that the inquiry page says of the state, and of what the owner does now."""
    found = states.state(kind, status)
    words = {"status_title": found.words.pair(), "next_title": found.next.pair()}
    return {"status": status, **words}


def _bill_view(row: PermitRequest) -> View | None:
    """Returns the bill that the owner has to pay now."""
    invoice = row.invoice
    if invoice is None or not requests.waits_for_money(row.status):
        return None
    numbers = {"bill_number": invoice.bill_number, "biller_code": invoice.biller_code}
    return {**numbers, "amount": riyals(invoice.amount_halalas)}


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
