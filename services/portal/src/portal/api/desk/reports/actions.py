"""The actions on a report: a page with a form for each, sent once, and refused when somebody was faster."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import flask
from werkzeug.datastructures import FileStorage

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import ServiceProblem, answer_or_problem, ask, service_of, token_of
from portal.api.desk.reports import views as desk_views
from portal.api.desk.reports.report import PATH, ReportView
from portal.commands import sessions
from portal.domain.report_actions import ACTIONS, ReportAction, body_of, read_action, version_of
from portal.domain.sessions import is_worn_out
from portal.outside.services import Reply, ServiceAway, TokenRefused

# The form was carried out before it was sent again with other words, so it needs another key.
_KEY_USED = "idempotency-key-used"
# Refusals of somebody who was slower than a colleague, or than the own first form.
_CONFLICTS = frozenset(("report-changed", "illegal-transition", _KEY_USED))
# Stands in a kept form whose photo didn't reach the service.
_LOST_PHOTO = "lost_photo"
_PHOTO_INPUTS = {"file": "photo", "after_photos": "photo"}


def show_action(visit: Visit, report_id: UUID, action: str) -> flask.Response:
    """GET /desk/reports/{id}/actions/{action}: the form; what waited for a new token is filled in again."""
    chosen = _require_action(action)
    kept = None
    if key := visit.query.get("form"):
        with visit.process.database.transaction() as session:
            kept = queries.saved_form(session, visit.known.session_id, key)
    try:
        report = answer_or_problem(visit, f"/v1/reports/{report_id}")
        blank = {"key": str(uuid4()), "version": str(report["version"])}
        typed = read_action(chosen, kept or blank)
        return _show(
            visit, report_id, chosen, typed,
            report=report, was_kept=kept is not None, lost_photo=_LOST_PHOTO in (kept or ()),
        )  # fmt: skip
    except TokenRefused:
        return areas.end_session(visit, visit.known)


def submit_action(visit: Visit, report_id: UUID, action: str) -> flask.Response:
    """POST /desk/reports/{id}/actions/{action}: carries the action out once, however often the form is sent, and leads
    to the report as it is then."""
    chosen = _require_action(action)
    return _submit(visit, report_id, chosen, read_action(chosen, visit.form))


def submit_treatment(visit: Visit) -> flask.Response:
    """POST /desk/treatments: the action «resolve», with a photo. The photo is sent to the service at once, so that no
    fault elsewhere in the form loses it; the form keeps its id. The path names no report, because it takes more bytes
    than other forms."""
    try:
        report_id = UUID(visit.form.get("report_id", ""))
    except ValueError:
        raise Problem("not-found") from None
    resolve = ACTIONS["resolve"]
    typed = read_action(resolve, visit.form)
    photo = flask.request.files.get("photo")
    if photo is None or not photo.filename:
        return _submit(visit, report_id, resolve, typed)
    if _is_worn_out(visit):
        return _keep_and_renew(visit, report_id, resolve, typed, lost_photo=True)
    try:
        reply = _send_photo(visit, report_id, photo)
        if reply.is_problem:
            return _show_refusal(visit, report_id, resolve, typed, reply)
    except TokenRefused:
        return _keep_and_renew(visit, report_id, resolve, typed, lost_photo=True)
    except ServiceAway:
        return _show(visit, report_id, resolve, typed, status=503)
    attached = f"{typed['after_photos']} {reply.document['attachment_id']}".strip()
    go_on = _stay_on_form if "attach" in visit.form else _submit
    return go_on(visit, report_id, resolve, {**typed, "after_photos": attached})


def _send_photo(visit: Visit, report_id: UUID, photo: FileStorage) -> Reply:
    file = (photo.filename or "", photo.read(), photo.mimetype)
    path = f"/v1/reports/{report_id}/attachments"
    return service_of(visit).post_file(token_of(visit), path, visit.language, file)


def _stay_on_form(
    visit: Visit, report_id: UUID, action: ReportAction, typed: dict[str, str]
) -> flask.Response:
    """Shows the form again, with the photos that are attached."""
    try:
        found = ask(visit, f"/v1/reports/{report_id}")
        if found.is_problem:
            raise ServiceProblem(found)
        return _show(visit, report_id, action, typed, report=found.document)
    except TokenRefused:
        return _keep_and_renew(visit, report_id, action, typed)
    except ServiceAway:
        return _show(visit, report_id, action, typed, status=503)


def _is_worn_out(visit: Visit) -> bool:
    return is_worn_out(visit.known.caller.expires_at, visit.now)


def _submit(
    visit: Visit, report_id: UUID, chosen: ReportAction, typed: dict[str, str]
) -> flask.Response:
    if _is_worn_out(visit):
        return _keep_and_renew(visit, report_id, chosen, typed)
    try:
        reply = _carry_out(visit, report_id, chosen, typed)
        if reply.is_problem:
            return _show_refusal(visit, report_id, chosen, typed, reply)
    except TokenRefused:
        return _keep_and_renew(visit, report_id, chosen, typed)
    except ServiceAway:
        return _show(visit, report_id, chosen, typed, status=503)
    if chosen.name == "reveal":
        return visit.render("desk_reporter.html", report_id=report_id, reporter=reply.document)
    return visit.see_other(f"{PATH}/{report_id}?done={chosen.name}")


def _require_action(name: str) -> ReportAction:
    if name not in ACTIONS:
        raise Problem("not-found")
    return ACTIONS[name]


def _keep_and_renew(
    visit: Visit,
    report_id: UUID,
    action: ReportAction,
    typed: dict[str, str],
    *,
    lost_photo: bool = False,
) -> flask.Response:
    """Keeps what was typed while a new token is fetched: the form's page fills it in again. A photo that was chosen is
    lost, and the page says so."""
    kept = {**typed, _LOST_PHOTO: "yes"} if lost_photo else typed
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, kept, visit.now)
    return visit.see_other(f"{PATH}/{report_id}/actions/{action.name}?form={key}")


def _carry_out(
    visit: Visit, report_id: UUID, action: ReportAction, typed: Mapping[str, str]
) -> Reply:
    return service_of(visit).post(
        token_of(visit),
        f"/v1/reports/{report_id}/{action.path}",
        visit.language,
        body_of(action, typed),
        once=(typed["key"] or None) if action.is_keyed else None,
        version=version_of(typed) if action.is_versioned else None,
    )


def _show_refusal(
    visit: Visit, report_id: UUID, action: ReportAction, typed: dict[str, str], reply: Reply
) -> flask.Response:
    """Shows why nothing was changed. To a person who was slower than a colleague it says so, with the present state;
    what was typed stays, and is sent with the version that the page shows now."""
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    found = ask(visit, f"/v1/reports/{report_id}")
    if found.is_problem:
        raise ServiceProblem(found)
    shown: dict[str, Any] = {"report": found.document, "status": reply.status}
    if reply.problem_name not in _CONFLICTS:
        inputs = {one.name: one.name for one in action.fields} | _PHOTO_INPUTS
        faults = faults_of_problem(reply.document, inputs)
        return _show(visit, report_id, action, typed, faults=faults, **shown)
    key = str(uuid4()) if reply.problem_name == _KEY_USED else typed["key"]
    newer = {**typed, "key": key, "version": str(found.document["version"])}
    conflict = str(reply.document.get("detail") or reply.document.get("title", ""))
    return _show(visit, report_id, action, newer, conflict=conflict, **shown)


def _show(
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
        **{**empty, **notices},
    )


def _lists_of(action: ReportAction, language: str) -> dict[str, list[tuple[str, str]]]:
    """Returns the lists of codes from which the action's fields are chosen."""
    kinds = {field.kind for field in action.fields}
    return {
        name: desk_views.choices(name, language)
        for name in ("departments", "outside_bodies")
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
