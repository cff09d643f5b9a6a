"""The operations of workers and of establishments' delegates on certificates."""

from chassis.access.quotas import Demand
from chassis.call import page_of
from health_certs import limits
from health_certs.api import views
from health_certs.api.callers import applicant_of, changer_of, reader_of
from health_certs.api.edge import Body, View
from health_certs.commands import holding, moving, renewing
from health_certs.context import Call
from health_certs.domain.applicants import Applicant
from health_certs.domain.readers import Reader
from health_certs.models import Certificate
from health_certs.queries import mine
from saudi.days import legal_day


def list_my_certificates(call: Call, limit: int, cursor: str | None = None) -> View:
    own = applicant_of(call)
    page = mine.my_certificates(call.session, own, page_of(call, limit, cursor))
    items = [_view(call, own, row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_certificate(call: Call, certificate_no: str) -> View:
    own = applicant_of(call)
    return _view(call, own, mine.my_certificate(call.session, own, certificate_no))


def cancel_my_certificate(call: Call, certificate_no: str) -> View:
    own = changer_of(call)
    row = holding.cancel(call.session, call.actor, own, certificate_no, now=call.now)
    return _view(call, own, row)


def renew_my_certificate(call: Call, certificate_no: str, body: Body) -> tuple[View, int]:
    own = applicant_of(call)
    demand = Demand(limits.requests_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = renewing.renew(call.session, call.actor, own, certificate_no, body, now=call.now)
    return views.request_view(row), 201


def change_my_establishment(call: Call, certificate_no: str, body: Body) -> View:
    """As the caller sees it afterwards; a delegate who let the worker go sees it for the last time."""
    own = changer_of(call)
    place = body["establishment"]
    row = moving.move(call.session, call.actor, own, certificate_no, place, now=call.now)
    reader = own.reads(worker=row.worker_number, establishment=row.establishment)
    return views.certificate_view(row, legal_day(call.now), reader=reader or Reader.ESTABLISHMENT)


def _view(call: Call, own: Applicant, row: Certificate) -> View:
    return views.certificate_view(row, legal_day(call.now), reader=reader_of(own, row))
