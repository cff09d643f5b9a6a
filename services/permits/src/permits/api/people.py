"""Looking for a person, and who did."""

from typing import Any

from chassis.access.persons import persons_of
from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, View
from permits.api.views import findings_view, look_page, told_page
from permits.commands import people
from permits.context import Call
from permits.queries import LookSearch
from saudi.days import legal_day


def search_by_person(call: Call, body: Body) -> View:
    found = people.search(call.session, call.actor, body, now=call.now)
    return findings_view(found, legal_day(call.now))


def list_person_searches(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = page_of(call, limit, cursor)
    return look_page(queries.list_looks(call.session, call.actor, LookSearch(**search), page))


def disclose_person_searches(call: Call, body: Body, limit: int, cursor: str | None = None) -> View:
    page = page_of(call, limit, cursor)
    return told_page(people.disclose(call.session, call.actor, body, page, now=call.now))


def list_my_person_searches(call: Call, limit: int, cursor: str | None = None) -> View:
    number = persons_of(call.session).open(call.actor).id_number
    return told_page(people.told_of(call.session, number, page_of(call, limit, cursor)))
