"""An application in an applicant's name: a new one, or one that is sent again, corrected."""

from collections.abc import Mapping
from functools import cache, partial
from typing import Any
from uuid import UUID, uuid4

import flask

from chassis.core import contracts
from pages.site import Visit
from portal import catalogue
from portal.api import saved_forms
from portal.api.affiliated import views
from portal.api.affiliated.applications import LIST, SERVICE_LIST
from portal.api.asking import answer_or_problem, ask, post
from portal.api.my.licences import forms
from portal.api.saved_forms import FormPage
from portal.domain import licence_form, municipality_form
from portal.domain.licence_form import Typed
from portal.outside.services import ServiceAway

NEW = f"{LIST}/new"


def show_new(visit: Visit) -> flask.Response:
    """GET /affiliated/applications/new."""
    kept = saved_forms.restore(visit)
    typed = kept or {**licence_form.fill_in({"kind": "shop"}), "key": str(uuid4())}
    return _show_new(visit, typed, was_kept=kept is not None)


def submit_new(visit: Visit) -> flask.Response:
    """POST /affiliated/applications/new: submits the application, once for each form."""
    return _submit(visit, NEW, SERVICE_LIST, partial(_show_new, visit), done="submitted")


def _show_new(visit: Visit, typed: Typed, **shown: Any) -> flask.Response:
    return _show_form(
        visit, typed, address=NEW, back=LIST, purpose="new", row=None, filled="", **shown
    )


def show_correction(visit: Visit, application_id: UUID) -> flask.Response:
    """GET /affiliated/applications/{id}/correction: the form with what the gateway knows of the application."""
    kept = saved_forms.restore(visit)
    if kept is not None:
        return _show_correction(visit, application_id, kept, was_kept=True)
    application = answer_or_problem(visit, f"{SERVICE_LIST}/{application_id}")
    known = municipality_form.known_values(application, [*forms.listed_places()])
    return _show_correction(
        visit, application_id, {**known, "key": str(uuid4())}, application=application
    )


def submit_correction(visit: Visit, application_id: UUID) -> flask.Response:
    """POST /affiliated/applications/{id}/correction: sends the whole application again, once for each form."""
    show = partial(_show_correction, visit, application_id)
    path = f"{SERVICE_LIST}/{application_id}/corrections"
    return _submit(visit, f"{LIST}/{application_id}/correction", path, show, done="corrected")


def _show_correction(
    visit: Visit,
    application_id: UUID,
    typed: Typed,
    *,
    application: Mapping[str, Any] | None = None,
    **shown: Any,
) -> flask.Response:
    page = f"{LIST}/{application_id}"
    if application is None and not shown.get("is_away"):
        application = _read(visit, application_id)
    row = views.application_row(application, visit) if application else None
    return _show_form(
        visit,
        typed,
        address=f"{page}/correction",
        back=page,
        purpose="correction",
        row=row,
        filled=municipality_form.filled_extent(application) if application else "",
        **shown,
    )


@cache
def _needed_inputs() -> frozenset[str]:
    """Returns the inputs without which the contract takes no application. A choice of the place may name the district
    too, so the district's own input isn't among them."""
    schemas = contracts.openapi("common")["components"]["schemas"]
    parts = {"owner": "LicencePerson", "place": "LicencePlace"}
    paths = set(schemas["LicenceApplication"]["required"]) - parts.keys()
    for part, schema in parts.items():
        paths |= {f"{part}.{name}" for name in schemas[schema]["required"]}
    return frozenset(licence_form.input_of_fault(path) for path in paths - {"place.district"})


def _read(visit: Visit, application_id: UUID) -> Mapping[str, Any] | None:
    """Returns the application; None while it can't be read: the form stands without it. Raises TokenRefused."""
    try:
        reply = ask(visit, f"{SERVICE_LIST}/{application_id}")
    except ServiceAway:
        return None
    return None if reply.is_problem else reply.document


def _submit(visit: Visit, address: str, path: str, show: Any, *, done: str) -> flask.Response:
    """Sends the form, and leads to the application."""
    typed = {
        **licence_form.read_form(lambda name: visit.form.get(name, "")),
        "key": visit.form.get("key", ""),
    }
    page = FormPage(
        address=address,
        show=show,
        input_of=licence_form.input_of_fault,
        saved_at=LIST,
    )
    body = licence_form.application_of(typed)
    outcome = saved_forms.send(
        visit, page, typed, lambda: post(visit, path, body, once=typed["key"])
    )
    if isinstance(outcome, flask.Response):
        return outcome
    return visit.see_other(f"{LIST}/{outcome['application_id']}?done={done}")


def _show_form(visit: Visit, typed: Typed, **context: Any) -> flask.Response:
    """Renders the fields. The choices of the place are the municipality's own; Qatif's are all."""
    own = visit.known.caller.attributes.get("municipality", "")
    return forms.render_form(
        visit,
        "affiliated_form.html",
        licence_form.fill_in(typed) | {"key": typed.get("key", "")},
        fields=municipality_form.FIELDS,
        parts_of_form=municipality_form.SECTIONS,
        needed=_needed_inputs(),
        places=catalogue.places_of(own) or catalogue.places(),
        **context,
    )
