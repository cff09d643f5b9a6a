"""The operations of the municipality's staff on requests."""

from chassis.call import page_of
from health_certs.api import views
from health_certs.api.edge import Body, View
from health_certs.api.examinations import examination_view
from health_certs.commands import deciding, educating, examining
from health_certs.context import Call
from health_certs.domain import readers
from health_certs.domain.decision import told
from health_certs.queries import requests


def list_requests(
    call: Call, limit: int, status: str | None = None, cursor: str | None = None
) -> View:
    page = requests.list_requests(
        call.session, call.actor, page_of(call, limit, cursor), status=status
    )
    items = [views.request_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_request(call: Call, request_id: str) -> View:
    return views.request_view(requests.get_request(call.session, call.actor, request_id))


def get_request_conditions(call: Call, request_id: str) -> View:
    row = requests.get_request(call.session, call.actor, request_id)
    decision = deciding.public_decision_of(call.session, row, now=call.now)
    ended = row.ended_at is not None
    return views.conditions_view(told(decision, knows_result=False, ended=ended))


def enter_health_education(call: Call, request_id: str, body: Body) -> View:
    row = educating.enter(call.session, call.actor, request_id, body, now=call.now)
    return views.request_view(row)


def get_request_examination(call: Call, request_id: str) -> View:
    row = requests.get_request(call.session, call.actor, request_id)
    view = examination_view(call.session, row, readers.officer(call.actor.scopes))
    examining.note_reading(call.session, row, call.actor, now=call.now)
    return view
