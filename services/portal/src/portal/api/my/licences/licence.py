"""One licence: its document, its renewal, its end."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import flask

from pages.forms import NO_FAULTS, Faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, ask, post
from portal.api.files import send_file_of
from portal.api.my.licences import forms, reasons
from portal.api.my.licences.asking import (
    APPLICATIONS,
    HELD,
    OVERVIEW,
    require_licence_number,
)
from portal.api.my.licences.overview import done_at_licences
from portal.api.saved_forms import FormPage
from portal.domain import licence_form
from portal.domain.licence_form import RENEWAL_FIELDS, Typed, input_of_fault
from portal.outside.services import ServiceAway

_LICENCES, _MINE = "/v1/my/licences", "/v1/my/licence-applications"


def show_licence(visit: Visit, licence_no: str) -> flask.Response:
    """GET /my/licences/held/{number}: the licence, and when its renewal opens."""
    return visit.render(
        "my_licence.html",
        done=done_at_licences(visit),
        licence=_read_licence(visit, licence_no),
        address=f"{HELD}/{licence_no}",
    )


def _read_licence(visit: Visit, licence_no: str) -> Mapping[str, Any]:
    number = require_licence_number(licence_no)
    licence: Mapping[str, Any] = answer_or_problem(visit, f"{_LICENCES}/{number}")
    return licence


def show_document(visit: Visit, licence_no: str) -> flask.Response:
    """GET /my/licences/held/{number}/document: the signed PDF."""
    number = require_licence_number(licence_no)
    return send_file_of(visit, f"{_LICENCES}/{number}/document", f"licence-{number}")


def show_renewal(visit: Visit, licence_no: str) -> flask.Response:
    """GET /my/licences/held/{number}/renewal: the fields that a renewal may change, with their present values."""
    kept = saved_forms.restore(visit)
    typed = kept or {**_present_values(visit, licence_no), "key": str(uuid4())}
    return _show_renewal(visit, licence_no, typed, was_kept=kept is not None)


def _present_values(visit: Visit, licence_no: str) -> Typed:
    """Returns the form of the application that led to the licence; where that was emptied, the years alone."""
    licence = _read_licence(visit, licence_no)
    try:
        reply = ask(visit, f"{_MINE}/{licence['application_id']}/form")
    except ServiceAway:
        return licence_form.fill_in({"years": str(licence["years"])})
    form = {"years": licence["years"]} if reply.is_problem else reply.document["form"]
    return licence_form.typed_of(form, forms.listed_places())


def submit_renewal(visit: Visit, licence_no: str) -> flask.Response:
    """POST /my/licences/held/{number}/renewal: asks for the renewal, once for each form."""
    number = require_licence_number(licence_no)
    typed = {
        **licence_form.read_form(lambda name: visit.form.get(name, "")),
        "key": visit.form.get("key", ""),
    }
    page = FormPage(
        address=f"{HELD}/{number}/renewal",
        show=partial(_show_renewal, visit, number),
        input_of=input_of_fault,
        saved_at=OVERVIEW,
    )
    path, body = f"{_LICENCES}/{number}/renewal", licence_form.renewal_of(typed)
    outcome = saved_forms.send(
        visit, page, typed, lambda: post(visit, path, body, once=typed["key"])
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(f"{APPLICATIONS}/{outcome['application_id']}?done=sent")


def _show_renewal(
    visit: Visit,
    licence_no: str,
    typed: Typed,
    *,
    faults: Faults = NO_FAULTS,
    is_away: bool = False,
    was_kept: bool = False,
    status: int = 200,
) -> flask.Response:
    """Renders the form. Whether the renewal is open stands above it, before anything is sent."""
    return forms.render_form(
        visit,
        "my_licence_renewal.html",
        licence_form.fill_in(typed) | {"key": typed.get("key", "")},
        fields=RENEWAL_FIELDS,
        faults=faults,
        is_away=is_away,
        was_kept=was_kept,
        status=status,
        licence=None if is_away else _read_licence(visit, licence_no),
        licence_no=licence_no,
        address=f"{HELD}/{licence_no}",
    )


def show_end(visit: Visit, licence_no: str) -> flask.Response:
    """GET /my/licences/held/{number}/end: asks why the licence is to end."""
    return reasons.show_reason(visit, _end_form(require_licence_number(licence_no)))


def submit_end(visit: Visit, licence_no: str) -> flask.Response:
    """POST /my/licences/held/{number}/end: asks for the licence's end."""
    return reasons.submit_reason(visit, _end_form(require_licence_number(licence_no)))


def _end_form(number: str) -> reasons.ReasonForm:
    return reasons.ReasonForm(
        name="end",
        number=number,
        address=f"{HELD}/{number}/end",
        back=f"{HELD}/{number}",
        path=f"{_LICENCES}/{number}/cancellation",
        done=lambda answer: f"{APPLICATIONS}/{answer['application_id']}?done=sent",
        most=500,
    )
