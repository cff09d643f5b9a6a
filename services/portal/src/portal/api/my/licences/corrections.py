"""An application is corrected, with its old values filled in, or withdrawn."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask

from pages.forms import Faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, ask, post
from portal.api.my.licences import forms, reasons
from portal.api.my.licences.asking import (
    APPLICATIONS,
    Document,
)
from portal.api.saved_forms import FormPage
from portal.domain import licence_applications, licence_form
from portal.domain.licence_form import FIELDS, Typed, input_of_fault
from portal.outside.services import ServiceAway

_MINE = "/v1/my/licence-applications"


def show_correction(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /my/licences/applications/{id}/correction: the form as it was sent, with what is asked for on top."""
    kept = saved_forms.restore(visit)
    if kept is not None:
        return _show(visit, application_id, kept, was_kept=True)
    sent = answer_or_problem(visit, f"{_MINE}/{application_id}/form")
    typed = licence_form.typed_of(sent["form"], forms.listed_places())
    return _show(visit, application_id, {**typed, "key": str(uuid4())})


def submit_correction(visit: Visit, application_id: UUID) -> flask.Response:
    """POST /my/licences/applications/{id}/correction: sends the form again, once for each key."""
    typed = {
        **licence_form.read_form(lambda name: visit.form.get(name, "")),
        "key": visit.form.get("key", ""),
    }
    shown_at = f"{APPLICATIONS}/{application_id}"
    page = FormPage(
        address=f"{shown_at}/correction",
        show=partial(_show, visit, application_id),
        input_of=input_of_fault,
        saved_at=shown_at,
    )
    path, body = f"{_MINE}/{application_id}/correction", licence_form.application_of(typed)
    outcome = saved_forms.send(
        visit, page, typed, lambda: post(visit, path, body, once=typed["key"])
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(f"{APPLICATIONS}/{application_id}?done=corrected")


def _show(visit: Visit, application_id: UUID, typed: Typed, **shown: Any) -> flask.Response:
    """Renders the form. The parts that nobody asks about are folded, unless somebody at the municipality asked in
    words: the words may be about any part."""
    application = None if shown.get("is_away") else _read(visit, application_id)
    missing = (
        licence_applications.missing_by(application, licence_applications.APPLICANT)
        if application
        else ()
    )
    reasons_given = application["reasons"] if application else ()
    asked = licence_form.sections_of([one["code"] for one in missing])
    if "faults" in shown:
        shown["faults"] = Faults(forms.explain_own_name(visit, typed, shown["faults"].all))
    return forms.render_form(
        visit,
        "my_licence_form.html",
        licence_form.fill_in(typed) | {"key": typed.get("key", "")},
        fields=FIELDS,
        asked=() if reasons_given else asked,
        action=f"{APPLICATIONS}/{application_id}/correction",
        done=None,
        purpose="correction",
        missing=missing,
        reasons=reasons_given,
        back=f"{APPLICATIONS}/{application_id}",
        **shown,
    )


def _read(visit: Visit, application_id: UUID) -> Document | None:
    """Returns the application; None while it can't be read: the form stands without it. Raises TokenRefused."""
    try:
        reply = ask(visit, f"{_MINE}/{application_id}")
    except ServiceAway:
        return None
    return None if reply.is_problem else reply.document


def show_withdrawal(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /my/licences/applications/{id}/withdrawal: asks why."""
    return reasons.show_reason(visit, _withdrawal_form(application_id))


def submit_withdrawal(visit: Visit, application_id: UUID) -> flask.Response:
    """POST /my/licences/applications/{id}/withdrawal."""
    return reasons.submit_reason(visit, _withdrawal_form(application_id))


def _withdrawal_form(application_id: UUID) -> reasons.ReasonForm:
    return reasons.ReasonForm(
        name="withdrawal",
        number=None,
        address=f"{APPLICATIONS}/{application_id}/withdrawal",
        back=f"{APPLICATIONS}/{application_id}",
        path=f"{_MINE}/{application_id}/withdraw",
        done=lambda _answer: f"{APPLICATIONS}/{application_id}?done=withdrawn",
        most=1_000,
    )
