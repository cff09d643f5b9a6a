"""An application, a licence or a violation on the desk: what it is, why it isn't decided, what happened, and what the
person may do now."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import flask

from chassis.http.problems import Problem
from pages import marks
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.asking import answer_if_shown, answer_or_problem
from portal.api.desk import action_forms
from portal.api.desk.journal import JournalEntry
from portal.api.desk.licences import views
from portal.api.desk.licences.views import APPLICATION, LICENCE, VIOLATION
from portal.api.files import PDF, send_file_of
from portal.api.listing import done_of
from portal.api.my.licences.asking import names_of_activities
from portal.api.my.licences.forms import label_of, listed_places, words_of_choice
from portal.api.places import place_of
from portal.domain import licence_form
from portal.domain.licence_desk import APPLICATIONS, HELD, PATH, VIOLATIONS, licence_number
from portal.domain.licence_desk_actions import explained_conditions, offered_actions
from portal.domain.tasks import READ_VIOLATIONS, RECORD_VIOLATIONS, REVIEW_LICENCES
from saudi import Malformed
from saudi.days import parse_day

_MOST_ROWS = 10
Document = Mapping[str, Any]
Part = tuple[str, list[tuple[str, Any]]]
ChangesOf = Callable[[Visit, Document], Sequence[str]]


def show_application(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /desk/licences/applications/{id}."""
    path, scopes = f"{APPLICATION.service_path}/{application_id}", visit.known.scopes
    application = answer_or_problem(visit, path)
    decision = answer_or_problem(visit, f"{path}/decision")
    offered = offered_actions(APPLICATION.actions, application["staff_actions"], scopes)
    conditions = explained_conditions(decision["conditions"], application, scopes)
    may_read_form = REVIEW_LICENCES in scopes
    return visit.render(
        "desk_licence_application.html",
        application=application,
        tone=views.application_tone(application),
        name=views.name_of(application),
        branch=catalogue.branch_name(application["municipality"], visit.language),
        open_conditions=[one for one in conditions if not one["satisfied"]],
        met_conditions=[one for one in conditions if one["satisfied"]],
        decision=decision,
        actions=offered,
        may_read_form=may_read_form,
        parts=_form_of(visit, path) if may_read_form else None,
        files=answer_or_problem(visit, f"{path}/files")["items"],
        history=history_of(visit, path),
        address=f"{APPLICATIONS}/{application_id}",
        back=visit.known.last_search or PATH,
        done=done_of(visit, APPLICATION.actions),
    )


def _form_of(visit: Visit, path: str) -> list[Part] | None:
    """Returns the whole form as it was sent, part by part, with the labels of the form; None once the personal data
    were emptied. Raises Problem and TokenRefused."""
    sent = answer_if_shown(visit, f"{path}/form", hidden=(404,))
    if sent is None:
        return None
    typed = licence_form.typed_of(sent["form"], listed_places())
    town, _, district = typed[licence_form.PLACE].partition(licence_form.PLACE_MARK)
    place = place_of({"town": town, "district": district}, visit.language)
    beside = {
        "licence": _activities_of(visit, typed),
        "place": [(visit.text("my_licence_field_place"), place)],
    }
    parts = [
        (name, [*_rows_of(visit, fields, typed), *beside.get(name, ())])
        for name, fields in licence_form.SECTIONS.items()
    ]
    return [(name, rows) for name, rows in parts if rows]


def _rows_of(
    visit: Visit, fields: Sequence[licence_form.FormField], typed: licence_form.Typed
) -> list[tuple[str, Any]]:
    return [
        (
            label_of(visit, one.input),
            _shown_value(visit, one, typed[one.input]),
        )
        for one in fields
        if typed[one.input]
    ]


def _shown_value(visit: Visit, field: licence_form.FormField, text: str) -> Any:
    """Returns what was typed as the page shows it: a day in both calendars, the words of a list, or the text."""
    if field.control == "day":
        with contextlib.suppress(Malformed):
            return marks.day(parse_day(text), visit.language)
    return marks.sentence(words_of_choice(visit, field, text))


def _activities_of(visit: Visit, typed: licence_form.Typed) -> list[tuple[str, Any]]:
    names = names_of_activities(visit)
    chosen = [typed[name] for name in licence_form.ACTIVITIES if typed[name]]
    label = visit.text("licence_activities")
    return [(label, marks.sentence(f"{code} {names.get(code, '')}".strip())) for code in chosen]


def history_of(visit: Visit, path: str, changes_of: ChangesOf | None = None) -> list[JournalEntry]:
    """Returns what was done, newest first. Violations have no notes in their history. `changes_of` says what an entry's
    details changed."""
    entries = answer_or_problem(visit, f"{path}/history")["items"]
    return [
        JournalEntry(
            at=one["at"],
            act=(one.get("action_title") or one["title"])[visit.language],
            name=one["name"],
            note=one.get("note"),
            changes=changes_of(visit, one["details"] or {}) if changes_of else (),
        )
        for one in reversed(entries)
    ]


def send_application_file(
    visit: Visit, application_id: UUID, attachment_id: UUID
) -> flask.Response:
    """GET /desk/licences/applications/{id}/files/{id}."""
    path = f"{APPLICATION.service_path}/{application_id}/files/{attachment_id}"
    return send_file_of(visit, path, f"application-{attachment_id}")


def show_licence(visit: Visit, licence_no: str) -> flask.Response:
    """GET /desk/licences/held/{number}: the licence, its applications and violations. Whether it's valid stands at the
    top, because an inspector reads it in front of the shop."""
    number = require_number(licence_no)
    path, scopes = f"{LICENCE.service_path}/{number}", visit.known.scopes
    licence = answer_or_problem(visit, path)
    of_licence = {"licence_no": number, "limit": _MOST_ROWS}
    violations = (
        answer_or_problem(visit, VIOLATION.service_path, of_licence)["items"]
        if READ_VIOLATIONS in scopes
        else []
    )
    applications = answer_or_problem(visit, APPLICATION.service_path, of_licence)["items"]
    return visit.render(
        "desk_licence.html",
        licence=licence,
        tone=views.licence_tone(licence),
        name=views.name_of(licence),
        place=place_of(licence, visit.language),
        branch=catalogue.branch_name(licence["municipality"], visit.language),
        applications=[views.application_row(visit, one) for one in applications],
        violations=[views.violation_row(visit, one) for one in violations],
        actions=offered_actions(LICENCE.actions, licence["staff_actions"], scopes),
        may_record=RECORD_VIOLATIONS in scopes,
        decision=answer_or_problem(visit, f"{path}/decision"),
        history=history_of(visit, path),
        address=f"{HELD}/{number}",
        back=visit.known.last_search or PATH,
        done=done_of(visit, LICENCE.actions),
        checked=saved_forms.read(visit, f"{HELD}/{number}", named="checked") is not None,
    )


def require_number(licence_no: str) -> str:
    """Returns a licence's number. Raises Problem for anything else."""
    number = licence_number(licence_no)
    if number is None:
        raise Problem("not-found")
    return number


def send_document(visit: Visit, licence_no: str) -> flask.Response:
    """GET /desk/licences/held/{number}/document: the signed licence to print."""
    number = require_number(licence_no)
    path = f"{LICENCE.service_path}/{number}/document"
    return send_file_of(visit, path, f"licence-{number}", media_types=(PDF,))


def show_licence_action(visit: Visit, licence_no: str, action: str) -> flask.Response:
    """GET /desk/licences/held/{number}/actions/{action}."""
    return action_forms.show_action(visit, LICENCE, require_number(licence_no), action)


def submit_licence_action(visit: Visit, licence_no: str, action: str) -> flask.Response:
    """POST /desk/licences/held/{number}/actions/{action}."""
    return action_forms.submit_action(visit, LICENCE, require_number(licence_no), action)


def show_violation(visit: Visit, violation_id: UUID) -> flask.Response:
    """GET /desk/licences/violations/{id}."""
    path = f"{VIOLATION.service_path}/{violation_id}"
    violation = answer_or_problem(visit, path)
    offered = offered_actions(VIOLATION.actions, violation["staff_actions"], visit.known.scopes)
    return visit.render(
        "desk_violation.html",
        violation=violation,
        tone=views.violation_tone(violation),
        row=views.violation_row(visit, violation),
        actions=offered,
        files=answer_or_problem(visit, f"{path}/files")["items"],
        history=history_of(visit, path),
        address=f"{VIOLATIONS}/{violation_id}",
        back=visit.known.last_search or VIOLATIONS,
        done=done_of(visit, (*VIOLATION.actions, "observed")),
    )


def send_violation_file(visit: Visit, violation_id: UUID, attachment_id: UUID) -> flask.Response:
    """GET /desk/licences/violations/{id}/files/{id}: a picture, or a paper of the objection."""
    path = f"{VIOLATION.service_path}/{violation_id}/files/{attachment_id}"
    return send_file_of(visit, path, f"violation-{attachment_id}")
