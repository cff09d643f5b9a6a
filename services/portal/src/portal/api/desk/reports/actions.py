"""The actions on a report: a page with a form for each, sent once, and refused when somebody was faster."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask
from werkzeug.datastructures import FileStorage

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, InputOf, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_of, answer_or_problem, ask, post
from portal.api.desk.reports import texts
from portal.api.desk.reports import views as desk_views
from portal.api.desk.reports.report import PATH, ReportView
from portal.api.files import chosen_file, post_upload, require_id
from portal.api.saved_forms import LOST_FILE, FormPage, Upload
from portal.domain import report_inbox
from portal.domain.desk_actions import version_of
from portal.domain.report_actions import (
    ACTIONS,
    MAIN_NUMBER,
    ReportAction,
    body_of,
    read_action,
)
from portal.outside.services import Reply, ServiceAway

# Refusals of somebody who was slower than a colleague.
_CONFLICTS = frozenset(("report-changed", "illegal-transition"))
_PHOTO_INPUTS = {"file": "photo", "after_photos": "photo"}


def show_action(visit: Visit, report_id: UUID, action: str) -> flask.Response:
    """GET /desk/reports/{id}/actions/{action}: the form; what waited for a new token is filled in again."""
    chosen = _require_action(action)
    kept = saved_forms.restore(visit)
    report = answer_or_problem(visit, f"/v1/reports/{report_id}")
    blank = {"key": str(uuid4()), "version": str(report["version"])}
    typed = read_action(chosen, kept or blank)
    notices: dict[str, Any] = {
        "was_kept": kept is not None,
        "lost_photo": LOST_FILE in (kept or ()),
    }
    return _render(visit, report_id, chosen, typed, report=report, **notices)


def submit_action(visit: Visit, report_id: UUID, action: str) -> flask.Response:
    """POST /desk/reports/{id}/actions/{action}: carries the action out once, however often the form is sent, and leads
    to the report as it is then."""
    chosen = _require_action(action)
    return _submit(visit, report_id, chosen, read_action(chosen, visit.form))


def submit_treatment(visit: Visit) -> flask.Response:
    """POST /desk/treatments: the action «resolve», with a photo. The photo is sent to the service at once, so that no
    fault elsewhere in the form loses it; the form keeps its id. The path names no report, because it takes more bytes
    than other forms."""
    report_id = require_id(visit.form.get("report_id", ""))
    resolve = ACTIONS["resolve"]
    typed = read_action(resolve, visit.form)
    photo = chosen_file("photo")
    if photo is None:
        return _submit(visit, report_id, resolve, typed)
    upload = Upload(
        send=partial(_attach_photo, visit, report_id, photo, typed), input_of=_input_of(resolve)
    )
    stays = "attach" in visit.form
    return _submit(visit, report_id, resolve, typed, upload=upload, stays=stays)


def _attach_photo(
    visit: Visit, report_id: UUID, photo: FileStorage, typed: dict[str, str]
) -> Reply | None:
    """Sends the photo, and adds its id to the form. Returns the refusal. Raises ServiceAway and TokenRefused."""
    reply = post_upload(visit, f"/v1/reports/{report_id}/attachments", photo)
    if reply.is_problem:
        return reply
    typed["after_photos"] = f"{typed['after_photos']} {reply.document['attachment_id']}".strip()
    return None


def _submit(
    visit: Visit, report_id: UUID, chosen: ReportAction, typed: dict[str, str], **first: Any
) -> flask.Response:
    shown = f"{PATH}/{report_id}"
    page = FormPage(
        address=f"{shown}/actions/{chosen.name}",
        show=partial(_show, visit, report_id, chosen),
        input_of=_input_of(chosen),
        saved_at=shown,
        conflicts=_CONFLICTS,
    )
    answer = saved_forms.send(
        visit, page, typed, lambda: _carry_out(visit, report_id, chosen, typed), **first
    )
    if isinstance(answer, flask.Response):
        return answer
    if chosen.name == "reveal":
        return visit.render("desk_reporter.html", report_id=report_id, reporter=answer)
    return visit.see_other(f"{shown}?done={chosen.name}")


def _input_of(action: ReportAction) -> InputOf:
    """Returns where faults lead. A missing main report leads to the input of its number, which is always there."""
    inputs = {one.name: one.name for one in action.fields} | _PHOTO_INPUTS
    return by_field(inputs | {"main_report_id": MAIN_NUMBER})


def _require_action(name: str) -> ReportAction:
    if name not in ACTIONS:
        raise Problem("not-found")
    return ACTIONS[name]


def _carry_out(
    visit: Visit, report_id: UUID, action: ReportAction, typed: Mapping[str, str]
) -> Reply:
    """Sends the action to the service. A number that was typed for the main report counts, and not the report that was
    chosen from the list: a chosen report can't be taken back. Raises ServiceAway and TokenRefused."""
    body = body_of(action, typed)
    if typed.get(MAIN_NUMBER):
        found = _find_main_report(visit, typed[MAIN_NUMBER])
        if found.is_problem:
            return found
        body["main_report_id"] = found.document["report_id"]
    return post(
        visit,
        f"/v1/reports/{report_id}/{action.path}",
        body,
        once=typed["key"] if action.is_keyed else None,
        version=version_of(typed) if action.is_versioned else None,
    )


def _find_main_report(visit: Visit, typed: str) -> Reply:
    """Returns the report of a number, or a problem at the number's input: a number that is none, and a number without
    a report that the person may see. Raises ServiceAway and TokenRefused."""
    number = report_inbox.report_number(typed)
    if number is None:
        return _fault_of_number(visit, "desk_report_number_wrong")
    found = ask(visit, "/v1/reports", {"number": number})
    if found.is_problem:
        return found
    reports = found.document["items"]
    return (
        Reply(200, reports[0]) if reports else _fault_of_number(visit, "desk_main_number_unknown")
    )


def _fault_of_number(visit: Visit, text: str) -> Reply:
    return Reply(400, {"errors": [{"field": MAIN_NUMBER, "detail": visit.text(text)}]})


def _show(
    visit: Visit,
    report_id: UUID,
    action: ReportAction,
    typed: dict[str, str],
    *,
    is_away: bool = False,
    conflict: str | None = None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
) -> flask.Response:
    """Shows the form again, with the report as it is now. To a person who was slower than a colleague it says so; what
    was typed stays, and is sent with the version that the page shows now. Raises TokenRefused and ServiceAway."""
    if is_away:
        return _render(visit, report_id, action, typed, status=status)
    report = answer_of(visit, f"/v1/reports/{report_id}")
    newer = {**typed, "version": str(report["version"])} if conflict else typed
    return _render(
        visit,
        report_id,
        action,
        newer,
        report=report,
        conflict=None if faults else conflict,
        faults=faults,
        status=status,
    )


def _render(
    visit: Visit,
    report_id: UUID,
    action: ReportAction,
    typed: Mapping[str, str],
    *,
    report: Mapping[str, Any] | None = None,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    """Renders the form. While the service is away there is no report, and the form stands alone. Raises
    TokenRefused."""
    empty = {"was_kept": False, "lost_photo": False, "conflict": None}
    offered = report is None or action.scope is not None or action.name in report["actions"]
    return visit.render(
        "desk_action.html",
        status=status,
        faults=faults,
        report_id=report_id,
        action=action,
        typed=typed,
        view=ReportView(report, visit) if report else None,
        number=report["report_number"] if report else None,
        is_away=report is None,
        is_offered=offered,
        lists=_lists_of(action, visit.language),
        duplicates=_possible_duplicates(visit, report_id, action) if report else None,
        sent=texts.preview_text(visit, action.name, report) if report else None,
        **{**empty, **notices},
    )


def _lists_of(action: ReportAction, language: str) -> dict[str, list[tuple[str, str]]]:
    """Returns the lists of codes from which the action's fields are chosen."""
    kinds = {field.kind for field in action.fields}
    return {
        name: desk_views.choices(name, language)
        for name in ("departments", "outside_bodies", "contractors")
        if name in kinds
    }


def _possible_duplicates(
    visit: Visit, report_id: UUID, action: ReportAction
) -> list[dict[str, Any]] | None:
    """Returns the reports that may be about the same problem, for an action that chooses one of them. Returns None when
    the service couldn't look: that isn't the same as none. Raises TokenRefused."""
    if all(field.kind != "duplicates" for field in action.fields):
        return None
    try:
        found = ask(visit, f"/v1/reports/{report_id}/possible-duplicates")
    except ServiceAway:
        return None
    if found.is_problem:
        return None
    return desk_views.duplicate_choices(found.document, visit.language)
