"""The operations of officers: applications, reviews, visits, licences, and the table of activities."""

from collections.abc import Callable
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.files.attachments import attachments_of
from licences import catalogue
from licences.api.applicants import files_view
from licences.api.views import (
    Body,
    View,
    application_view,
    explanation_view,
    form_view,
    history_view,
    inspection_view,
    licence_view,
)
from licences.commands import correct, review, submit, supervise
from licences.commands.forms import municipality_of
from licences.commands.review import refuse_after_review
from licences.commands.submit import counter_submission
from licences.commands.supervise import cancel_by_municipality, correct_trade_name
from licences.context import Call
from licences.domain import licences
from licences.domain.actors import municipality_bound
from licences.domain.applications import APPLICATION_FILES, staff_actions
from licences.models import Application, Inspection, Licence
from licences.queries import applications
from licences.queries.applications import (
    DUE,
    ApplicationSearch,
    LicenceSearch,
    applications_of,
    count_applications,
    file_of_application,
    file_owners,
    get_application,
    get_visit,
    history_of_application,
    history_of_licence,
    list_applications,
    list_visits,
    remarks_of,
)
from saudi.days import legal_day

FileAnswer = tuple[bytes, int, dict[str, str]]


def list_licence_applications(
    call: Call, limit: int, cursor: str | None = None, with_counts: bool = False, **filters: Any
) -> View:
    asked, today = (call.session, call.actor, ApplicationSearch(**filters)), legal_day(call.now)
    page = list_applications(*asked, page_of(call, limit, cursor), today=today)
    items = [application_view(row) for row in page.rows]
    counts = {"counts": count_applications(*asked, today=today)} if with_counts else {}
    return {"items": items, "next_cursor": page.next_cursor, **counts}


def get_licence_application(call: Call, application_id: str) -> View:
    row = get_application(call.session, call.actor, application_id)
    return _application_answer(row)


def get_application_form(call: Call, application_id: str) -> View:
    return form_view(get_application(call.session, call.actor, application_id))


def list_application_files(call: Call, application_id: str) -> View:
    row = get_application(call.session, call.actor, application_id)
    return files_view(attachments_of(call.session, APPLICATION_FILES, file_owners(row)))


def get_application_file(call: Call, application_id: str, attachment_id: str) -> FileAnswer:
    """Answers the file under a name that tells nothing: the original name may be a person's."""
    row = get_application(call.session, call.actor, application_id)
    file = file_of_application(call.session, row, attachment_id)
    name = f"{row.application_no}-{attachment_id[-4:]}"
    return call.resources.files.answer(file, name=name)


def explain_application(call: Call, application_id: str) -> View:
    row = get_application(call.session, call.actor, application_id)
    return explanation_view(row.decision)


def get_application_history(call: Call, application_id: str) -> View:
    rows = history_of_application(call.session, call.actor, application_id)
    return history_view(rows, remarks_of(call.session, rows))


def submit_application(call: Call, body: Body) -> tuple[View, int]:
    """Takes an application at the counter of a municipality; the governorate's counter takes it for the place's
    municipality."""
    municipality = municipality_bound(call.actor)
    if municipality is None:
        municipality = municipality_of(body, today=legal_day(call.now))
    row = submit.submit_application(call.work, counter_submission(call.work, municipality, body))
    return _application_answer(row), 201


def correct_application(call: Call, application_id: str, body: Body) -> View:
    get_application(call.session, call.actor, application_id)
    row = correct.correct_application(call.work, application_id, body)
    return _application_answer(row)


def verify_document(call: Call, application_id: str, body: Body) -> View:
    row = review.verify_document(
        call.work,
        application_id,
        name=body["fact"],
        value=body["value"],
        document=body["document"],
        valid_until=body.get("valid_until"),
    )
    return _application_answer(row)


def return_application(call: Call, application_id: str, body: Body) -> View:
    row = review.return_application(call.work, application_id, reasons=body["reasons"])
    return _application_answer(row)


def order_inspection(call: Call, application_id: str, body: Body) -> View:
    due_on: date | None = body.get("due_on")
    row = review.order_inspection(call.work, application_id, due_on=due_on, note=body.get("note"))
    return _application_answer(row)


def record_inspection(call: Call, application_id: str, body: Body) -> View:
    row = review.record_inspection(
        call.work,
        application_id,
        passed=body["passed"],
        inspected_on=body["inspected_on"],
        note=body["note"],
    )
    return _application_answer(row)


def approve_application(call: Call, application_id: str, body: Body) -> View:
    row = review.approve_application(call.work, application_id, reason=body["reason"])
    return _application_answer(row)


def refuse_application(call: Call, application_id: str, body: Body) -> View:
    row = refuse_after_review(call.work, application_id, reason=body["reason"])
    return _application_answer(row)


def withdraw_application(call: Call, application_id: str, body: Body) -> View:
    get_application(call.session, call.actor, application_id)
    row = correct.withdraw_application(call.work, application_id, reason=body["reason"])
    return _application_answer(row)


def _application_answer(row: Application) -> View:
    return {**application_view(row), "staff_actions": staff_actions(row.status)}


def list_inspections(
    call: Call,
    limit: int,
    cursor: str | None = None,
    municipality: str | None = None,
    result: str = DUE,
    due_until: date | None = None,
) -> View:
    page = list_visits(
        call.session,
        call.actor,
        municipality,
        page_of(call, limit, cursor),
        result=result,
        due_until=due_until,
    )
    asked = applications_of(call.session, page.rows)
    items = [inspection_view(row, asked.get(row.application_id)) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_inspection(call: Call, inspection_id: str) -> View:
    return _visit_answer(call, get_visit(call.session, call.actor, inspection_id))


def record_visit(call: Call, inspection_id: str, body: Body) -> View:
    row = supervise.record_visit(
        call.work,
        inspection_id,
        passed=body["passed"],
        inspected_on=body["inspected_on"],
        note=body["note"],
    )
    return _visit_answer(call, row)


def _visit_answer(call: Call, row: Inspection) -> View:
    return inspection_view(row, applications_of(call.session, [row]).get(row.application_id))


def list_licences(call: Call, limit: int, cursor: str | None = None, **filters: Any) -> View:
    today = legal_day(call.now)
    page = applications.list_licences(
        call.session,
        call.actor,
        LicenceSearch(**filters),
        page_of(call, limit, cursor),
        today=today,
    )
    items = [licence_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_licence(call: Call, licence_no: str) -> View:
    return _licence_answer(call, applications.get_licence(call.session, call.actor, licence_no))


def _licence_answer(call: Call, row: Licence) -> View:
    today = legal_day(call.now)
    opens_on = licences.renewable_from(row.expires_on, row.renewal_days)
    actions = licences.staff_actions(
        row.status, opens_on, today, has_name=row.trade_name is not None
    )
    return {**licence_view(row, today), "staff_actions": actions}


def explain_licence(call: Call, licence_no: str) -> View:
    row = applications.get_licence(call.session, call.actor, licence_no)
    return explanation_view(row.decision)


def get_licence_history(call: Call, licence_no: str) -> View:
    rows = history_of_licence(call.session, call.actor, licence_no)
    return history_view(rows, remarks_of(call.session, rows))


def suspend_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change_licence(call, licence_no, body, supervise.suspend_licence)


def reinstate_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change_licence(call, licence_no, body, supervise.reinstate_licence)


def cancel_licence(call: Call, licence_no: str, body: Body) -> View:
    return _change_licence(call, licence_no, body, cancel_by_municipality)


def correct_licence(call: Call, licence_no: str, body: Body) -> View:
    row = correct_trade_name(
        call.work, licence_no, trade_name=dict(body["trade_name"]), reason=body["reason"]
    )
    return _licence_answer(call, row)


def renew_licence(call: Call, licence_no: str, body: Body) -> tuple[View, int]:
    licence = applications.get_licence(call.session, call.actor, licence_no)
    submission = counter_submission(call.work, licence.municipality, body, licence_no=licence_no)
    row = submit.submit_application(call.work, submission)
    return application_view(row), 201


def _change_licence(
    call: Call, licence_no: str, body: Body, change: Callable[..., Licence]
) -> View:
    row = change(call.work, licence_no, reason=body["reason"])
    return _licence_answer(call, row)


def list_activities(call: Call) -> View:
    return {"items": [row.state for row in catalogue.list_activities(call.session)]}


def get_activity(call: Call, code: str) -> View:
    return catalogue.get_activity(call.session, code).state
