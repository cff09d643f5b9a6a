"""Operations for everybody on the reports of others: public types, released words and photos."""

from collections.abc import Mapping
from typing import Any

from chassis.core.states import state
from chassis.data.paging import PageRequest
from reports import queries
from reports.api.edge import Body, View
from reports.api.views import days_view
from reports.catalogue import catalogue, governorate, municipalities, office
from reports.commands import filing
from reports.context import Call
from reports.domain.clock import Clock, due_at
from reports.domain.georeport import LONGEST_SPAN
from reports.domain.public_texts import released_words
from reports.domain.reports import expected_at
from reports.models import Report
from saudi.days import legal_day
from saudi.formats import with_hijri

_EVERYBODY = "public"  # cursors of everybody's list belong to nobody


def list_public_reports(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    wanted = PageRequest(
        limit=limit, cursor=cursor, organisation=_EVERYBODY, secret=call.settings.cursor_secret
    )
    asked = queries.PublicSearch(since=call.now - LONGEST_SPAN, **search)
    page = queries.list_public(call.session, asked, wanted)
    pictures = queries.released_pictures(call.session, page.rows)
    items = [listed_view(row, pictures) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_public_report(call: Call, report_number: str) -> View:
    row = queries.get_public(call.session, report_number)
    return listed_view(row, queries.released_pictures(call.session, [row]))


def preview_public_report(call: Call, body: Body) -> View:
    """Checks a report as filing would, and shows open reports that may be about the same problem."""
    read = filing.read_unfinished_report(body)
    similar = queries.similar_reports(call.session, read, metres=call.settings.duplicate_metres)
    pictures = queries.released_pictures(call.session, [row for row, _ in similar])
    due = due_at(Clock(read.category.service_time, call.now), office())
    days = {"due_on": legal_day(due).isoformat() if due else None}
    return {
        "municipality": read.place.municipality,
        "municipality_title": municipalities()[read.place.municipality].pair(),
        **with_hijri(days, days),
        "similar": [{**listed_view(row, pictures), "metres": apart} for row, apart in similar],
    }


def listed_view(row: Report, pictures: Mapping[str, str]) -> View:
    """Returns the contract's ListedReport. `pictures`: report id → the id of a released photo."""
    found = state(Report.aggregate_type, row.status)
    return {
        "report_number": row.report_number,
        "category": row.category,
        "category_title": catalogue().categories[row.category].words.pair(),
        "status": row.status,
        "status_title": found.words.pair(),
        "tone": found.tone,
        **days_view(row, expected_at(row.status, row.due_at)),
        "town": row.town,
        **released_words(row, governorate()),
        "photo": pictures.get(row.report_id),
    }
