"""The operations of applicants themselves: their applications, drafts, licences, violations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.access.persons import Person, acts_for, persons_of
from chassis.call import page_of
from chassis.core.times import rfc3339
from chassis.files.attachments import Attachment, attachments_of
from chassis.http.if_match import in_version_read
from chassis.http.uploads import take_upload
from invoicing.views import bill_view
from licences import limits
from licences.api.papers import printed
from licences.api.views import (
    Body,
    View,
    application_view,
    explanation_view,
    form_view,
    licence_view,
    upload_view,
    views_of_violations,
    violation_files_view,
)
from licences.commands import drafts
from licences.commands.correct import attach_files, correct_as_citizen, withdraw_as_citizen
from licences.commands.drafts import DRAFT_FILES
from licences.commands.submit import (
    apply_as_citizen,
    cancel_as_citizen,
    check_as_citizen,
    renew_as_citizen,
)
from licences.commands.violations.object import object_as_offender
from licences.context import Call
from licences.domain.actors import Applicant, DraftChanged
from licences.domain.applications import APPLICATION_FILES
from licences.domain.violations import may_object
from licences.models import Application, Draft, Licence, Violation
from licences.queries.applicants import (
    bill_of,
    my_application,
    my_applications,
    my_draft,
    my_drafts,
    my_licence,
    my_licences,
    my_violation,
    my_violations,
    newest_form_of,
    open_renewals_of,
    withdrawal_of,
)
from licences.queries.applications import file_of_application, file_owners
from licences.queries.violations import (
    file_of_violation,
    files_of_violation,
    withdrawn_bill_of,
)
from saudi.days import legal_day

Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def applicant_of(call: Call) -> Applicant:
    """Returns the caller as an applicant. Raises NoCitizen: nobody else owns anything here."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
        name=person.name,
    )


def list_my_applications(call: Call, limit: int, cursor: str | None = None) -> View:
    page = my_applications(call.session, applicant_of(call), page_of(call, limit, cursor))
    items = [application_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def apply_for_licence(
    call: Call, body: Body, draft: str | None = None, again: str | None = None
) -> Created:
    call.charge_caller(limits.applications_of_citizen(call.settings))
    row = apply_as_citizen(call.work, applicant_of(call), body, draft_id=draft, follows_id=again)
    return application_view(row), 201


def begin_my_application(call: Call) -> View:
    """Answers what a new application can begin with."""
    applicant, person = applicant_of(call), persons_of(call.session).open(call.actor)
    earlier = newest_form_of(call.session, applicant)
    return start_view(person, applicant, earlier)


def check_my_application(call: Call, body: Body) -> tuple[None, int]:
    check_as_citizen(call.work, applicant_of(call), body)
    return None, 204


def get_my_application(call: Call, application_id: str) -> View:
    row = my_application(call.session, applicant_of(call), application_id)
    return {**application_view(row), "withdrawn": _withdrawn_view(call.session, row)}


def _withdrawn_view(session: Session, row: Application) -> View | None:
    found = withdrawal_of(session, row)
    return {"by": found.by, "at": rfc3339(found.at)} if found else None


def get_my_form(call: Call, application_id: str) -> View:
    return form_view(my_application(call.session, applicant_of(call), application_id))


def explain_my_application(call: Call, application_id: str) -> View:
    row = my_application(call.session, applicant_of(call), application_id)
    return explanation_view(row.decision)


def get_my_bill(call: Call, application_id: str) -> View:
    row = my_application(call.session, applicant_of(call), application_id)
    return bill_view(bill_of(call.session, row))


def correct_my_application(call: Call, application_id: str, body: Body) -> View:
    call.charge_caller(limits.applications_of_citizen(call.settings))
    row = correct_as_citizen(call.work, applicant_of(call), application_id, body)
    return application_view(row)


def withdraw_my_application(call: Call, application_id: str, body: Body) -> View:
    row = withdraw_as_citizen(call.work, applicant_of(call), application_id, reason=body["reason"])
    return application_view(row)


def upload_my_attachment(call: Call, body: Body) -> Created:
    """Keeps a file for its sender until a draft, an application or an objection claims the file."""
    applicant_of(call)
    return upload_view(take_upload(call, body["file"])), 201


def list_my_files(call: Call, application_id: str) -> View:
    row = my_application(call.session, applicant_of(call), application_id)
    return files_view(attachments_of(call.session, APPLICATION_FILES, file_owners(row)))


def attach_my_files(call: Call, application_id: str, body: Body) -> View:
    rows = attach_files(call.work, applicant_of(call), application_id, body["files"])
    return files_view(rows)


def get_my_file(call: Call, application_id: str, attachment_id: str) -> FileAnswer:
    row = my_application(call.session, applicant_of(call), application_id)
    return call.resources.files.answer(file_of_application(call.session, row, attachment_id))


def list_my_drafts(call: Call) -> View:
    applicant = applicant_of(call)
    return drafts_view(call.session, my_drafts(call.session, applicant), applicant)


def keep_draft(call: Call, body: Body) -> Created:
    applicant = applicant_of(call)
    row = drafts.keep_draft(call.work, applicant, body["form"], **_draft_fields(body))
    return draft_view(call.session, row, applicant), 201


def get_my_draft(call: Call, draft_id: str) -> View:
    applicant = applicant_of(call)
    return draft_view(call.session, my_draft(call.session, applicant, draft_id), applicant)


@in_version_read(DraftChanged)
def change_draft(call: Call, draft_id: str, body: Body) -> View:
    applicant = applicant_of(call)
    row = drafts.change_draft(call.work, applicant, draft_id, body["form"], **_draft_fields(body))
    return draft_view(call.session, row, applicant)


def attach_to_my_draft(call: Call, draft_id: str, body: Body) -> View:
    return files_view(
        drafts.attach_to_draft(call.work, applicant_of(call), draft_id, body["files"])
    )


def remove_draft_file(call: Call, draft_id: str, attachment_id: str) -> tuple[None, int]:
    drafts.remove_draft_file(call.work, applicant_of(call), draft_id, attachment_id)
    return None, 204


def drop_draft(call: Call, draft_id: str) -> tuple[None, int]:
    drafts.drop_draft(call.work, applicant_of(call), draft_id)
    return None, 204


def list_my_licences(call: Call, limit: int, cursor: str | None = None) -> View:
    page = my_licences(call.session, applicant_of(call), page_of(call, limit, cursor))
    today, renewals = legal_day(call.now), open_renewals_of(call.session, page.rows)
    items = [_my_licence_view(row, today, renewals.get(row.licence_no)) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_licence(call: Call, licence_no: str) -> View:
    row = my_licence(call.session, applicant_of(call), licence_no)
    renewal = open_renewals_of(call.session, [row]).get(row.licence_no)
    named = renewal and {
        "application_id": renewal.application_id,
        "application_no": renewal.application_no,
    }
    return {**_my_licence_view(row, legal_day(call.now), renewal), "open_request": named}


def _my_licence_view(row: Licence, today: date, renewal: Application | None) -> View:
    """The contract's Licence. While a renewal is open, no other one is among the actions."""
    view = licence_view(row, today)
    hidden = ("renew",) if renewal else ()
    return {**view, "actions": [one for one in view["actions"] if one not in hidden]}


def get_my_licence_document(call: Call, licence_no: str) -> FileAnswer:
    return printed(call, my_licence(call.session, applicant_of(call), licence_no))


def renew_my_licence(call: Call, licence_no: str, body: Body) -> Created:
    call.charge_caller(limits.applications_of_citizen(call.settings))
    row = renew_as_citizen(call.work, applicant_of(call), licence_no, body)
    return application_view(row), 201


def cancel_my_licence(call: Call, licence_no: str, body: Body) -> Created:
    call.charge_caller(limits.applications_of_citizen(call.settings))
    row = cancel_as_citizen(call.work, applicant_of(call), licence_no, body)
    return application_view(row), 201


def list_my_violations(call: Call, limit: int, cursor: str | None = None) -> View:
    page = my_violations(call.session, applicant_of(call), page_of(call, limit, cursor))
    items = _offender_views(call, page.rows)
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_violation(call: Call, violation_id: str) -> View:
    return _offender_view(call, my_violation(call.session, applicant_of(call), violation_id))


def list_my_violation_files(call: Call, violation_id: str) -> View:
    my_violation(call.session, applicant_of(call), violation_id)
    return violation_files_view(files_of_violation(call.session, violation_id))


def get_my_violation_file(call: Call, violation_id: str, attachment_id: str) -> FileAnswer:
    """Answers the file under a name that tells nothing, as for officers."""
    row = my_violation(call.session, applicant_of(call), violation_id)
    file = file_of_violation(call.session, row, attachment_id)
    return call.resources.files.answer(file, name=f"{row.violation_no}-{attachment_id[-4:]}")


def object_to_my_violation(call: Call, violation_id: str, body: Body) -> View:
    row = object_as_offender(
        call.work,
        applicant_of(call),
        violation_id,
        reasons=body["reasons"],
        files=body.get("files", ()),
    )
    return _offender_view(call, row)


def _offender_view(call: Call, row: Violation) -> View:
    bill = withdrawn_bill_of(call.session, row)
    return {**_offender_views(call, [row])[0], "withdrawn_bill": bill}


def _offender_views(call: Call, rows: Sequence[Violation]) -> list[View]:
    """Leaves out the inspector's remark, which is for colleagues, and a fine of which the offender wasn't notified: the
    record may still be taken back. The offender reads the findings of the record."""
    today = legal_day(call.now)
    return [
        {
            **view,
            "note": None,
            "fine": view["fine"] if row.notified_at else None,
            "actions": _offender_actions(row, today),
        }
        for row, view in zip(rows, views_of_violations(call.session, rows), strict=True)
    ]


def _offender_actions(row: Violation, today: date) -> list[str]:
    return ["object"] if may_object(row.status, row.until, today) else []


def _draft_fields(body: Body) -> dict[str, Any]:
    return {"establishment": body.get("establishment"), "files": body.get("files", ())}


def start_view(person: Person, applicant: Applicant, earlier: Mapping[str, Any] | None) -> View:
    """The contract's ApplicationStart. The mobile of the caller is what the national login knows of it today."""
    own = {"name": person.name, "id_type": person.id_type, "id_number": person.id_number}
    owner = {**own, "mobile": person.mobile} if earlier is None else dict(earlier["owner"])
    if owner["id_number"] == person.id_number and person.mobile:
        owner["mobile"] = person.mobile
    establishment = (earlier or {}).get("establishment")
    if earlier is None and len(applicant.establishments) == 1:
        establishment = {"unified_number": next(iter(applicant.establishments))}
    owner_fields = ("name", "id_type", "id_number", "birth_date", "mobile", "language")
    establishment_fields = ("unified_number", "size", "cr_number")
    return {
        "owner": {name: owner.get(name) for name in owner_fields},
        "establishment": {name: establishment.get(name) for name in establishment_fields}
        if establishment
        else None,
    }


def files_view(rows: Iterable[Attachment]) -> View:
    """The contract's MyFiles."""
    names = ("attachment_id", "media_type", "size", "name")
    return {"items": [{name: getattr(row, name) for name in names} for row in rows]}


def draft_view(session: Session, row: Draft, applicant: Applicant) -> View:
    """The contract's LicenceDraft."""
    return _draft_view(row, attachments_of(session, DRAFT_FILES, [row.draft_id]), applicant)


def drafts_view(session: Session, rows: Collection[Draft], applicant: Applicant) -> View:
    """The contract's LicenceDraftList; one statement reads the files of all drafts."""
    files: dict[str, list[Attachment]] = {row.draft_id: [] for row in rows}
    for file in attachments_of(session, DRAFT_FILES, files.keys()):
        files[file.owner_id or ""].append(file)
    return {"items": [_draft_view(row, files[row.draft_id], applicant) for row in rows]}


def _draft_view(row: Draft, files: Iterable[Attachment], applicant: Applicant) -> View:
    return {
        "draft_id": row.draft_id,
        "establishment": row.establishment,
        "form": row.form,
        "version": row.version,
        "changed_by_caller": row.changed_by == applicant.subject,
        "files": files_view(files)["items"],
        "created_at": rfc3339(row.created_at),
        "changed_at": rfc3339(row.changed_at),
    }
