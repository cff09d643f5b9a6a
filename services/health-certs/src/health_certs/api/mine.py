"""The operations of workers themselves and of establishments' delegates."""

from chassis.access.persons import acts_for, persons_of
from chassis.access.quotas import Demand
from chassis.call import page_of
from chassis.core.refusals import NotFound
from chassis.files.attachments import of_owner
from health_certs import limits
from health_certs.api import views
from health_certs.api.edge import Body, View
from health_certs.api.examinations import examination_view
from health_certs.commands import applying, changing, deciding
from health_certs.context import Call
from health_certs.domain.applicants import Applicant
from health_certs.domain.decision import told
from health_certs.domain.readers import MAY_READ_RESULT, Reader
from health_certs.models import Request
from health_certs.queries import mine
from saudi.days import legal_day

Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def _applicant(call: Call) -> Applicant:
    """Who calls. Raises NoCitizen: to anybody else nothing is theirs."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        name=person.name,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
    )


def list_my_requests(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_requests(call.session, _applicant(call), page_of(call, limit, cursor))
    items = [views.request_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def apply_for_certificate(call: Call, body: Body) -> Created:
    own = _applicant(call)
    demand = Demand(limits.requests_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = applying.apply(call.session, call.actor, own, body, now=call.now)
    return views.request_view(row), 201


def get_my_request(call: Call, request_id: str) -> View:
    return views.request_view(mine.my_request(call.session, _applicant(call), request_id))


def amend_my_request(call: Call, request_id: str, body: Body) -> View:
    own = _applicant(call)
    row = changing.amend(call.session, call.actor, own, request_id, body, now=call.now)
    return views.request_view(row)


def change_my_centre(call: Call, request_id: str, body: Body) -> View:
    own = _applicant(call)
    row = changing.change_centre(
        call.session, call.actor, own, request_id, body["centre"], now=call.now
    )
    return views.request_view(row)


def withdraw_my_request(call: Call, request_id: str) -> View:
    own = _applicant(call)
    row = changing.withdraw(call.session, call.actor, own, request_id, now=call.now)
    return views.request_view(row)


def get_my_bill(call: Call, request_id: str) -> View:
    row = mine.my_request(call.session, _applicant(call), request_id)
    return views.bill_view(mine.bill_of(call.session, row))


def ask_for_my_bill(call: Call, request_id: str) -> Created:
    own = _applicant(call)
    invoice = changing.bill_again(call.session, call.actor, own, request_id, now=call.now)
    return views.bill_view(invoice), 201


def get_my_conditions(call: Call, request_id: str) -> View:
    own = _applicant(call)
    row = mine.my_request(call.session, own, request_id)
    decision = deciding.decision_of(call.session, row, now=call.now)
    knows = MAY_READ_RESULT[_reader(own, row)]
    return views.conditions_view(told(decision, knows_result=knows, ended=row.ended_at is not None))


def get_my_examination(call: Call, request_id: str) -> View:
    own = _applicant(call)
    row = mine.my_request(call.session, own, request_id)
    return examination_view(call.session, row, _reader(own, row))


def get_my_photo(call: Call, request_id: str) -> FileAnswer:
    row = mine.my_request(call.session, _applicant(call), request_id)
    photos = of_owner(call.session, applying.FILES, [row.request_id])
    if not photos:
        raise NotFound
    return call.resources.files.answer(photos[0])


def upload_my_photo(call: Call, body: Body) -> Created:
    """Kept for its sender until a request claims it."""
    _applicant(call)
    uploader = applying.uploader_of(call.actor)
    demand = Demand(limits.uploads_of_caller(call.settings), uploader)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = call.resources.files.store(call.session, body["file"], uploader=uploader, now=call.now)
    return views.photo_view(row), 201


def list_my_certificates(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_certificates(call.session, _applicant(call), page_of(call, limit, cursor))
    today = legal_day(call.now)
    items = [views.certificate_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_certificate(call: Call, certificate_no: str) -> View:
    row = mine.my_certificate(call.session, _applicant(call), certificate_no)
    return views.certificate_view(row, legal_day(call.now))


def _reader(own: Applicant, row: Request) -> Reader:
    """As what the caller reads a request that is his own."""
    found = own.reads(worker=row.worker_number, establishment=row.establishment)
    if found is None:
        raise NotFound
    return found
