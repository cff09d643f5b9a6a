"""An inspector's pages: what was seen of a stage of the insulation is entered at the site, on a telephone."""

from uuid import UUID, uuid4

import flask

from pages.forms import NO_FAULTS, Faults, faults_of_problem
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import answer_or_problem, enter_inspection
from portal.commands import sessions
from portal.domain import inspection_form
from portal.domain.sessions import is_worn_out
from portal.outside.services import ServiceAway, TokenRefused


def show_form(visit: Visit, permit_id: UUID) -> flask.Response:
    """GET /sec/permits/{id}/inspection: the form; what waited for a new token is filled in again."""
    typed = None
    if key := visit.query.get("form"):
        with visit.process.database.transaction() as session:
            typed = queries.saved_form(session, visit.known.session_id, key)
    blank = inspection_form.read_inspection({"key": str(uuid4())})
    return _show(visit, permit_id, typed or blank, was_kept=typed is not None)


def submit_form(visit: Visit, permit_id: UUID) -> flask.Response:
    """POST /sec/permits/{id}/inspection: enters the inspection once, however often the form is sent."""
    typed = inspection_form.read_inspection(visit.form)
    if is_worn_out(visit.known.caller.expires_at, visit.now):
        return _keep_and_renew(visit, permit_id, typed)
    body = inspection_form.gateway_inspection(str(permit_id), typed)
    try:
        reply = enter_inspection(visit, body, once=typed["key"])
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    except ServiceAway:
        return _show(visit, permit_id, typed, is_away=True, status=503)
    if reply.is_problem:
        faults = faults_of_problem(reply.document, inspection_form.INPUT_OF_FIELD)
        return _show(visit, permit_id, typed, faults=faults, status=reply.status)
    return visit.see_other(f"/sec/entries/{reply.document['entry_id']}")


def show_entry(visit: Visit, entry_id: UUID) -> flask.Response:
    """GET /sec/entries/{id}: what was entered, and the municipality's answer."""
    try:
        entry = answer_or_problem(visit, f"/v1/insulation-entries/{entry_id}")
    except TokenRefused:
        return areas.end_session(visit, visit.known)
    return visit.render("sec_entry.html", entry=entry, content=entry["entry"])


def _keep_and_renew(visit: Visit, permit_id: UUID, typed: dict[str, str]) -> flask.Response:
    """Keeps what was typed while a new token is fetched: the form's page fills it in again."""
    with visit.process.database.transaction() as session:
        key = sessions.save_form(session, visit.known.session_id, typed, visit.now)
    return visit.see_other(f"/sec/permits/{permit_id}/inspection?form={key}")


def _show(
    visit: Visit,
    permit_id: UUID,
    typed: dict[str, str],
    *,
    faults: Faults = NO_FAULTS,
    was_kept: bool = False,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return visit.render(
        "sec_inspection.html",
        status=status,
        permit_id=permit_id,
        typed=typed,
        faults=faults,
        was_kept=was_kept,
        is_away=is_away,
    )
