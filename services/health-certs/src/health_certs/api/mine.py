"""The operations of workers themselves and of establishments' delegates, on requests and certificates."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.call import page_of
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.uploads import Upload
from chassis.files.attachments import Attachment, attachments_of
from chassis.http.uploads import charge_upload
from health_certs import catalogue, limits, queries
from health_certs.api import views
from health_certs.api.views import (
    Body,
    Created,
    FileAnswer,
    View,
    applicant_of,
    applicant_who_changes,
    reader_of,
)
from health_certs.commands import amend, cancel, decide
from health_certs.commands.apply import FILES, anonymise_photo, apply, renew
from health_certs.commands.move import move
from health_certs.context import Call
from health_certs.domain.access import MAY_READ_RESULT, Applicant, Reader
from health_certs.domain.requests import GIVE_ACCOUNT
from health_certs.models import Certificate, Request
from invoicing.views import bill_view
from saudi.days import legal_day

LEAST_WIDTH, LEAST_HEIGHT = 240, 320  # pixels of a portrait
PHOTO = "photo"  # the name under which the file is sent


def list_my_requests(call: Call, limit: int, cursor: str | None = None) -> View:
    applicant = applicant_of(call)
    page = queries.my_requests(call.session, applicant, page_of(call, limit, cursor))
    items = _request_views(call, applicant, page.rows)
    return {"items": items, "next_cursor": page.next_cursor}


def apply_for_certificate(call: Call, body: Body) -> Created:
    applicant = applicant_of(call)
    call.charge_caller(limits.requests_of_citizen(call.settings))
    return views.request_view(apply(call.work, applicant, body)), 201


def get_my_request(call: Call, request_id: str) -> View:
    applicant = applicant_of(call)
    row = queries.my_request(call.session, applicant, request_id)
    (view,) = _request_views(call, applicant, [row])
    return view


def amend_my_request(call: Call, request_id: str, body: Body) -> View:
    applicant = applicant_who_changes(call)
    return views.request_view(amend.amend(call.work, applicant, request_id, body))


def change_my_centre(call: Call, request_id: str, body: Body) -> View:
    applicant = applicant_who_changes(call)
    row = amend.change_centre(call.work, applicant, request_id, body["centre"])
    return views.request_view(row)


def withdraw_my_request(call: Call, request_id: str) -> View:
    applicant = applicant_who_changes(call)
    row = amend.withdraw(call.work, applicant, request_id)
    (view,) = _request_views(call, applicant, [row])
    return view


def get_my_bill(call: Call, request_id: str) -> View:
    row = queries.my_request(call.session, applicant_of(call), request_id)
    return bill_view(queries.bill_of(call.session, row))


def ask_for_my_bill(call: Call, request_id: str) -> Created:
    applicant = applicant_who_changes(call)
    return bill_view(amend.bill_again(call.work, applicant, request_id)), 201


def get_my_conditions(call: Call, request_id: str) -> View:
    applicant = applicant_of(call)
    row = queries.my_request(call.session, applicant, request_id)
    reader = reader_of(applicant, row)
    look = decide.decision_of if MAY_READ_RESULT[reader] else decide.public_decision
    return views.conditions_view(look(call.work, row), row, reader)


def get_my_examination(call: Call, request_id: str) -> View:
    applicant = applicant_of(call)
    row = queries.my_request(call.session, applicant, request_id)
    return views.examination_view(call.session, row, reader_of(applicant, row))


def get_my_photo(call: Call, request_id: str) -> FileAnswer:
    applicant = applicant_of(call)
    row = queries.my_request(call.session, applicant, request_id)
    queries.require_visible_face(call.session, applicant, row)
    photos = attachments_of(call.session, FILES, [row.request_id])
    if not photos:
        raise NotFound
    return call.resources.files.answer(photos[0], name=PHOTO)


def upload_my_photo(call: Call, body: Body) -> Created:
    """Keeps the photo for its sender until a request claims it. Refuses a file that is no picture, and a picture too
    small for an inspector to recognise anybody."""
    applicant_of(call)
    row = _store_photo(call, body["file"], charge_upload(call))
    view = views.photo_view(row)
    anonymise_photo(call.session, row)
    return view, 201


def _store_photo(call: Call, file: Upload, uploader: str) -> Attachment:
    try:
        row = call.resources.files.store(call.session, file, uploader=uploader, now=call.now)
    except InvalidFields as refusal:
        faults = [
            replace(one, code="photo-type") if one.code == "file-type" else one
            for one in refusal.faults
        ]
        raise InvalidFields(faults) from None
    if not row.media_type.startswith("image/"):
        raise InvalidFields.of("file", "photo-type")
    if (row.width or 0) < LEAST_WIDTH or (row.height or 0) < LEAST_HEIGHT:
        raise InvalidFields.of("file", "photo-small", width=LEAST_WIDTH, height=LEAST_HEIGHT)
    return row


def list_my_certificates(call: Call, limit: int, cursor: str | None = None) -> View:
    applicant = applicant_of(call)
    page = queries.my_certificates(call.session, applicant, page_of(call, limit, cursor))
    items = [_certificate_view(call, applicant, row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_certificate(call: Call, certificate_no: str) -> View:
    applicant = applicant_of(call)
    row = queries.my_certificate(call.session, applicant, certificate_no)
    return _certificate_view(call, applicant, row)


def cancel_my_certificate(call: Call, certificate_no: str) -> View:
    applicant = applicant_who_changes(call)
    return _certificate_view(call, applicant, cancel.cancel(call.work, applicant, certificate_no))


def renew_my_certificate(call: Call, certificate_no: str, body: Body) -> Created:
    applicant = applicant_of(call)
    call.charge_caller(limits.requests_of_citizen(call.settings))
    return views.request_view(renew(call.work, applicant, certificate_no, body)), 201


def change_my_establishment(call: Call, certificate_no: str, body: Body) -> View:
    """Shows the certificate as the caller sees it afterwards. A delegate who released the worker sees the certificate
    for the last time."""
    applicant = applicant_who_changes(call)
    row = move(call.work, applicant, certificate_no, body["establishment"])
    reader = applicant.reads(worker=row.worker_number, establishment=row.establishment)
    return views.certificate_view(row, legal_day(call.now), reader=reader or Reader.ESTABLISHMENT)


def _request_views(call: Call, applicant: Applicant, rows: Sequence[Request]) -> list[View]:
    readable = queries.readable_numbers(call.session, applicant, rows)
    without_account = queries.await_account(call.session, rows)
    found = []
    for row in rows:
        view = views.request_view(row, readable=readable)
        is_payer = reader_of(applicant, row) == row.applied_by
        if is_payer and row.request_id in without_account:
            view["next"] = GIVE_ACCOUNT.pair()
        found.append(view)
    return found


def _certificate_view(call: Call, applicant: Applicant, row: Certificate) -> View:
    return views.certificate_view(row, legal_day(call.now), reader=reader_of(applicant, row))


def list_professions(call: Call) -> View:
    professions = catalogue.professions()
    return {
        "items": [
            {
                "code": one.code,
                **one.words.pair(),
                "group": {"code": one.group, **professions.groups[one.group].pair()},
                "course": one.course.code if one.course else None,
                "season": one.season.code if one.season else None,
            }
            for one in professions.listed(legal_day(call.now))
        ]
    }


def list_centres(call: Call) -> View:
    today = legal_day(call.now)
    return {
        "items": [
            {"organisation": one.organisation, **one.words.pair(), "towns": list(one.towns)}
            for one in catalogue.centres().values()
            if one.is_accredited(today)
        ]
    }
