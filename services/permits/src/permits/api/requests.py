"""Operations on permit requests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chassis.call import Call
from permits import commands, queries
from permits.api.edge import Answer, Body, note_of
from permits.api.views import (
    history_view,
    owners_view,
    permit_view,
    request_page,
    request_view,
)
from permits.domain.dates import legal_day
from permits.domain.errors import Fault, InvalidFields
from permits.queries import RequestSearch


def submit_permit_request(call: Call, body: Body) -> Answer:
    row = commands.submit(call.session, call.actor, body, now=call.now)
    return request_view(row), 201


def list_permit_requests(
    call: Call, limit: int, cursor: str | None = None, **search: Any
) -> Answer:
    page = queries.list_requests(
        call.session, call.actor, RequestSearch(**search), limit=limit, cursor=cursor
    )
    return request_page(page)


def get_permit_request(call: Call, request_id: str) -> Answer:
    return request_view(queries.get_request(call.session, call.actor, request_id))


def get_permit_request_history(call: Call, request_id: str) -> Answer:
    return history_view(queries.history_of_request(call.session, call.actor, request_id))


def send_permit_request_to_office(call: Call, request_id: str, body: Body | None = None) -> Answer:
    row = commands.send_to_office(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return request_view(row)


def send_permit_request_to_technical_review(
    call: Call, request_id: str, body: Body | None = None
) -> Answer:
    row = commands.send_to_technical_review(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return request_view(row)


def pass_technical_review(call: Call, request_id: str, body: Body | None = None) -> Answer:
    row = commands.pass_technical_review(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return request_view(row)


def return_permit_request(call: Call, request_id: str, body: Body) -> Answer:
    row = commands.return_request(
        call.session, call.actor, request_id, notes=body["notes"], now=call.now
    )
    return request_view(row)


def resubmit_permit_request(call: Call, request_id: str, body: Body) -> Answer:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = commands.resubmit(
        call.session, call.actor, request_id, changes, note=note_of(body), now=call.now
    )
    return request_view(row)


def approve_permit_request(call: Call, request_id: str, body: Body | None = None) -> Answer:
    row = commands.approve(call.session, call.actor, request_id, note=note_of(body), now=call.now)
    return request_view(row)


def reveal_permit_request_owners(call: Call, request_id: str, body: Body) -> Answer:
    row = commands.reveal_owners(
        call.session, call.actor, request_id, reason=body["reason"], now=call.now
    )
    return owners_view(row)


def request_payment(call: Call, request_id: str, body: Body) -> Answer:
    row = commands.request_payment(
        call.session,
        call.actor,
        request_id,
        invoice_number=body["invoice_number"],
        amount=Decimal(body["amount"]),
        due_on=date.fromisoformat(body["due_on"]),
        now=call.now,
    )
    return request_view(row)


def record_payment(call: Call, request_id: str, body: Body) -> Answer:
    row = commands.record_payment(
        call.session,
        call.actor,
        request_id,
        receipt_number=body["receipt_number"],
        amount=Decimal(body["amount"]),
        paid_at=_moment(body["paid_at"]),
        now=call.now,
    )
    return request_view(row)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:  # RFC 3339 knows leap seconds, Python doesn't
        raise InvalidFields([Fault("paid_at", "format")]) from None


def issue_permit(call: Call, request_id: str, body: Body | None = None) -> Answer:
    permit = commands.issue_permit(
        call.session,
        call.actor,
        request_id,
        note=note_of(body),
        validity_years=call.settings.permit_validity_years,
        now=call.now,
    )
    return permit_view(permit, legal_day(call.now)), 201


def reject_permit_request(call: Call, request_id: str, body: Body) -> Answer:
    row = commands.reject(call.session, call.actor, request_id, reason=body["reason"], now=call.now)
    return request_view(row)


def cancel_permit_request(call: Call, request_id: str, body: Body | None = None) -> Answer:
    row = commands.cancel_request(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return request_view(row)


def expire_unpaid_permit_request(call: Call, request_id: str, body: Body | None = None) -> Answer:
    row = commands.expire_unpaid(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return request_view(row)
