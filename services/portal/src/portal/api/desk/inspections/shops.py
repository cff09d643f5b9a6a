"""The inspector in front of a shop: types a licence's number or scans its code, and reads whether the licence is
valid."""

from typing import Any

import flask

from chassis.http.problems import Problem
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ask
from portal.api.desk.inspections.visits import PATH
from portal.api.public.asking import send_publicly
from portal.domain.licence_desk import HELD, licence_number
from portal.outside.services import ServiceAway

SHOPS = f"{PATH}/shops"
_VERIFICATIONS = "/v1/public/document-verifications"
_CODE_SIGNS = 600
_MARK = "/documents/"  # stands in the address that a licence's code holds


def show_shops(visit: Visit) -> flask.Response:
    """GET /desk/inspections/shops: the field for a number or a code."""
    return _render(visit)


def submit_shop(visit: Visit) -> flask.Response:
    """POST /desk/inspections/shops: leads to the licence of the number, or of the code on its document. Anything else
    stands in no address: people type identity numbers into any field."""
    typed = visit.form.get("number", "").strip()
    if _MARK in typed:
        return _check_code(visit, typed[:_CODE_SIGNS])
    number = licence_number(typed)
    if number is None:
        return _render(visit, faults=_fault(visit.text("licence_number_wrong")), status=400)
    return _lead_to(visit, number)


def _lead_to(visit: Visit, number: str) -> flask.Response:
    """Leads to the page of the licence. An unknown number is a fault of the field: the inspector types it again."""
    try:
        found = ask(visit, f"/v1/licences/{number}")
    except ServiceAway:
        return _render(visit, is_away=True, status=503)
    if found.status == 404:
        return _render(visit, faults=_fault(visit.text("licence_number_unknown")), status=404)
    return visit.see_other(f"{HELD}/{number}")


def _check_code(visit: Visit, code: str) -> flask.Response:
    """Checks the signature of a code. A code that isn't good is never shown as a licence; the licence of its number is
    one link away. The session keeps that a code was good, because an address alone could say so of any licence."""
    try:
        reply = send_publicly(visit, "licences", _VERIFICATIONS, {"code": code})
    except ServiceAway:
        return _render(visit, is_away=True, status=503)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field({"code": "number"}))
        return _render(visit, faults=faults, status=reply.status)
    finding = reply.document
    number = licence_number((finding["document"] or {}).get("number", ""))
    if finding["valid"] and number:
        page = f"{HELD}/{number}"
        return visit.see_other(f"{page}?checked={saved_forms.save(visit, page, {})}")
    reason = (finding["reason_title"] or {}).get(visit.language)
    said = [FieldFault("number", reason or visit.text("licence_code_other"))]
    if number:
        words = visit.text("licence_of_code", number=number)
        said.append(FieldFault("", words, f"{HELD}/{number}"))
    return _render(visit, faults=Faults(said), status=400)


def _fault(text: str) -> Faults:
    return Faults([FieldFault("number", text)])


def _render(
    visit: Visit, *, faults: Faults = NO_FAULTS, is_away: bool = False, status: int = 200
) -> flask.Response:
    shown: dict[str, Any] = {"faults": faults, "is_away": is_away, "address": SHOPS}
    return visit.render("inspection_shops.html", status=status, has_script=True, **shown)


def require_licence_number(text: str) -> str:
    """Returns the number of a licence that an address names; empty for none. Raises Problem for anything else."""
    number = licence_number(text) if text else ""
    if number is None:
        raise Problem("not-found")
    return number
