"""Looking for a person."""

from permits.api.edge import Body, View
from permits.api.views import findings_view
from permits.commands import people
from permits.context import Call
from saudi.days import legal_day


def search_by_person(call: Call, body: Body) -> View:
    per_hour = call.settings.person_searches_per_hour
    found = people.search(call.session, call.actor, body, per_hour=per_hour, now=call.now)
    return findings_view(found, legal_day(call.now))
