"""Operations for people without an account: they file, send photos, inquire, rate the treatment."""

from contextlib import suppress
from secrets import token_urlsafe

from chassis.access.quotas import LimitReached
from chassis.core.refusals import IllegalTransition, not_blank
from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import history
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from reports import limits, queries
from reports.api.edge import Body, Created, View
from reports.api.photos import upload_view
from reports.api.public_filing import file_without_account
from reports.api.views import days_view
from reports.catalogue import catalogue
from reports.commands import ending, photos, referral
from reports.context import Call
from reports.domain.actors import REPORTER
from reports.domain.inquiry import in_citizens_words, parse_key
from reports.domain.reports import Status, expected_at, require_question
from reports.models import Report

UPLOAD_KEY_BYTES = 16


def upload_public_attachment(call: Call, body: Body) -> Created:
    key = token_urlsafe(UPLOAD_KEY_BYTES)
    row = call.resources.files.store(
        call.session, body["file"], uploader=photos.uploader_with(key), now=call.now
    )
    return {**upload_view(row), "upload_key": key}, 201


def file_public_report(call: Call, body: Body) -> Created:
    return filed_view(file_without_account(call, body)), 201


def inquire(call: Call, body: Body) -> View:
    row = _find_report(call, body)
    entries = history(call.session, (Report.aggregate_type, row.report_id))
    told = [{"at": rfc3339(at), "title": words.pair()} for at, words in in_citizens_words(entries)]
    return {**inquiry_view(row), "history": told}


def rate_by_number(call: Call, body: Body) -> View:
    row = _find_report(call, body)
    ending.rate(UnitOfWork.of(call, REPORTER), row.report_id, stars=body["stars"])
    return inquiry_view(row)


def reopen_by_number(call: Call, body: Body) -> View:
    """Reopens the report of a reporter who has no link: without a mobile, or with a lost message."""
    row = _find_report(call, body)
    ending.reopen(
        UnitOfWork.of(call, REPORTER),
        row.report_id,
        reason=not_blank(body["text"], "text"),
        rule=call.settings.reopening,
    )
    return inquiry_view(row)


def send_question_link(call: Call, body: Body) -> tuple[None, int]:
    """Sends the link of the question that waits to the mobile of the report. Whatever is found, the answer is the
    same. Raises LimitReached for too many tries with the number."""
    with suppress(queries.NotMatched):
        row = _find_report(call, body)
        with suppress(IllegalTransition, LimitReached):
            require_question(row.status)
            call.charge(*limits.links_of_question(row.report_id, row.mobile_key or ""))
            referral.ask_again(UnitOfWork.of(call, REPORTER), row.report_id)
    return None, 204


def _find_report(call: Call, body: Body) -> Report:
    """Returns the report of the number and the mobile or code. A wrong number and a wrong mobile cost, query and answer
    alike. Raises NotFound, InvalidFields, LimitReached."""
    key = parse_key(body["report_number"], body.get("mobile"), body.get("code"))
    # The quota holds a keyed hash, because people type a person's number into any field.
    hashed = keys_of(call.session).index.key(f"report|{key.number}")
    demands = limits.inquiries_of_number(call.settings, hashed, call.address)
    call.charge(*demands)
    return queries.find_by_key(call.session, key)


def filed_view(row: Report) -> View:
    """Returns the contract's FiledReport."""
    return {**inquiry_view(row), "mobile_confirmed": row.is_mobile_confirmed}


_TREATED = (Status.RESOLVED, Status.CLOSED)


def inquiry_view(row: Report) -> View:
    """Returns the contract's PublicReport: no officer, no note, no name of a department."""
    found = state(Report.aggregate_type, row.status)
    category = catalogue().categories[row.category]
    expected = expected_at(row.status, row.due_at)
    moments = {
        "filed_at": row.filed_at,
        "due_at": expected,
        "closed_at": row.closed_at,
        "reopenable_until": row.reopenable_until,
    }
    return {
        "report_number": row.report_number,
        "category": row.category,
        "category_title": category.words.pair(),
        "status": row.status,
        "status_title": found.words.pair(),
        "next": found.next.pair(),
        "tone": found.tone,
        **{name: rfc3339(at) if at else None for name, at in moments.items()},
        **days_view(row, expected),
        "satisfaction": row.satisfaction,
        "main_number": row.main_number,
        **_texts_for_reporter(row),
    }


def _texts_for_reporter(row: Report) -> View:
    """Returns the texts for the reporter, each in the statuses that it belongs to."""
    status = Status(row.status)
    body = catalogue().outside_bodies.get(row.external_body or "")
    is_outside = status is Status.WAITING_EXTERNAL and body is not None
    return {
        "question": row.question if status is Status.WAITING_REPORTER else None,
        "outside_body": body.pair() if is_outside and body else None,
        "treatment": row.resolution if status in _TREATED else None,
        "reason": row.reason if status is Status.REJECTED else None,
    }
