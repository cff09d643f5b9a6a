"""Licences of municipalities: looked at, exported; renewals and cancellations asked for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core.times import days_as_texts
from chassis.http.streams import Stream
from partner_gateway import exports
from partner_gateway.api.municipal import JSON_LINES, accepted, desk, json_line, reach
from partner_gateway.commands import submissions
from partner_gateway.context import Call
from partner_gateway.domain import check_range
from partner_gateway.domain.applications import Reach
from partner_gateway.queries import licences as queries
from partner_gateway.queries.licences import LicenceSearch
from partner_gateway.views import licence_view
from partner_gateway.visits import APPLICATION, LICENCE, visit
from saudi.days import legal_day
from saudi.text import compact


def find_licences(call: Call, limit: int, cursor: str | None = None, **asked: Any) -> Any:
    """GET: a page of the municipality's licences, newest first."""
    search, today = LicenceSearch(**asked), legal_day(call.now)
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, LICENCE, *limits, **vars(search)) as one:
        as_of = call.resources.shown_as_of(queries.LICENCES_TOPIC)
        check_range("issued", search.issued_from, search.issued_to)
        page = queries.licences(
            call.session, reach(call), search, page_of(call, limit, cursor), today=today
        )
        one.ids += [row.licence_id for row in page.rows]
    data = call.settings.licence_data
    return {
        "as_of": as_of,
        "items": [licence_view(row, data, today) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def get_licence(call: Call, licence_no: str) -> Any:
    """GET: one licence by its number. A missing one is recorded too."""
    number = compact(licence_no)
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, LICENCE, *limits, licence_no=number) as one:
        row = queries.find_licence(call.session, reach(call), number)
        one.ids.append(row.licence_id)
    return licence_view(row, call.settings.licence_data, legal_day(call.now))


def request_licence_renewal(
    call: Call, licence_no: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a renewal, an application of its own."""
    number = compact(licence_no)
    with visit(call, APPLICATION, *_submitted(call), licence_no=number) as one:
        row = submissions.request_renewal(desk(call), number, days_as_texts(body))
        one.ids.append(row.application_id)
    return accepted(call, row)


def request_licence_cancellation(
    call: Call, licence_no: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a cancellation, an application of its own."""
    number = compact(licence_no)
    with visit(call, APPLICATION, *_submitted(call), licence_no=number) as one:
        row = submissions.request_cancellation(desk(call), number, body)
        one.ids.append(row.application_id)
    return accepted(call, row)


def export_licences(call: Call, format: str = "csv", **asked: Any) -> Any:
    """GET: all of the municipality's licences as one file, sent piece by piece. Raises TooManyLicences, and
    TooManyExports while others are being sent."""
    search, today = LicenceSearch(**asked), legal_day(call.now)
    limits = call.resources.limits
    demands = [*limits.of_municipality(call.actor), limits.exports_of(call.actor)]
    release = call.resources.exports.take()
    try:
        with visit(call, LICENCE, *demands, format=format, **vars(search)) as one:
            check_range("issued", search.issued_from, search.issued_to)
            own = reach(call)
            one.count = exports.counted(call.session, own, search, today=today)
    except BaseException:
        release()
        raise
    pieces = _csv(call, own, search, today) if format == "csv" else _lines(call, own, search, today)
    kind = "text/csv; charset=utf-8; header=present" if format == "csv" else JSON_LINES
    name = f"licences-{today.isoformat()}.{format}"
    return Stream(pieces, release), 200, {
        "Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'
    }  # fmt: skip


def _submitted(call: Call) -> Any:
    return call.resources.limits.of_municipality(call.actor, submitted=1)


def _documents(
    call: Call, own: Reach, search: LicenceSearch, today: date
) -> Iterator[list[dict[str, Any]]]:
    data = call.settings.licence_data
    for rows in queries.all_licences(call.resources.database, own, search, today=today):
        yield [licence_view(row, data, today) for row in rows]


def _lines(call: Call, own: Reach, search: LicenceSearch, today: date) -> Iterator[bytes]:
    for documents in _documents(call, own, search, today):
        yield b"".join(json_line(one) for one in documents)


def _csv(call: Call, own: Reach, search: LicenceSearch, today: date) -> Iterator[bytes]:
    yield exports.HEAD
    for documents in _documents(call, own, search, today):
        yield exports.rows(documents)
