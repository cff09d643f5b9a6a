"""The operations of applicants themselves: their applications, licences, violations."""

from typing import Any

from chassis.access.persons import acts_for, persons_of
from chassis.access.quotas import Demand
from chassis.call import page_of
from chassis.files.attachments import of_owner, one_of_owner, uploader_of
from licences import limits
from licences.api import mine_views, views, violation_views
from licences.api.edge import Body, View
from licences.api.papers import printed
from licences.commands import drafts
from licences.commands import mine as own
from licences.context import Call
from licences.domain.applicants import Applicant
from licences.models import Objection, Violation
from licences.queries import mine, violations
from saudi.days import legal_day

Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def _applicant(call: Call) -> Applicant:
    """Who calls. Raises NoCitizen: to anybody else nothing is theirs."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
    )


def list_my_applications(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_applications(call.session, _applicant(call), page_of(call, limit, cursor))
    items = [views.application_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def apply_for_licence(call: Call, body: Body, draft: str | None = None) -> Created:
    _count(call)
    row = own.apply(
        call.session,
        call.actor,
        _applicant(call),
        body,
        draft_id=draft,
        asks=call.resources.asks,
        now=call.now,
    )
    return views.application_view(row), 201


def get_my_application(call: Call, application_id: str) -> View:
    row = mine.my_application(call.session, _applicant(call), application_id)
    return views.application_view(row)


def explain_my_application(call: Call, application_id: str) -> View:
    row = mine.my_application(call.session, _applicant(call), application_id)
    return views.explanation_view(row.decision)


def get_my_bill(call: Call, application_id: str) -> View:
    row = mine.my_application(call.session, _applicant(call), application_id)
    return mine_views.bill_view(mine.bill_of(call.session, row))


def correct_my_application(call: Call, application_id: str, body: Body) -> View:
    _count(call)
    row = own.correct(
        call.session,
        call.actor,
        _applicant(call),
        application_id,
        body,
        asks=call.resources.asks,
        now=call.now,
    )
    return views.application_view(row)


def withdraw_my_application(call: Call, application_id: str, body: Body) -> View:
    row = own.withdraw(
        call.session,
        call.actor,
        _applicant(call),
        application_id,
        reason=body["reason"],
        now=call.now,
    )
    return views.application_view(row)


def upload_my_attachment(call: Call, body: Body) -> Created:
    """Kept for its sender until a draft, an application or an objection claims it."""
    _applicant(call)
    uploader = uploader_of(call.actor)
    demand = Demand(limits.uploads_of_caller(call.settings), uploader)
    call.quotas.charge([demand], now=call.now.timestamp())
    row = call.resources.files.store(call.session, body["file"], uploader=uploader, now=call.now)
    return violation_views.upload_view(row), 201


def list_my_files(call: Call, application_id: str) -> View:
    mine.my_application(call.session, _applicant(call), application_id)
    return mine_views.files_view(of_owner(call.session, own.FILES, [application_id]))


def attach_my_files(call: Call, application_id: str, body: Body) -> View:
    rows = own.attach(call.session, call.actor, _applicant(call), application_id, body["files"])
    return mine_views.files_view(rows)


def get_my_file(call: Call, application_id: str, attachment_id: str) -> FileAnswer:
    mine.my_application(call.session, _applicant(call), application_id)
    row = one_of_owner(call.session, attachment_id, owner_type=own.FILES, owner_id=application_id)
    return call.resources.files.answer(row)


def list_my_drafts(call: Call) -> View:
    return mine_views.drafts_view(call.session, mine.my_drafts(call.session, _applicant(call)))


def keep_draft(call: Call, body: Body) -> Created:
    row = drafts.keep_draft(
        call.session, call.actor, _applicant(call), body["form"], **_draft(body), now=call.now
    )
    return mine_views.draft_view(call.session, row), 201


def get_my_draft(call: Call, draft_id: str) -> View:
    row = mine.my_draft(call.session, _applicant(call), draft_id)
    return mine_views.draft_view(call.session, row)


def change_draft(call: Call, draft_id: str, body: Body) -> View:
    row = drafts.change_draft(
        call.session,
        call.actor,
        _applicant(call),
        draft_id,
        body["form"],
        **_draft(body),
        now=call.now,
    )
    return mine_views.draft_view(call.session, row)


def drop_draft(call: Call, draft_id: str) -> tuple[None, int]:
    drafts.drop_draft(call.session, _applicant(call), draft_id)
    return None, 204


def list_my_licences(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_licences(call.session, _applicant(call), page_of(call, limit, cursor))
    today = legal_day(call.now)
    items = [views.licence_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_licence(call: Call, licence_no: str) -> View:
    row = mine.my_licence(call.session, _applicant(call), licence_no)
    return views.licence_view(row, legal_day(call.now))


def get_my_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, mine.my_licence(call.session, _applicant(call), licence_no))


def renew_my_licence(call: Call, licence_no: str, body: Body) -> Created:
    _count(call)
    row = own.renew(
        call.session,
        call.actor,
        _applicant(call),
        licence_no,
        body,
        asks=call.resources.asks,
        now=call.now,
    )
    return views.application_view(row), 201


def cancel_my_licence(call: Call, licence_no: str, body: Body) -> Created:
    _count(call)
    row = own.cancel(
        call.session,
        call.actor,
        _applicant(call),
        licence_no,
        body,
        asks=call.resources.asks,
        now=call.now,
    )
    return views.application_view(row), 201


def list_my_violations(call: Call, limit: int, cursor: str | None = None) -> View:
    page = mine.my_violations(call.session, _applicant(call), page_of(call, limit, cursor))
    filed = violations.objections_of(call.session, page.rows)
    items = [_told(row, filed.get(row.violation_id)) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_violation(call: Call, violation_id: str) -> View:
    row = mine.my_violation(call.session, _applicant(call), violation_id)
    return _told(row, violations.objection_of(call.session, violation_id))


def object_to_my_violation(call: Call, violation_id: str, body: Body) -> View:
    row = own.object_to(
        call.session,
        call.actor,
        _applicant(call),
        violation_id,
        reasons=body["reasons"],
        files=body.get("files", ()),
        now=call.now,
    )
    return _told(row, violations.objection_of(call.session, violation_id))


def _told(row: Violation, objection: Objection | None) -> View:
    """Without the inspector's remark, which is for his colleagues."""
    return {**violation_views.violation_view(row, objection), "note": None}


def _draft(body: Body) -> dict[str, Any]:
    return {"establishment": body.get("establishment"), "files": body.get("files", ())}


def _count(call: Call) -> None:
    demand = Demand(limits.applications_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
