"""An inspector's pages: what was seen of a stage of the insulation is entered at the site, on a telephone."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import flask

from pages.forms import NO_FAULTS, Faults, by_field
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import answer_or_problem, ask, post
from portal.api.saved_forms import FormPage
from portal.domain import inspection_form
from portal.outside.services import ServiceAway, TokenRefused

_ENTRIES = "/v1/insulation-inspections"


def show_form(visit: Visit, permit_id: UUID) -> flask.Response:
    """GET /sec/permits/{id}/inspection: the form; what waited for a new token is filled in again."""
    typed = saved_forms.restore(visit)
    blank = inspection_form.read_inspection({"key": str(uuid4())})
    return _show(visit, permit_id, typed or blank, was_kept=typed is not None)


def submit_form(visit: Visit, permit_id: UUID) -> flask.Response:
    """POST /sec/permits/{id}/inspection: enters the inspection once, however often the form is sent."""
    typed = inspection_form.read_inspection(visit.form)
    page = FormPage(
        address=visit.path,
        show=partial(_show, visit, permit_id),
        input_of=by_field(inspection_form.INPUT_OF_FIELD),
        saved_at=f"/sec/permits/{permit_id}",
        missing=(),
    )
    body = inspection_form.gateway_inspection(str(permit_id), typed)
    answer = saved_forms.send(
        visit, page, typed, lambda: post(visit, _ENTRIES, body, once=typed["key"])
    )
    if isinstance(answer, flask.Response):
        return answer
    return visit.see_other(f"/sec/entries/{answer['entry_id']}")


def show_entry(visit: Visit, entry_id: UUID) -> flask.Response:
    """GET /sec/entries/{id}: what was entered, and the municipality's answer."""
    entry = answer_or_problem(visit, f"/v1/insulation-entries/{entry_id}")
    return visit.render("sec_entry.html", entry=entry, content=entry["entry"])


def _show(
    visit: Visit,
    permit_id: UUID,
    typed: Mapping[str, str],
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    **notices: Any,
) -> flask.Response:
    return visit.render(
        "sec_inspection.html",
        status=status,
        permit_id=permit_id,
        permit=_find_permit(visit, permit_id),
        typed=typed,
        faults=faults,
        **{"was_kept": False, "is_away": False, **notices},
    )


def _find_permit(visit: Visit, permit_id: UUID) -> Mapping[str, Any] | None:
    """Returns the permit whose building is inspected: what is entered can't be taken back. None while the gateway is
    away."""
    try:
        reply = ask(visit, f"/v1/building-permits/{permit_id}")
    except (ServiceAway, TokenRefused):
        return None
    return None if reply.is_problem else reply.document["item"]
