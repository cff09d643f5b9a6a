"""Operations on permit requests."""

from typing import Any

from chassis.call import page_of
from permits import queries
from permits.api.edge import Body, Created, View, note_of
from permits.api.histories import history_view
from permits.api.views import (
    owners_view,
    request_page,
    request_view,
    warned_view,
)
from permits.commands import billing, editing, fees, issuing, papers, requests
from permits.commands.billing import Wanted
from permits.commands.papers import HandedIn
from permits.context import Call
from permits.models import PermitRequest
from permits.queries import RequestSearch
from saudi.days import legal_day


def _view(call: Call, row: PermitRequest) -> View:
    return request_view(row, fees.shown_fee(call.session, row, on=legal_day(call.now)))


def submit_permit_request(call: Call, body: Body) -> Created:
    row = requests.submit(call.session, call.actor, body, now=call.now)
    return _view(call, row), 201


def list_permit_requests(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = queries.list_requests(
        call.session, call.actor, RequestSearch(**search), page_of(call, limit, cursor)
    )
    return request_page(page)


def get_permit_request(call: Call, request_id: str) -> View:
    return _view(call, queries.get_request(call.session, call.actor, request_id))


def get_permit_request_history(call: Call, request_id: str) -> View:
    return history_view(queries.history_of_request(call.session, call.actor, request_id))


def send_permit_request_to_office(call: Call, request_id: str, body: Body | None = None) -> View:
    row = requests.send_to_office(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)


def send_permit_request_to_technical_review(
    call: Call, request_id: str, body: Body | None = None
) -> View:
    row = requests.send_to_technical_review(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)


def pass_technical_review(call: Call, request_id: str, body: Body | None = None) -> View:
    row = requests.pass_technical_review(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)


def return_permit_request(call: Call, request_id: str, body: Body) -> View:
    row = requests.return_request(
        call.session, call.actor, request_id, notes=body["notes"], now=call.now
    )
    return _view(call, row)


def edit_permit_request(call: Call, request_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = editing.edit(
        call.session, call.actor, request_id, changes, note=note_of(body), now=call.now
    )
    return _view(call, row)


def correct_permit_request_owners(call: Call, request_id: str, body: Body) -> View:
    row = editing.correct_owners(
        call.session, call.actor, request_id, body, note=note_of(body), now=call.now
    )
    return _view(call, row)


def resubmit_permit_request(call: Call, request_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = requests.resubmit(
        call.session, call.actor, request_id, changes, note=note_of(body), now=call.now
    )
    return _view(call, row)


def approve_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    row = requests.approve(call.session, call.actor, request_id, note=note_of(body), now=call.now)
    return _view(call, row)


def reveal_permit_request_owners(call: Call, request_id: str, body: Body) -> View:
    row = requests.reveal_owners(
        call.session, call.actor, request_id, reason=body["reason"], now=call.now
    )
    return owners_view(row)


def hand_in_paper(call: Call, request_id: str, body: Body) -> View:
    brought = HandedIn(code=body["code"], reference=body["reference"], on=body.get("handed_in_on"))
    row = papers.hand_in(call.session, call.actor, request_id, brought, now=call.now)
    return _view(call, row)


def take_back_paper(call: Call, request_id: str, body: Body) -> View:
    row = papers.take_back(
        call.session,
        call.actor,
        request_id,
        code=body["code"],
        reason=body["reason"],
        now=call.now,
    )
    return _view(call, row)


def request_payment(call: Call, request_id: str, body: Body) -> View:
    """The contract's format `riyals` is read as halalas, `date` as a day."""
    wanted = Wanted(
        seen_halalas=body.get("amount"),
        due_on=body.get("due_on"),
        payer=body.get("payer"),
        note=note_of(body),
    )
    row = billing.request_payment(call.session, call.actor, request_id, wanted, now=call.now)
    return _view(call, row)


def withdraw_payment(call: Call, request_id: str, body: Body) -> View:
    row = billing.withdraw_payment(
        call.session, call.actor, request_id, reason=body["reason"], now=call.now
    )
    return _view(call, row)


def propose_amount(call: Call, request_id: str, body: Body) -> View:
    """The contract's format `riyals` is read as halalas."""
    row = fees.propose_amount(
        call.session,
        call.actor,
        request_id,
        amount_halalas=body["amount"],
        reason=body["reason"],
        now=call.now,
    )
    return _view(call, row)


def agree_to_amount(call: Call, request_id: str, body: Body | None = None) -> View:
    row = fees.agree_to_amount(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)


def refuse_amount(call: Call, request_id: str, body: Body) -> View:
    row = fees.refuse_amount(
        call.session, call.actor, request_id, reason=body["reason"], now=call.now
    )
    return _view(call, row)


def issue_permit(call: Call, request_id: str, body: Body | None = None) -> Created:
    permit = issuing.issue_permit(
        call.session,
        call.actor,
        request_id,
        note=note_of(body),
        validity_years=call.settings.permit_validity_years,
        insulation_years=call.settings.insulation_validity_years,
        now=call.now,
    )
    return warned_view(call, permit), 201


def reject_permit_request(call: Call, request_id: str, body: Body) -> View:
    row = requests.reject(call.session, call.actor, request_id, reason=body["reason"], now=call.now)
    return _view(call, row)


def cancel_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    row = requests.cancel_request(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)


def expire_unpaid_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    row = requests.expire_unpaid(
        call.session, call.actor, request_id, note=note_of(body), now=call.now
    )
    return _view(call, row)
