"""The operations of the municipality's staff, on requests and certificates."""

from chassis.call import page_of
from health_certs import queries
from health_certs.api import views
from health_certs.api.callers import Body, View
from health_certs.commands import decide
from health_certs.commands.cancel import revoke
from health_certs.commands.examine import record_reading
from health_certs.commands.health_education import enter_pass
from health_certs.context import Call
from health_certs.domain.access import Reader, officer_reader
from health_certs.domain.certificates import RevocationReason
from health_certs.domain.decision import visible_conditions
from health_certs.models import Certificate
from saudi.days import legal_day


def list_requests(
    call: Call, limit: int, status: str | None = None, cursor: str | None = None
) -> View:
    page = queries.list_requests(
        call.session, call.actor, page_of(call, limit, cursor), status=status
    )
    items = [views.request_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_request(call: Call, request_id: str) -> View:
    return views.request_view(queries.get_request(call.session, call.actor, request_id))


def get_request_conditions(call: Call, request_id: str) -> View:
    row = queries.get_request(call.session, call.actor, request_id)
    decision, ended = decide.public_decision(call.work, row), row.ended_at is not None
    return {"items": visible_conditions(decision, knows_result=False, ended=ended)}


def enter_health_education(call: Call, request_id: str, body: Body) -> View:
    return views.request_view(enter_pass(call.work, request_id, body))


def get_request_examination(call: Call, request_id: str) -> View:
    row = queries.get_request(call.session, call.actor, request_id)
    view = views.examination_view(call.session, row, officer_reader(call.actor.scopes))
    record_reading(call.work, row)
    return view


def get_certificate(call: Call, certificate_no: str) -> View:
    return _certificate_view(
        call, queries.get_certificate(call.session, call.actor, certificate_no)
    )


def revoke_certificate(call: Call, certificate_no: str, body: Body) -> View:
    row = revoke(call.work, certificate_no, RevocationReason(body["reason"]))
    return _certificate_view(call, row)


def _certificate_view(call: Call, row: Certificate) -> View:
    return views.certificate_view(row, legal_day(call.now), reader=Reader.OFFICER)
