"""The operations of workers themselves and of establishments' delegates."""

from chassis.access.quotas import Demand
from chassis.call import page_of
from chassis.core.refusals import NotFound
from chassis.files.attachments import of_owner, uploader_of
from health_certs import limits
from health_certs.api import views
from health_certs.api.callers import applicant_of, changer_of, reader_of
from health_certs.api.edge import Body, View
from health_certs.api.examinations import examination_view
from health_certs.commands import applying, changing, deciding
from health_certs.context import Call
from health_certs.domain.decision import told
from health_certs.domain.readers import MAY_READ_RESULT
from health_certs.queries import mine

PHOTO = "photo"  # what the file is called
Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def list_my_requests(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_requests(call.session, applicant_of(call), page_of(call, limit, cursor))
    items = [views.request_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def apply_for_certificate(call: Call, body: Body) -> Created:
    own = applicant_of(call)
    demand = Demand(limits.requests_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = applying.apply(call.session, call.actor, own, body, now=call.now)
    return views.request_view(row), 201


def get_my_request(call: Call, request_id: str) -> View:
    return views.request_view(mine.my_request(call.session, applicant_of(call), request_id))


def amend_my_request(call: Call, request_id: str, body: Body) -> View:
    own = changer_of(call)
    row = changing.amend(call.session, call.actor, own, request_id, body, now=call.now)
    return views.request_view(row)


def change_my_centre(call: Call, request_id: str, body: Body) -> View:
    own = changer_of(call)
    row = changing.change_centre(
        call.session, call.actor, own, request_id, body["centre"], now=call.now
    )
    return views.request_view(row)


def withdraw_my_request(call: Call, request_id: str) -> View:
    own = changer_of(call)
    row = changing.withdraw(call.session, call.actor, own, request_id, now=call.now)
    return views.request_view(row)


def get_my_bill(call: Call, request_id: str) -> View:
    row = mine.my_request(call.session, applicant_of(call), request_id)
    return views.bill_view(mine.bill_of(call.session, row))


def ask_for_my_bill(call: Call, request_id: str) -> Created:
    own = changer_of(call)
    invoice = changing.bill_again(call.session, call.actor, own, request_id, now=call.now)
    return views.bill_view(invoice), 201


def get_my_conditions(call: Call, request_id: str) -> View:
    own = applicant_of(call)
    row = mine.my_request(call.session, own, request_id)
    knows = MAY_READ_RESULT[reader_of(own, row)]
    look = deciding.decision_of if knows else deciding.public_decision_of
    decision = look(call.session, row, now=call.now)
    return views.conditions_view(told(decision, knows_result=knows, ended=row.ended_at is not None))


def get_my_examination(call: Call, request_id: str) -> View:
    own = applicant_of(call)
    row = mine.my_request(call.session, own, request_id)
    return examination_view(call.session, row, reader_of(own, row))


def get_my_photo(call: Call, request_id: str) -> FileAnswer:
    own = applicant_of(call)
    row = mine.my_request(call.session, own, request_id)
    mine.check_face(call.session, own, row)
    photos = of_owner(call.session, applying.FILES, [row.request_id])
    if not photos:
        raise NotFound
    return call.resources.files.answer(photos[0], name=PHOTO)


def upload_my_photo(call: Call, body: Body) -> Created:
    """Kept for its sender until a request claims it."""
    applicant_of(call)
    uploader = uploader_of(call.actor)
    demand = Demand(limits.uploads_of_caller(call.settings), uploader)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = call.resources.files.store(call.session, body["file"], uploader=uploader, now=call.now)
    view = views.photo_view(row)
    applying.keep_photo(call.session, row)
    return view, 201
